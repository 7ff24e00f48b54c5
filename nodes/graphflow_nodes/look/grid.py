"""Pictures side by side, with what differs between them written at the edges."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt
from typing import TYPE_CHECKING

from graphflow.api import NodeError, node
from graphflow_nodes.pictures import from_picture, to_bytes, to_picture
from graphflow_nodes.sheets import PAPER, contact_sheet
from graphflow_nodes.values import Image

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

FEW = 6
"""So many pictures stand in one row when nothing says otherwise; more fill a square."""


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
    placed = _place([[to_picture(each) for each in to_bytes(image.tensor)] for image in images], cells)
    total = max(max(placed, default=-1) + 1, len(captions or ()))
    if not total:
        raise NodeError("there are no pictures to lay out", input="images")
    width = len(columns or ()) or _columns(total, len(rows or ()))
    height = max(ceil(total / width), len(rows or ()))
    if rows and height > len(rows):
        message = f"{total} pictures in {width} columns take {height} rows, and {len(rows)} have labels"
        raise NodeError(message, input="rows", hint="link as many pictures as there are labels in columns and rows")
    filled = [_tile(placed[cell]) if cell in placed else None for cell in range(width * height if rows else total)]
    sheet = contact_sheet(
        [filled[start : start + width] for start in range(0, len(filled), width)],
        columns=columns or (),
        rows=rows or (),
        title=title,
        captions=[(captions or [])[start : start + width] for start in range(0, len(captions or ()), width)],
    )
    return Image(from_picture(sheet))


def _place(batches: Sequence[Sequence[Picture]], cells: Sequence[int] | None) -> dict[int, list[Picture]]:
    """Return the pictures of each cell."""
    if cells is None:
        return {cell: [picture] for cell, picture in enumerate(each for batch in batches for each in batch)}
    if len(cells) != len(batches):
        raise NodeError(f"{len(batches)} images want as many cells, got {len(cells)}", input="cells")
    if any(not 0 <= cell < 100_000 for cell in cells):
        raise NodeError("cells are counted from 0", input="cells")
    placed: dict[int, list[Picture]] = {}
    for cell, batch in zip(cells, batches, strict=True):
        placed.setdefault(cell, []).extend(batch)
    return placed


def _columns(total: int, rows: int) -> int:
    if rows:
        return ceil(total / rows)
    return total if total <= FEW else ceil(sqrt(total))


def _tile(pictures: Sequence[Picture]) -> Picture:
    """Put the pictures of one cell together, as square as they go."""
    from PIL import Image as Pillow

    if len(pictures) == 1:
        return pictures[0]
    columns = ceil(sqrt(len(pictures)))
    wide, high = (max(each.size[axis] for each in pictures) for axis in (0, 1))
    rows = ceil(len(pictures) / columns)
    tile = Pillow.new("RGB", (columns * (wide + 2) - 2, rows * (high + 2) - 2), PAPER)
    for at, each in enumerate(pictures):
        place = at % columns * (wide + 2), at // columns * (high + 2)
        tile.paste(each, place, each if each.mode == "RGBA" else None)
    return tile
