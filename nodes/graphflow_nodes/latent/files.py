"""Latents in and out of files, in ComfyUI's format: they travel both ways.

A `.latent` file is a safetensors file. Its tensor `latent_tensor` has the samples in the autoencoder's own scale, and an
empty tensor `latent_format_version_0` says so: files without it hold samples times 0.18215. The texts of its header are
those that a saved picture carries. What ComfyUI does not look at is ours: a tensor `noise_mask`, and the text
`graphflow.latent` with the pixels per cell and the numbers and seeds of noise.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from graphflow.api import SILENT, Artifact, Context, Facts, File, Folder, NodeError, node
from graphflow_nodes.facts import pass_on
from graphflow_nodes.models.header import Header, ModelFileError, read_header
from graphflow_nodes.saving import check_prefix, fill_in, texts
from graphflow_nodes.tensors import write
from graphflow_nodes.values import Blank, Latent

SAMPLES, UNSCALED, MASK = "latent_tensor", "latent_format_version_0", "noise_mask"
OLD_SCALE = 0.18215
ABOUT = "graphflow.latent"
FACTORS = range(1, 1025)


class Saved(NamedTuple):
    """The file that was written."""

    latents: list[Artifact]


@node("SaveLatent", category="latent", output=True, check=check_prefix)
def save_latent(samples: Latent, *, filename_prefix: str = "latents/GraphFlow", ctx: Context = SILENT) -> Saved:
    """Save a batch of latents as one numbered file, with its noise mask and the workflow which made it.

    The prefix may name folders and hold variables such as %width% and %year%, as that of SaveImage. Move the file to
    the input folder to load it again, or name it with ` [output]` behind.
    """
    if isinstance(samples.samples, Blank):
        raise NodeError(
            "an empty latent has no numbers to save before a model gives it channels",
            input="samples",
            hint="sample it first, or encode a picture",
        )
    import torch

    tensors = {SAMPLES: samples.samples, UNSCALED: torch.zeros(0)}
    if samples.noise_mask is not None:
        tensors[MASK] = samples.noise_mask
    about = json.dumps({"factor": samples.factor, "batch_index": samples.batch_index, "seeds": samples.seeds})
    height, width = (side * samples.cell for side in samples.samples.shape[2:])
    name = fill_in(filename_prefix, width=width, height=height, batch_num=0)
    data = write(tensors, {**texts(ctx, {"batch": {"index": 0, "size": samples.batch}}), ABOUT: about})
    return Saved([ctx.save(data, "application/x-latent", name=name)])


def inspect_latent(path: Path) -> Facts:
    """Return what a latent file's header tells of its space; raise ValueError when it holds no latent."""
    header = read_header(path)
    _check(path, header)
    facts: dict[str, str | int | float | bool | None] = {"latent_channels": header.shapes[SAMPLES][1]}
    factor = _about(path, header)["factor"]
    if factor is not None:
        facts["factor"] = factor
    return facts


@node("LoadLatent", category="latent", check=pass_on("latent"))
def load_latent(latent: Annotated[File, Folder("input", (".latent",), inspect=inspect_latent)]) -> Latent:
    """Load a batch of latents from a file that SaveLatent, here or in ComfyUI, has written.

    Where the file does not tell its pixels per cell, nodes that count pixels take 8.
    """
    from safetensors.torch import load

    try:
        header = read_header(latent.path)
        _check(latent.path, header)
        about = _about(latent.path, header)
    except ModelFileError as error:
        raise NodeError(str(error), code="bad-latent", input="latent", hint="save it again with SaveLatent") from error
    tensors = load(latent.path.read_bytes())
    samples = tensors[SAMPLES].float()
    if not samples.isfinite().all():
        message = f"{latent.name} holds infinite numbers, or what is no number at all"
        raise NodeError(message, code="bad-latent", input="latent", hint="sample it again")
    mask = tensors.get(MASK)
    return Latent(
        samples if UNSCALED in tensors else samples / OLD_SCALE,
        noise_mask=None if mask is None else mask.float(),
        batch_index=about["batch_index"],
        factor=about["factor"],
        seeds=about["seeds"],
    )


def _check(path: Path, header: Header) -> None:
    """Raise ModelFileError unless the tensors are a latent's."""
    shape, mask = header.shapes.get(SAMPLES), header.shapes.get(MASK, (1, 1, 1))
    if shape is None:
        raise ModelFileError(f"{path.name} holds no latent: it has no tensor {SAMPLES!r}")
    if len(shape) != 4 or 0 in shape:
        wanted = "batch, channels, height, width"
        raise ModelFileError(f"{path.name} holds no latent of pictures: its shape is {shape}, not ({wanted})")
    if len(mask) != 3 or 0 in mask:
        raise ModelFileError(f"{path.name} is damaged: its noise mask has the shape {mask}, not (batch, height, width)")


def _about(path: Path, header: Header) -> dict[str, Any]:
    """Return `factor`, `batch_index` and `seeds`, each None in files from elsewhere; raise ModelFileError if wrong."""
    try:
        about = json.loads(header.metadata.get(ABOUT, "{}"))
        factor = about.get("factor")
        lists = {name: about.get(name) for name in ("batch_index", "seeds")}
    except (ValueError, AttributeError, RecursionError) as error:
        raise ModelFileError(f"{path.name} is damaged: its text {ABOUT!r} is no JSON object") from error
    if factor is not None and (type(factor) is not int or factor not in FACTORS):
        raise ModelFileError(f"{path.name} is damaged: {factor!r} pixels per cell")
    return {"factor": factor} | {name: _numbers(path, header, name, found) for name, found in lists.items()}


def _numbers(path: Path, header: Header, name: str, found: Any) -> tuple[int, ...] | None:
    """Return one number for each item of the batch."""
    if found is None:
        return None
    fits = isinstance(found, list) and len(found) == header.shapes[SAMPLES][0]
    if not fits or any(type(each) is not int or not 0 <= each < 2**64 for each in found):
        raise ModelFileError(f"{path.name} is damaged: its {name} does not fit its batch")
    return tuple(found)
