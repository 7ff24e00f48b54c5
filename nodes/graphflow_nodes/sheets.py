"""Contact sheets: pictures in a grid with labels, for people to look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Final, TypeVar

from graphflow_nodes.drawing import INK, plot_font

if TYPE_CHECKING:
    from PIL.Image import Image as Picture
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

PAPER: Final = "#ffffff"
EMPTY: Final = "#eceff3"

SMALLEST: Final = 192
"""A picture whose longer side has fewer pixels is enlarged to about so many, by a whole factor: pixels stay square."""

LARGEST: Final = 8192
"""Neither side of the pictures on a sheet is longer in all: many large ones are made smaller."""

NARROWEST: Final = 48
"""No cell has less room on either side, so that a label of one line finds its place."""

LINES: Final = 4
"""A label is cut off after so many lines."""

ELLIPSIS: Final = "…"

Content = TypeVar("Content")


def contact_sheet(
    cells: Sequence[Sequence[Picture | None]],
    *,
    columns: Sequence[str] = (),
    rows: Sequence[str] = (),
    corner: str = "",
    title: str = "",
    captions: Sequence[Sequence[str]] = (),
) -> Picture:
    """Lay pictures out row by row on white, labelled above, at the left and, by `captions`, below each one.

    Pictures may differ in size: each is fitted into a cell as large as the widest and the highest of them. None is
    an empty cell. Long labels are broken into lines and cut off with an ellipsis. The sheet is RGB; transparent
    pictures lie on its white. Raises ValueError when there is no cell at all.
    """
    from PIL import Image, ImageDraw

    across = max((len(row) for row in cells), default=0)
    if across == 0:
        raise ValueError("a contact sheet needs at least one cell")
    cell = _cell_size([picture for row in cells for picture in row if picture], across, len(cells))
    size = max(14, min(cell) // 14)
    font, gap, beside = plot_font(size), size // 2, max(cell[0], SMALLEST) * 3 // 4

    heads = [Label.fit(text, font, cell[0]) for text in columns[:across]]
    sides = [Label.fit(text, font, beside, cell[1]) for text in rows[: len(cells)]]
    origin = Label.fit(corner, font, beside)
    notes = [[Label.fit(text, font, cell[0]) for text in row[:across]] for row in captions[: len(cells)]]

    margin = max((label.width + gap for label in (*sides, origin) if label.lines), default=0)
    lefts = [gap + margin + number * (cell[0] + gap) for number in range(across)]
    width = lefts[-1] + cell[0] + gap
    heading = Label.fit(title, plot_font(size * 3 // 2), width - 2 * gap)
    above = [height for height in (heading.height, _highest((*heads, origin))) if height]
    top = gap + sum(above) + gap * len(above)
    tops = list(accumulate((cell[1] + room + gap for room in _below(notes, len(cells), gap)), initial=top))

    sheet = Image.new("RGB", (width, tops[-1]), PAPER)
    pen = ImageDraw.Draw(sheet)
    heading.write(pen, gap, gap, align="left")
    origin.write(pen, lefts[0] - gap, tops[0] - gap - origin.height, align="right")
    for left, label in zip(lefts, heads, strict=False):
        label.write(pen, left + cell[0] // 2, tops[0] - gap - label.height, align="center")
    for top, label in zip(tops, sides, strict=False):
        label.write(pen, lefts[0] - gap, top + (cell[1] - label.height) // 2, align="right")
    for left, top, picture in _by_cell(lefts, tops, cells):
        _place(sheet, pen, picture, (left, top), cell)
    for left, top, note in _by_cell(lefts, tops, notes):
        note.write(pen, left + cell[0] // 2, top + cell[1] + gap // 2, align="center")
    return sheet


@dataclass(frozen=True, slots=True)
class Label:
    """A text broken into lines, and the pixels that it takes."""

    lines: tuple[str, ...]
    width: int
    font: FreeTypeFont

    @classmethod
    def fit(cls, text: str, font: FreeTypeFont, width: int, height: int | None = None) -> Label:
        """Break a text into as many lines as a width and a height in pixels allow, and cut off the rest."""
        limit = LINES if height is None else max(1, min(LINES, height // _line_height(font)))
        lines = list(islice(_wrap(text, font, width), limit + 1))
        if len(lines) > limit:
            lines[limit - 1 :] = [_shorten(lines[limit - 1], font, width)]
        return cls(tuple(lines), max((_length(line, font) for line in lines), default=0), font)

    @property
    def height(self) -> int:
        """Return the pixels from the top of the first line to the bottom of the last."""
        return len(self.lines) * _line_height(self.font)

    def write(self, pen: ImageDraw, x: int, y: int, *, align: str) -> None:
        """Write the lines downwards from y, with their left edge, centre or right edge at x."""
        anchor = {"left": "la", "center": "ma", "right": "ra"}[align]
        for number, line in enumerate(self.lines):
            pen.text((x, y + number * _line_height(self.font)), line, INK, self.font, anchor)


def _cell_size(pictures: Sequence[Picture], across: int, down: int) -> tuple[int, int]:
    """Return width and height of a cell: of the largest picture, enlarged or made smaller within the limits."""
    width = max((picture.width for picture in pictures), default=SMALLEST)
    height = max((picture.height for picture in pictures), default=SMALLEST)
    times = max(1, round(SMALLEST / max(width, height)))
    width, height = width * times, height * times
    shrink = min(1, LARGEST / (width * across), LARGEST / (height * down))
    return max(NARROWEST, int(width * shrink)), max(NARROWEST, int(height * shrink))


def _below(notes: Sequence[Sequence[Label]], rows: int, gap: int) -> list[int]:
    """Return the pixels that the captions of each row take; the last rows may have none."""
    taken = [_highest(row) + gap // 2 if any(label.lines for label in row) else 0 for row in notes]
    return taken + [0] * (rows - len(taken))


def _by_cell(
    lefts: Sequence[int], tops: Sequence[int], rows: Sequence[Sequence[Content]]
) -> Iterator[tuple[int, int, Content]]:
    """Yield what stands in each cell with the cell's upper left corner; rows may be short."""
    for top, row in zip(tops, rows, strict=False):
        for left, content in zip(lefts, row, strict=False):
            yield left, top, content


def _place(sheet: Picture, pen: ImageDraw, picture: Picture | None, at: tuple[int, int], cell: tuple[int, int]) -> None:
    """Put a picture in the middle of its cell."""
    from PIL import Image

    left, top = at
    if picture is None:
        pen.rectangle((left, top, left + cell[0] - 1, top + cell[1] - 1), EMPTY)
        return
    scale = min(cell[0] / picture.width, cell[1] / picture.height)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    clear = picture.convert("RGBA") if picture.has_transparency_data else picture.convert("RGB")
    smooth = scale < 1 or not float(scale).is_integer()
    fitted = clear.resize(size, Image.Resampling.LANCZOS if smooth else Image.Resampling.NEAREST)
    corner = left + (cell[0] - size[0]) // 2, top + (cell[1] - size[1]) // 2
    sheet.paste(fitted, corner, fitted if fitted.mode == "RGBA" else None)


def _wrap(text: str, font: FreeTypeFont, width: int) -> Iterator[str]:
    """Break a text between words, and inside a word only where it alone is wider than the line."""
    for paragraph in text.strip().splitlines():
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}" if line else word
            if _length(longer, font) <= width:
                line = longer
                continue
            if line:
                yield line
            line = word
            while _length(line, font) > width and len(line) > 1:
                fits = _that_fit(line, font, width)
                yield line[:fits]
                line = line[fits:]
        yield line


def _that_fit(word: str, font: FreeTypeFont, width: int) -> int:
    """Return how many letters of a word to keep in a line; a name is rather broken behind its sign."""
    fits = next((count for count in range(1, len(word)) if _length(word[: count + 1], font) > width), len(word))
    signs = [number for number in range(fits // 2, fits) if word[number] in "_-/.,=" and number > 0]
    return signs[-1] + 1 if signs else fits


def _shorten(line: str, font: FreeTypeFont, width: int) -> str:
    """End a line with an ellipsis, inside the width."""
    while line and _length(line + ELLIPSIS, font) > width:
        line = line[:-1]
    return line.rstrip() + ELLIPSIS


def _length(text: str, font: FreeTypeFont) -> int:
    return int(font.getlength(text) + 0.99)


def _line_height(font: FreeTypeFont) -> int:
    return sum(font.getmetrics())


def _highest(labels: Sequence[Label]) -> int:
    return max((label.height for label in labels), default=0)
