"""Pictures side by side, with what differs between them written at the edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import TYPE_CHECKING, Any

from graphflow.api import NodeError, node
from graphflow_nodes.values import Image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image as Picture
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

    Pixels = NDArray[np.uint8]
    """One picture, (height, width, 3)."""

LARGEST = 8192
"""Pixels of the longer side of all pictures together: more are made smaller, as other programs refuse larger files."""
SMALLEST = 112
"""Cells are at least as wide, small pictures being enlarged by a whole number, so that labels find room."""
FEW = 6
"""So many pictures stand in one row when nothing says otherwise; more fill a square."""
GAP = 8
LINES = 3
"""A label is cut after as many lines."""
PAPER, INK, EMPTY = "#ffffff", "#20242c", "#eceef2"


@node("Grid", category="image/grid")
def grid(
    images: list[Image],
    *,
    columns: list[str] | None = None,
    rows: list[str] | None = None,
    captions: list[str] | None = None,
    title: str = "",
    cells: list[int] | None = None,
) -> Image:
    """Lay pictures in rows on one sheet, with labels over the columns, beside the rows and under each picture.

    Without labels six pictures or fewer stand in a row, and more fill a square. `cells` gives the place of each
    element of `images`, counted row by row from 0: a place may stay empty, and several pictures may share one.
    """
    import numpy as np
    import torch

    placed = _place([_pixels(each) for each in images], cells)
    total = max(max(placed, default=-1) + 1, len(captions or ()))
    if not total:
        raise NodeError("there are no pictures to lay out", input="images")
    width = len(columns or ()) or _columns(total, len(rows or ()))
    height = max(ceil(total / width), len(rows or ()))
    if rows and height > len(rows):
        message = f"{total} pictures in {width} columns take {height} rows, and {len(rows)} have labels"
        raise NodeError(message, input="rows", hint="link as many pictures as there are labels in columns and rows")
    sheet = _draw(placed, _Labels(columns or (), rows or (), captions or (), title), width, height)
    return Image(torch.from_numpy(np.asarray(sheet, dtype=np.float32) / np.float32(255))[None])


@dataclass(frozen=True, slots=True)
class _Labels:
    columns: Sequence[str]
    rows: Sequence[str]
    captions: Sequence[str]
    title: str


def _place(batches: Sequence[Sequence[Pixels]], cells: Sequence[int] | None) -> dict[int, list[Pixels]]:
    """Return the pictures of each cell."""
    if cells is None:
        return {cell: [picture] for cell, picture in enumerate(each for batch in batches for each in batch)}
    if len(cells) != len(batches):
        raise NodeError(f"{len(batches)} images want as many cells, got {len(cells)}", input="cells")
    if any(not 0 <= cell < 100_000 for cell in cells):
        raise NodeError("cells are counted from 0", input="cells")
    placed: dict[int, list[Pixels]] = {}
    for cell, batch in zip(cells, batches, strict=True):
        placed.setdefault(cell, []).extend(batch)
    return placed


def _columns(total: int, rows: int) -> int:
    if rows:
        return ceil(total / rows)
    return total if total <= FEW else ceil(sqrt(total))


def _pixels(image: Image) -> list[Pixels]:
    """Return the pictures of a batch as RGB bytes; what is transparent shows the paper."""
    import numpy as np

    values = image.tensor.nan_to_num().clamp(0, 1).numpy()
    if values.shape[-1] == 4:
        values = values[..., :3] * values[..., 3:] + (1 - values[..., 3:])
    elif values.shape[-1] == 1:
        values = values.repeat(3, axis=-1)
    elif values.shape[-1] != 3:
        raise NodeError(f"a picture has 1, 3 or 4 channels, this one has {values.shape[-1]}", input="images")
    return list((values * 255).astype(np.uint8))


def _draw(placed: Mapping[int, list[Pixels]], labels: _Labels, width: int, height: int) -> Picture:
    from PIL import Image as Pillow
    from PIL import ImageDraw

    tiles = {cell: _tile(pictures) for cell, pictures in placed.items()}
    wide = max((each.width for each in tiles.values()), default=SMALLEST)
    high = max((each.height for each in tiles.values()), default=SMALLEST)
    scale = _scale(wide, high, width, height)
    wide, high = max(1, round(wide * scale)), max(1, round(high * scale))
    text = _Text(max(11, min(28, wide // 12)))
    tops = [text.wrap(each, wide) for each in labels.columns]
    sides = [text.wrap(each, max(wide, 4 * SMALLEST // 3)) for each in labels.rows]
    unders = [text.wrap(each, wide) for each in labels.captions]
    name = _Text(round(text.size * 1.3))
    left = GAP + max((text.width(line) + GAP for lines in sides for line in lines), default=0)
    total_width = left + width * (wide + GAP)
    titled = name.wrap(labels.title, total_width - 2 * GAP) if labels.title else []
    above = GAP + name.height(titled) + max(map(text.height, tops), default=0)
    step = high + GAP + max(map(text.height, unders), default=0)
    sheet = Pillow.new("RGB", (total_width, above + height * step), PAPER)
    draw = ImageDraw.Draw(sheet)
    name.write(draw, titled, GAP, GAP)
    for at, lines in enumerate(tops):
        text.write(draw, lines, left + at * (wide + GAP), above - text.height(lines), wide)
    for at, lines in enumerate(sides):
        text.write(draw, lines, GAP, above + at * step + max(0, (high - text.height(lines)) // 2))
    for cell in range(width * height):
        x, y = left + cell % width * (wide + GAP), above + cell // width * step
        if cell in tiles:
            tile = _resize(tiles[cell], scale)
            sheet.paste(tile, (x + (wide - tile.width) // 2, y + (high - tile.height) // 2))
        elif cell < max(len(unders), len(tops) * len(sides)):  # a picture was expected here
            draw.rectangle((x, y, x + wide - 1, y + high - 1), fill=EMPTY)
        if cell < len(unders):
            text.write(draw, unders[cell], x, y + high + 2, wide)
    return sheet


def _tile(pictures: Sequence[Pixels]) -> Picture:
    """Put the pictures of one cell together, as square as they go."""
    from PIL import Image as Pillow

    if len(pictures) == 1:
        return Pillow.fromarray(pictures[0])
    columns = ceil(sqrt(len(pictures)))
    wide, high = (max(each.shape[axis] for each in pictures) for axis in (1, 0))
    rows = ceil(len(pictures) / columns)
    tile = Pillow.new("RGB", (columns * (wide + 2) - 2, rows * (high + 2) - 2), PAPER)
    for at, each in enumerate(pictures):
        tile.paste(Pillow.fromarray(each), (at % columns * (wide + 2), at // columns * (high + 2)))
    return tile


def _scale(wide: int, high: int, columns: int, rows: int) -> float:
    """Return by how much cells grow or shrink: by a whole number where they grow, so that pixels stay what they are."""
    if wide < SMALLEST:
        return min(ceil(SMALLEST / wide), max(1, LARGEST // max(wide * columns, high * rows)))
    return min(1.0, LARGEST / max(wide * columns, high * rows))


def _resize(tile: Picture, scale: float) -> Picture:
    from PIL import Image as Pillow

    if scale == 1:
        return tile
    how = Pillow.Resampling.NEAREST if scale > 1 else Pillow.Resampling.LANCZOS
    return tile.resize((max(1, round(tile.width * scale)), max(1, round(tile.height * scale))), how)


class _Text:
    """Texts of one size, in a font that comes with matplotlib and so is the same everywhere."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._font = _font(size)

    def width(self, text: str) -> int:
        return ceil(self._font.getlength(text))

    def height(self, lines: Sequence[str]) -> int:
        return round(len(lines) * self.size * 1.25) + (GAP // 2 if lines else 0)

    def wrap(self, text: str, width: int) -> list[str]:
        """Break a text into lines of this width, long words anywhere; what is too long for a label is cut."""
        lines: list[str] = []
        line = ""
        for word in text.split():
            while self.width(f"{line} {word}".strip()) > width:
                if line:
                    lines.append(line)
                    line = ""
                elif (fits := self._fitting(word, width)) < len(word):
                    lines.append(word[:fits])
                    word = word[fits:]
                else:
                    break
            line = f"{line} {word}".strip()
        if line:
            lines.append(line)
        if len(lines) > LINES:
            last = lines[LINES - 1]
            while last and self.width(f"{last}…") > width:
                last = last[:-1]
            lines = [*lines[: LINES - 1], f"{last}…"]
        return lines

    def write(self, draw: ImageDraw, lines: Sequence[str], x: int, y: int, width: int | None = None) -> None:
        """Write lines below each other, centred where a width is given."""
        for number, line in enumerate(lines):
            shift = 0 if width is None else max(0, (width - self.width(line)) // 2)
            draw.text((x + shift, y + round(number * self.size * 1.25)), line, fill=INK, font=self._font)

    def _fitting(self, word: str, width: int) -> int:
        return max(1, next((at for at in range(len(word), 1, -1) if self.width(word[:at]) <= width), 1))


def _font(size: int) -> FreeTypeFont:
    from pathlib import Path

    import matplotlib
    from PIL import ImageFont

    path: Any = matplotlib.get_data_path()
    return ImageFont.truetype(Path(path) / "fonts" / "ttf" / "DejaVuSans.ttf", size)
