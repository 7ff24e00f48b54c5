from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from PIL.Image import Image as Picture

from graphflow.api import NodeError
from graphflow_nodes.drawing import plot_font
from graphflow_nodes.look.sheet import show_contact_sheet
from graphflow_nodes.sheets import EMPTY, LARGEST, Label, contact_sheet
from graphflow_nodes.values import Image

RED, BLUE = (255, 0, 0), (0, 0, 255)


def plain(colour: tuple[int, ...], width: int = 64, height: int = 64) -> Picture:
    return Pillow.new("RGB" if len(colour) == 3 else "RGBA", (width, height), colour)


def box(sheet: Picture, colour: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of all pixels of a colour."""
    rows, columns = np.nonzero((np.asarray(sheet) == colour).all(-1))
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def inked(sheet: Picture, left: int, top: int, right: int, bottom: int) -> bool:
    """Is there writing in this part?"""
    return bool((np.asarray(sheet)[top:bottom, left:right].max(-1) < 100).any())


def test_small_pictures_are_enlarged_pixel_by_pixel() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)

    sheet = np.asarray(contact_sheet([[Pillow.fromarray(pixels)]]))

    gap = (sheet.shape[0] - 192) // 2
    np.testing.assert_array_equal(sheet[gap:-gap, gap:-gap], pixels.repeat(3, 0).repeat(3, 1))


def test_rows_and_columns_have_their_labels_beside_them() -> None:
    sheet = contact_sheet(
        [[plain(RED), plain(BLUE)], [None, None]],
        columns=["one", "two"], rows=["up", "down"], corner="both", title="All",
    )  # fmt: skip
    left, top, right, bottom = box(sheet, RED)
    other = box(sheet, BLUE)

    assert other[0] > right
    assert other[1] == top
    assert inked(sheet, left, top - 25, right, top)
    assert inked(sheet, other[0], top - 25, other[2], top)
    assert inked(sheet, 0, top, left, bottom)
    assert inked(sheet, 0, bottom + 5, left, sheet.height)
    assert inked(sheet, 0, top - 25, left, top)
    assert inked(sheet, 0, 0, sheet.width, top - 30)


def test_without_labels_nothing_is_written() -> None:
    sheet = contact_sheet([[plain(RED)], [plain(BLUE)]])

    assert set(sheet.convert("RGB").getcolors(9) or ()) == {
        (192 * 192, RED), (192 * 192, BLUE), (sheet.width * sheet.height - 2 * 192 * 192, (255, 255, 255))
    }  # fmt: skip


def test_none_is_an_empty_cell_and_a_short_row_ends() -> None:
    sheet = contact_sheet([[plain(RED), None], [plain(RED)]])

    empty = box(sheet, tuple(bytes.fromhex(EMPTY[1:])))
    assert empty[2] - empty[0] == empty[3] - empty[1] == 192
    assert sheet.getpixel((sheet.width - 20, sheet.height - 20)) == (255, 255, 255)


def test_pictures_of_other_shapes_are_fitted_into_the_middle() -> None:
    sheet = contact_sheet([[plain(RED, 400, 400), plain(BLUE, 200, 100)]])

    red, blue = box(sheet, RED), box(sheet, BLUE)
    assert (blue[2] - blue[0], blue[3] - blue[1]) == (400, 200)
    assert blue[1] - red[1] == red[3] - blue[3] == 100


def test_what_is_transparent_lies_on_white() -> None:
    sheet = contact_sheet([[plain((*RED, 0))]])

    assert sheet.getcolors() == [(sheet.width * sheet.height, (255, 255, 255))]


def test_many_large_pictures_are_made_smaller() -> None:
    sheet = contact_sheet([[plain(RED, 1024, 256)] * 20], rows=["a"])

    left, top, right, bottom = box(sheet, RED)
    assert right - left <= LARGEST + 20 * 20
    assert 90 < bottom - top < 110


def test_a_long_label_is_broken_into_lines_and_ends_in_an_ellipsis() -> None:
    font = plot_font(14)

    text = "a red circle on a blue square " * 9

    label = Label.fit(text, font, 150)

    assert len(label.lines) == 4
    assert text.startswith(" ".join(label.lines[:-1]) + " ")
    assert font.getlength(f"{label.lines[0]} {label.lines[1].split()[0]}") > 150  # no word more would have fitted
    assert label.lines[-1].endswith("…")
    assert label.width <= 150


def test_a_long_name_breaks_behind_its_signs() -> None:
    label = Label.fit("dpmpp_2s_ancestral_cfg_pp", plot_font(14), 130)

    assert "".join(label.lines) == "dpmpp_2s_ancestral_cfg_pp"
    assert label.lines[0].endswith("_")
    assert label.width <= 130


def test_a_label_of_many_letters_without_a_space_ends_too() -> None:
    label = Label.fit("w" * 5000, plot_font(14), 60)

    assert len(label.lines) == 4
    assert label.width <= 60


def test_accents_greek_and_cyrillic_are_drawn() -> None:
    font = plot_font(20)
    missing = bytes(font.getmask("\uffff"))

    assert [letter for letter in "äßçžσβЖ×…" if bytes(font.getmask(letter)) == missing] == []


def test_the_same_pictures_give_the_same_sheet() -> None:
    one, two = (contact_sheet([[plain(RED)]], title="again", captions=[["x"]]) for _ in range(2))

    assert one.tobytes() == two.tobytes()


def test_a_sheet_without_cells_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one cell"):
        contact_sheet([[], []])


@pytest.mark.parametrize(("columns", "shape"), [(0, (2, 3)), (5, (1, 5)), (99, (1, 5)), (1, (5, 1))])
def test_a_batch_is_laid_out_as_square_as_possible_or_in_columns(columns: int, shape: tuple[int, int]) -> None:
    sheet = show_contact_sheet(Image(torch.zeros(5, 64, 64, 3)), columns=columns).tensor

    assert (sheet.shape[1] // 192, sheet.shape[2] // 192) == shape
    assert int((sheet == 0).all(-1).sum()) == 5 * 192 * 192


def test_each_line_is_the_label_below_its_picture() -> None:
    images = Image(torch.tensor([RED, BLUE]).float().reshape(2, 1, 1, 3).expand(2, 64, 64, 3) / 255)

    sheet = show_contact_sheet(images, columns=2, labels="\nsecond\n").tensor[0]

    picture = Pillow.fromarray((sheet * 255).to(torch.uint8).numpy())
    red, blue = box(picture, RED), box(picture, BLUE)
    assert not inked(picture, red[0], red[3], red[2], picture.height)
    assert inked(picture, blue[0], blue[3], blue[2], picture.height)


@pytest.mark.parametrize("channels", [1, 4])
def test_grey_and_transparent_pictures_are_shown(channels: int) -> None:
    sheet = show_contact_sheet(Image(torch.full((1, 64, 64, channels), 0.5))).tensor

    middle = sheet[0, 100, 100]
    assert middle.tolist() == pytest.approx([0.5 if channels == 1 else 0.75] * 3, abs=0.01)


def test_more_labels_than_pictures_are_refused() -> None:
    with pytest.raises(NodeError, match="3 labels for 2 pictures") as raised:
        show_contact_sheet(Image(torch.zeros(2, 8, 8, 3)), labels="a\nb\nc")

    assert raised.value.input == "labels"
