"""Growing, fading, cutting and hardening masks, against SciPy and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import Tensor
from torch.testing import assert_close

from graphflow.api import NodeError
from graphflow_nodes.diffusion.morphology import grow_by_box
from graphflow_nodes.mask.shape import crop_mask, feather_mask, grow_mask, threshold_mask
from graphflow_nodes.values import Mask

CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], dtype=bool)
SQUARE = np.ones((3, 3), dtype=bool)


def greys(*shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(11))


def repeated(mask: Tensor, times: int, footprint: np.ndarray) -> Tensor:
    """Dilate or erode by SciPy, one pixel at a time."""
    step = ndimage.grey_dilation if times > 0 else ndimage.grey_erosion
    result = []
    for each in mask.numpy():
        for _ in range(abs(times)):
            each = step(each, footprint=footprint)
        result.append(torch.from_numpy(each))
    return torch.stack(result)


@pytest.mark.parametrize("expand", [-12, -3, -1, 0, 1, 2, 3, 4, 5, 7, 10, 11, 40])
@pytest.mark.parametrize(("tapered", "footprint"), [(True, CROSS), (False, SQUARE)])
def test_growing_is_dilation_and_shrinking_erosion_step_by_step(
    expand: int, tapered: bool, footprint: np.ndarray
) -> None:
    mask = greys(2, 13, 17)

    grown = grow_mask(Mask(mask), expand=expand, tapered_corners=tapered).tensor

    assert_close(grown, repeated(mask, expand, footprint), rtol=0, atol=0)


def test_a_point_grows_to_a_diamond_or_to_a_square() -> None:
    point = torch.zeros(1, 41, 41)
    point[0, 20, 20] = 1
    rows, columns = (torch.arange(41) - 20).abs()[:, None], (torch.arange(41) - 20).abs()

    diamond = grow_mask(Mask(point), expand=9).tensor[0]
    square = grow_mask(Mask(point), expand=9, tapered_corners=False).tensor[0]

    assert_close(diamond, (rows + columns <= 9).float())
    assert_close(square, (torch.maximum(rows.expand(41, 41), columns.expand(41, 41)) <= 9).float())


def test_growing_by_the_largest_amount_fills_a_mask_at_once() -> None:
    point = torch.zeros(1, 300, 200)
    point[0, 299, 0] = 1

    assert grow_mask(Mask(point), expand=16_384).tensor.min() == 1
    assert grow_mask(Mask(1 - point), expand=-16_384).tensor.max() == 0


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 1, 9), (1, 9, 1)])
def test_thin_masks_grow_too(shape: tuple[int, ...]) -> None:
    mask = greys(*shape)

    assert_close(grow_mask(Mask(mask), expand=2).tensor, repeated(mask, 2, CROSS), rtol=0, atol=0)


def test_growing_leaves_its_input_alone() -> None:
    mask = greys(1, 8, 8)
    before = mask.clone()

    grow_mask(Mask(mask), expand=3)
    grow_mask(Mask(mask), expand=-3, tapered_corners=False)

    assert_close(mask, before, rtol=0, atol=0)


@pytest.mark.parametrize("side", [1, 2, 5, 6])
def test_a_box_takes_the_largest_value_around(side: int) -> None:
    mask = greys(2, 1, 11, 14)

    want = [ndimage.maximum_filter(each.numpy(), size=side, mode="constant") for each in mask[:, 0]]

    assert_close(grow_by_box(mask, side)[:, 0], torch.from_numpy(np.stack(want)), rtol=0, atol=0)


def test_each_edge_fades_on_its_own_ramp() -> None:
    one = Mask(torch.ones(1, 8, 10))

    assert_close(feather_mask(one, left=4).tensor[0, 0], torch.tensor([0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1, 1]))
    assert_close(feather_mask(one, right=4).tensor[0, 0], torch.tensor([1, 1, 1, 1, 1, 1, 1, 0.75, 0.5, 0.25]))
    assert_close(feather_mask(one, top=2).tensor[0, :, 0], torch.tensor([0.5, 1, 1, 1, 1, 1, 1, 1]))
    assert_close(feather_mask(one, bottom=5).tensor[0, :, 0], torch.tensor([1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2]))


def test_fades_are_multiplied_where_they_meet() -> None:
    faded = feather_mask(Mask(torch.full((2, 4, 4), 0.8)), left=2, top=4, right=4).tensor

    assert faded.shape == (2, 4, 4)
    assert_close(faded[1, 0, 0], torch.tensor(0.8 * 0.5 * 0.25))
    assert_close(faded[0, 2, 3], torch.tensor(0.8 * 0.75 * 0.25))


def test_a_fade_wider_than_the_mask_is_shortened_to_it() -> None:
    faded = feather_mask(Mask(torch.ones(1, 1, 4)), left=400).tensor

    assert_close(faded[0, 0], torch.tensor([0.25, 0.5, 0.75, 1.0]))


def test_a_rectangle_is_cut_out_and_its_overhang_dropped() -> None:
    mask = greys(2, 8, 10)

    assert_close(crop_mask(Mask(mask), x=3, y=2, width=4, height=5).tensor, mask[:, 2:7, 3:7])
    assert_close(crop_mask(Mask(mask), x=8, y=6).tensor, mask[:, 6:, 8:])


@pytest.mark.parametrize(("place", "below"), [("x", 10), ("y", 8)])
def test_a_rectangle_that_begins_outside_is_refused(place: str, below: int) -> None:
    with pytest.raises(NodeError, match=f"begins at {place} = {below}, outside a mask of 10 x 8") as raised:
        crop_mask(Mask(greys(1, 8, 10)), **{place: below})

    assert (raised.value.input, raised.value.hint) == (place, f"choose {place} below {below}")


def test_only_what_is_above_the_threshold_counts() -> None:
    mask = Mask(torch.tensor([[[0.0, 0.25, 0.5, 0.75, 1.0]]]))

    assert_close(threshold_mask(mask, value=0.5).tensor, torch.tensor([[[0.0, 0, 0, 1, 1]]]))
    assert_close(threshold_mask(mask, value=1.0).tensor, torch.zeros(1, 1, 5))
