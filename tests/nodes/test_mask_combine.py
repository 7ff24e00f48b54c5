"""Two masks to one, and between masks and pictures, against NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from graphflow.api import NodeError
from graphflow_nodes.mask.combine import mask_composite
from graphflow_nodes.mask.pictures import image_color_to_mask, image_to_mask, mask_to_image
from graphflow_nodes.values import Image, Mask

OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "multiply": np.multiply,
    "add": lambda a, b: np.minimum(a + b, 1),
    "subtract": lambda a, b: np.maximum(a - b, 0),
    "and": lambda a, b: np.logical_and(np.round(a), np.round(b)),
    "or": lambda a, b: np.logical_or(np.round(a), np.round(b)),
    "xor": lambda a, b: np.logical_xor(np.round(a), np.round(b)),
}


def greys(seed: int, *shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_masks_are_combined_where_they_lie_upon_each_other(operation: str) -> None:
    below, above = greys(1, 2, 6, 8), greys(2, 2, 4, 5)
    before = below.clone()

    made = mask_composite(Mask(below), Mask(above), x=5, y=1, operation=operation).tensor

    want = below.numpy().copy()
    want[:, 1:5, 5:8] = OPERATIONS[operation](want[:, 1:5, 5:8], above.numpy()[:, :4, :3])
    assert_close(made, torch.from_numpy(want))
    assert_close(below, before, rtol=0, atol=0)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_half_is_rounded_as_numpy_rounds_it(operation: str) -> None:
    half, one = torch.full((1, 1, 1), 0.5), torch.ones(1, 1, 1)

    want = np.asarray(OPERATIONS[operation](half.numpy(), one.numpy()), dtype=np.float32)

    assert_close(mask_composite(Mask(half), Mask(one), operation=operation).tensor, torch.from_numpy(want))


def test_a_source_outside_changes_nothing() -> None:
    below = greys(1, 1, 6, 8)

    for x, y in ((8, 0), (0, 6), (500, 500)):
        made = mask_composite(Mask(below), Mask(torch.ones(1, 2, 2)), x=x, y=y, operation="add").tensor
        assert_close(made, below, rtol=0, atol=0)


@pytest.mark.parametrize(("have", "over"), [(1, 3), (3, 1), (3, 2)])
def test_the_shorter_batch_begins_again(have: int, over: int) -> None:
    below, above = greys(1, have, 4, 4), greys(2, over, 4, 4)

    made = mask_composite(Mask(below), Mask(above)).tensor

    assert_close(made, torch.stack([below[i % have] * above[i % over] for i in range(3)]))


def test_a_mask_is_shown_as_a_grey_picture() -> None:
    mask = greys(1, 2, 3, 4)

    picture = mask_to_image(Mask(mask)).tensor

    assert picture.shape == (2, 3, 4, 3)
    for channel in range(3):
        assert_close(picture[..., channel], mask)


def test_each_channel_of_a_picture_can_be_a_mask() -> None:
    pixels = greys(1, 2, 3, 4, 4)

    for index, channel in enumerate(("red", "green", "blue", "alpha")):
        assert_close(image_to_mask(Image(pixels), channel=channel).tensor, pixels[..., index])


def test_grey_is_the_same_in_every_colour() -> None:
    grey = greys(1, 1, 3, 4, 1)

    assert_close(image_to_mask(Image(grey), channel="blue").tensor, grey[..., 0])


@pytest.mark.parametrize("channels", [1, 3])
def test_alpha_that_is_not_there_is_refused(channels: int) -> None:
    with pytest.raises(NodeError, match=f"{channels} channels and no alpha") as raised:
        image_to_mask(Image(greys(1, 1, 2, 2, channels)), channel="alpha")

    assert raised.value.input == "channel"


def test_a_mask_becomes_a_picture_and_a_mask_again() -> None:
    mask = greys(1, 1, 5, 5)

    assert_close(image_to_mask(mask_to_image(Mask(mask))).tensor, mask, rtol=0, atol=0)


@pytest.mark.parametrize("alpha", [(), (0.3,)])
def test_pixels_of_exactly_one_colour_are_masked(alpha: tuple[float, ...]) -> None:
    colours = [(18, 52, 86), (18, 52, 87), (255, 0, 0), (0, 0, 0)]
    picture = Image(torch.tensor([[[[value / 255 for value in each] + list(alpha) for each in colours]]]))

    assert image_color_to_mask(picture, color=0x123456).tensor.tolist() == [[[1, 0, 0, 0]]]
    assert image_color_to_mask(picture, color=0xFF0000).tensor.tolist() == [[[0, 0, 1, 0]]]
    assert image_color_to_mask(picture).tensor.tolist() == [[[0, 0, 0, 1]]]


def test_a_single_channel_stands_for_all_three_colours() -> None:
    grey = Image(torch.tensor([[[[128 / 255], [0.2]]]]))

    assert image_color_to_mask(grey, color=0x808080).tensor.tolist() == [[[1, 0]]]
