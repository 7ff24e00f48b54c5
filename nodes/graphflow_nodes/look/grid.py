"""Pictures side by side, with what differs between them written at the edges."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt
from typing import TYPE_CHECKING

from graphflow.api import NodeError, node
from graphflow_nodes.sheets import PAPER, contact_sheet
from graphflow_nodes.values import Image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image as Picture

    Pixels = NDArray[np.uint8]
    """One picture, (height, width, 3)."""

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
    filled = [_tile(placed[cell]) if cell in placed else None for cell in range(width * height if rows else total)]
    sheet = contact_sheet(
        [filled[start : start + width] for start in range(0, len(filled), width)],
        columns=columns or (),
        rows=rows or (),
        title=title,
        captions=[(captions or [])[start : start + width] for start in range(0, len(captions or ()), width)],
    )
    return Image(torch.from_numpy(np.asarray(sheet, dtype=np.float32) / np.float32(255))[None])


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
