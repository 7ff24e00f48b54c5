"""Captioned pictures from a folder: pairs of files with the same name, a picture and a text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

from graphflow.api import File, Folder, NodeError, Range, node
from graphflow_nodes.pictures import SUFFIXES, read_picture
from graphflow_nodes.resize import crop_to_aspect, resize
from graphflow_nodes.values import Image

if TYPE_CHECKING:
    from torch import Tensor

CAPTIONED = Folder("input", (), bundle="*.txt")
"""A folder below input/ that holds captions; its key covers every file in it."""

SHOWN = 3
"""Names that an error lists."""


class Captioned(NamedTuple):
    """Pictures of one size, and what each shows, one line a picture."""

    images: Image
    captions: str


@node("LoadCaptionedFolder", category="training")
def load_captioned_folder(
    folder: Annotated[File, CAPTIONED],
    *,
    width: Annotated[int, Range(0, 16_384)] = 0,
    height: Annotated[int, Range(0, 16_384)] = 0,
) -> Captioned:
    """Load all pictures of a folder below input/ that have a caption: name.png is described by name.txt beside it.

    The pictures, in the order of their names, are cut evenly to the shape of width x height and scaled to it; 0 takes
    the size of the first picture. A caption is one line: line breaks in its file become spaces.
    """
    pairs = _pairs(folder)
    pictures = [_read(picture) for picture, _ in pairs]
    size = (width or pictures[0].shape[2], height or pictures[0].shape[1])
    return Captioned(Image(_of_one_size(pictures, *size)), "\n".join(_caption(text) for _, text in pairs))


def _pairs(folder: File) -> list[tuple[Path, Path]]:
    """Return pictures with their captions; raise NodeError when either lacks the other."""
    files = [path for path in folder.path.iterdir() if path.is_file() and not path.name.startswith(".")]
    texts = {path.stem: path for path in files if path.suffix.lower() == ".txt"}
    pictures = sorted((path for path in files if path.suffix.lower() in SUFFIXES), key=lambda path: path.name)
    _refuse(folder, [path.name for path in pictures if path.stem not in texts], "no caption", "a text file of its name")
    alone = sorted(texts.keys() - {path.stem for path in pictures})
    _refuse(folder, [f"{stem}.txt" for stem in alone], "no picture", f"a picture of its name ({' '.join(SUFFIXES)})")
    return [(path, texts[path.stem]) for path in pictures]


def _refuse(folder: File, names: list[str], lacks: str, remedy: str) -> None:
    if names:
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        raise NodeError(
            f"{', '.join(names[:SHOWN])}{more} in {folder.name!r} has {lacks}",
            code="no-pair",
            input="folder",
            hint=f"put {remedy} beside it, or take it out",
        )


def _read(path: Path) -> Tensor:
    """Return a picture's first frame without alpha, (1, height, width, 3)."""
    import torch

    return torch.from_numpy(read_picture(path, name=path.name, input="folder").colours[:1])


def _of_one_size(pictures: list[Tensor], width: int, height: int) -> Tensor:
    import torch

    return torch.cat([resize(crop_to_aspect(each, width, height), width, height, "lanczos") for each in pictures])


def _caption(path: Path) -> str:
    try:
        return " ".join(path.read_text(encoding="utf-8-sig").split())
    except UnicodeDecodeError as error:
        raise NodeError(f"{path.name} is no text in UTF-8: {error}", code="bad-caption", input="folder") from error
