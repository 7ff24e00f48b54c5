"""The Grid node lays pictures on a sheet: what stands where is read from the sheet's own pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from graphflow.api import NodeError
from graphflow_nodes.look.grid import grid
from graphflow_nodes.sheets import LARGEST
from graphflow_nodes.values import Image

GAP = 7
"""Between pictures of 200 pixels, which the sheet leaves as large as they are."""

RED, GREEN, BLUE, BLACK = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (0.0, 0.0, 0.0)


def plain(*colours: tuple[float, ...], size: tuple[int, int] = (200, 200)) -> Image:
    """Return a batch of pictures of one colour each; the size is height, width."""
    return Image(torch.stack([torch.tensor(colour).expand(*size, len(colour)) for colour in colours]).contiguous())


def found(sheet: Image, colour: tuple[float, ...]) -> list[tuple[int, int, int, int]]:
    """Return where a colour stands as one box: left, top, width, height; none when it is not there."""
    same = (sheet.tensor[0] == torch.tensor(colour)).all(dim=-1).numpy()
    if not same.any():
        return []
    ys, xs = np.nonzero(same)
    box = (int(xs.min()), int(ys.min()), int(np.ptp(xs)) + 1, int(np.ptp(ys)) + 1)
    assert same[box[1] : box[1] + box[3], box[0] : box[0] + box[2]].all()
    return [box]


def ink(sheet: Image) -> NDArray[Any]:
    """Return where something dark is written."""
    return sheet.tensor[0].amax(dim=-1).numpy() < 0.3


def test_without_labels_pictures_stand_in_a_row_with_a_gap() -> None:
    sheet = grid([plain(RED), plain(GREEN)])

    assert sheet.tensor.shape == (1, 200 + 2 * GAP, 2 * 200 + 3 * GAP, 3)
    assert found(sheet, RED) == [(GAP, GAP, 200, 200)]
    assert found(sheet, GREEN) == [(200 + 2 * GAP, GAP, 200, 200)]


def test_many_pictures_fill_a_square_and_a_batch_counts_as_many() -> None:
    sheet = grid([plain(*[BLUE] * 8), plain(RED)])

    assert sheet.tensor.shape == (1, 3 * 200 + 4 * GAP, 3 * 200 + 4 * GAP, 3)
    assert found(sheet, RED) == [(2 * 200 + 3 * GAP, 2 * 200 + 3 * GAP, 200, 200)]


def test_columns_and_rows_say_where_a_picture_stands() -> None:
    pictures = [plain(RED), plain(BLUE), plain(BLUE), plain(BLUE), plain(GREEN), plain(BLUE)]
    sheet = grid(pictures, columns=["x", "y", "z"], rows=["1", "2"])

    ((red_x, red_y, *_),) = found(sheet, RED)
    ((green_x, green_y, *_),) = found(sheet, GREEN)
    assert (green_x - red_x, green_y - red_y) == (200 + GAP, 200 + GAP)
    written = ink(sheet)
    assert written[:red_y, red_x : red_x + 200].any()  # x, over the first column
    assert written[red_y : red_y + 200, :red_x].any()  # 1, beside the first row
    assert not written[:red_y, :red_x].any()


def test_captions_stand_under_their_pictures_and_a_title_above_all() -> None:
    bare = grid([plain(RED), plain(GREEN)])
    sheet = grid([plain(RED), plain(GREEN)], captions=["", "seed=2"], title="A sweep")

    ((x, y, *_),) = found(sheet, GREEN)
    written = ink(sheet)
    assert y > GAP
    assert written[: y - 1].any()
    assert written[y + 200 :, x : x + 200].any()
    assert not written[y + 200 :, : x - 1].any()
    assert not ink(bare).any()


def test_cells_leave_places_empty_and_let_pictures_share_one() -> None:
    sheet = grid([plain(RED), plain(BLUE), plain(GREEN)], columns=["a", "b"], rows=["c", "d"], cells=[0, 3, 3])

    ((red_x, red_y, *_),) = found(sheet, RED)
    ((blue_x, blue_y, *_),) = found(sheet, BLUE)
    ((green_x, green_y, *_),) = found(sheet, GREEN)
    assert blue_y == green_y
    assert green_x - blue_x == 202
    assert blue_x - red_x == 402 + GAP - 101  # the shared cell is 402 wide, and red stands in the middle of its own
    assert blue_y >= red_y + 200 + GAP
    empty = sheet.tensor[0, red_y + 60, blue_x + 60]
    assert 0.9 < float(empty.min()) < 1  # a pale place, not the paper


def test_small_pictures_grow_by_a_whole_number_and_pixels_stay_pixels() -> None:
    picture = torch.zeros(1, 32, 64, 3)
    picture[0, :, ::2] = 1

    sheet = grid([Image(picture)])

    shown = sheet.tensor[0, GAP:-GAP, GAP:-GAP]
    assert shown.shape == (96, 192, 3)
    torch.testing.assert_close(shown, picture[0].repeat_interleave(3, 0).repeat_interleave(3, 1))


def test_a_sheet_that_would_be_too_large_is_made_of_smaller_pictures() -> None:
    sheet = grid([plain(BLUE, size=(200, 2000))] * 5 + [plain(RED, size=(200, 2000))])

    side = LARGEST // 6
    assert sheet.tensor.shape[2] == 6 * side + 7 * GAP
    ((left, top, width, height),) = found(sheet, RED)
    assert (left // side, top) == (5, GAP)
    assert (width, height) == (10 * height, side // 10)


def test_pictures_of_different_sizes_stand_in_the_middle_of_equal_cells() -> None:
    sheet = grid([plain(RED, size=(180, 200)), plain(GREEN, size=(200, 180))])

    assert found(sheet, RED) == [(GAP, GAP + 10, 200, 180)]
    assert found(sheet, GREEN) == [(200 + 2 * GAP + 10, GAP, 180, 200)]


def test_grey_pictures_become_colours_and_clear_ones_show_the_paper() -> None:
    sheet = grid([plain((0.0,)), plain((1.0, 0.0, 0.0, 1.0)), plain((1.0, 0.0, 0.0, 0.0))])

    assert found(sheet, BLACK) == [(GAP, GAP, 200, 200)]
    assert found(sheet, RED) == [(200 + 2 * GAP, GAP, 200, 200)]


def test_a_long_label_is_broken_into_lines_that_do_not_leave_their_column() -> None:
    sheet = grid([plain(RED), plain(RED)], columns=["a red house at night " * 9, ""])

    top = found_top(sheet, RED)
    written = ink(sheet)[:top]
    assert written[:, GAP : GAP + 200].any()
    assert not written[:, GAP + 200 + GAP // 2 :].any()
    assert top <= 4 * 17 + 2 * GAP  # four lines of 14 points and no more


def found_top(sheet: Image, colour: tuple[float, ...]) -> int:
    same = (sheet.tensor[0] == torch.tensor(colour)).all(dim=-1).any(dim=1)
    return int(same.nonzero()[0])


@pytest.mark.parametrize(
    ("how", "blamed"),
    [
        ({"images": []}, "images"),
        ({"images": [plain(RED)] * 3, "columns": ["a"], "rows": ["b", "c"]}, "rows"),
        ({"images": [plain(RED)], "cells": [0, 1]}, "cells"),
        ({"images": [plain(RED)], "cells": [-1]}, "cells"),
        ({"images": [plain((0.0, 0.0))]}, "images"),
    ],
)
def test_what_cannot_be_laid_out_is_said_with_its_input(how: dict[str, Any], blamed: str) -> None:
    with pytest.raises(NodeError) as refused:
        grid(**how)

    assert refused.value.input == blamed


def test_the_same_pictures_give_the_same_sheet_and_stay_as_they_are() -> None:
    picture = plain(RED)
    before = picture.tensor.clone()

    one, two = (grid([picture], title="t", captions=["c"]) for _ in range(2))

    assert torch.equal(one.tensor, two.tensor)
    assert torch.equal(picture.tensor, before)


def test_transparent_pictures_that_share_a_cell_lie_on_the_paper() -> None:
    half = torch.zeros(1, 200, 200, 4)
    half[:, 100:] = torch.tensor([0.0, 1.0, 0.0, 1.0])  # above it is clear, and black below the clearness

    sheet = grid([Image(torch.cat([half, half]))], cells=[0])

    assert not ink(sheet).any()
    assert found(Image(sheet.tensor[:, :, : sheet.tensor.shape[2] // 2]), GREEN)
