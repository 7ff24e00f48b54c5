"""Pictures in and out of files."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from graphflow.api import SILENT, Artifact, Context, File, Folder, node
from graphflow_nodes.pictures import SUFFIXES, read_picture, to_bytes, write_png
from graphflow_nodes.saving import check_prefix, fill_in, texts
from graphflow_nodes.values import Image, Mask


class Loaded(NamedTuple):
    """What a picture file gives."""

    image: Image
    mask: Mask


class Saved(NamedTuple):
    """The files that a saving node wrote."""

    images: list[Artifact]


@node("LoadImage", category="image")
def load_image(image: Annotated[File, Folder("input", SUFFIXES)]) -> Loaded:
    """Load a picture file upright; the mask is 1 where the file is transparent, all 0 if it has no alpha."""
    import torch

    pixels = read_picture(image.path, name=image.name)
    alpha = pixels.alpha
    mask = torch.zeros(len(pixels.colours), 64, 64) if alpha is None else 1 - torch.from_numpy(alpha)
    return Loaded(Image(torch.from_numpy(pixels.colours)), Mask(mask))


@node("SaveImage", category="image", output=True, check=check_prefix)
def save_image(images: Image, *, filename_prefix: str = "GraphFlow", ctx: Context = SILENT) -> Saved:
    """Save pictures as numbered PNG files that carry the workflow which made them.

    The prefix may name folders and hold %width%, %height%, %batch_num%, %year%, %month%, %day%, %hour%, %minute%
    and %second%.
    """
    return _save(images, filename_prefix, "output", ctx)


@node("PreviewImage", category="image", output=True)
def preview_image(images: Image, *, ctx: Context = SILENT) -> Saved:
    """Show pictures without keeping them."""
    return _save(images, "preview", "preview", ctx)


def _save(images: Image, prefix: str, kind: Literal["output", "preview"], ctx: Context) -> Saved:
    batch, height, width, _ = images.tensor.shape
    pixels = to_bytes(images.tensor)
    artifacts = []
    for index in ctx.track(range(batch)):
        data = write_png(pixels[index], texts(ctx, {"batch": {"index": index, "size": batch}}))
        name = fill_in(prefix, width=width, height=height, batch_num=index)
        artifacts.append(ctx.save(data, "image/png", name=name, kind=kind))
    return Saved(artifacts)
