"""Tokens as boxes on a sheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from graphflow_nodes.drawing import INK, plot_font
from graphflow_nodes.pictures import from_picture

if TYPE_CHECKING:
    from torch import Tensor

WIDTH: Final = 1200
MARGIN: Final = 28
PADDING: Final = 12
HEIGHT: Final = 64
GAP: Final = 8
LINE: Final = HEIGHT + 26
"""From one row of boxes to the next: weights stand above them."""

HEAD: Final = 54
FULL: Final = 75
WORDS: Final = ("#dbe7fb", "#d8f0e4", "#f7e3d3", "#eadff7")
"""Words take these in turn, so that neighbours differ."""

MARK: Final = "#eceef2"
GREY: Final = "#69707d"
STRONG: Final = "#c2410c"
WEAK: Final = "#1d4ed8"


class Shown(Protocol):
    """What is shown of a token."""

    @property
    def id(self) -> int: ...
    @property
    def text(self) -> str: ...
    @property
    def ends_word(self) -> bool: ...
    @property
    def weight(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Box:
    """One box, its top left corner and width in pixels."""

    x: int
    y: int
    width: int
    text: str
    below: str
    colour: str
    weight: float = 1.0


def paint_tokens(chunks: Sequence[Sequence[Shown]], *, start: int, end: int) -> Tensor:
    """Paint the tokens of each chunk between its marks as a picture, (1, height, 1200, 3) in 0..1."""
    from PIL import Image, ImageDraw

    fonts = _Fonts()
    placed: list[tuple[str, int, list[Box]]] = []
    top = MARGIN
    for number, chunk in enumerate(chunks, 1):
        title = f"Chunk {number} of {len(chunks)}: {len(chunk)} of {FULL} tokens"
        boxes = list(_lay(_boxes(chunk, start, end), fonts, top + HEAD))
        placed.append((title, top, boxes))
        top = boxes[-1].y + HEIGHT + MARGIN
    sheet = Image.new("RGB", (WIDTH, top), "white")
    pen = ImageDraw.Draw(sheet)
    for title, y, boxes in placed:
        pen.text((MARGIN, y), title, fill=INK, font=fonts.bold)
        for box in boxes:
            _draw(pen, box, fonts)
    return from_picture(sheet)


class _Fonts:
    """The fonts of a sheet."""

    def __init__(self) -> None:
        self.bold = plot_font(20, bold=True)
        self.text = plot_font(19)
        self.small = plot_font(14)


def _boxes(chunk: Sequence[Shown], start: int, end: int) -> Iterator[tuple[str, str, str, float]]:
    """Yield text, what stands below, colour and weight of each box of a chunk, its marks included."""
    yield "start", str(start), MARK, 1.0
    word = 0
    for token in chunk:
        yield token.text or "·", str(token.id), WORDS[word % len(WORDS)], token.weight
        word += token.ends_word
    marks = FULL + 1 - len(chunk)
    yield "end" if marks == 1 else f"end × {marks}", str(end), MARK, 1.0


def _lay(boxes: Iterator[tuple[str, str, str, float]], fonts: _Fonts, y: int) -> Iterator[Box]:
    """Put boxes side by side, line by line."""
    x = MARGIN
    for text, below, colour, weight in boxes:
        inside = max(fonts.text.getlength(text), fonts.small.getlength(below), 16)
        width = min(round(inside) + 2 * PADDING, WIDTH - 2 * MARGIN)
        if x > MARGIN and x + width > WIDTH - MARGIN:
            x, y = MARGIN, y + LINE
        yield Box(x, y, width, text, below, colour, weight)
        x += width + GAP


def _draw(pen: Any, box: Box, fonts: _Fonts) -> None:
    middle = box.x + box.width / 2
    pen.rounded_rectangle((box.x, box.y, box.x + box.width, box.y + HEIGHT), radius=9, fill=box.colour)
    pen.text((middle, box.y + 23), box.text, fill=INK, font=fonts.text, anchor="mm")
    pen.text((middle, box.y + 48), box.below, fill=GREY, font=fonts.small, anchor="mm")
    if box.weight != 1:
        colour = STRONG if box.weight > 1 else WEAK
        pen.text((middle, box.y - 10), f"× {box.weight:.3g}", fill=colour, font=fonts.small, anchor="mm")
