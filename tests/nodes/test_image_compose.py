from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from PIL import ImageChops
from torch.testing import assert_close

from graphflow_nodes.image.batch import empty_image, get_image_size, image_batch, image_from_batch, repeat_image_batch
from graphflow_nodes.image.compose import blend, image_blend, image_composite_masked, image_stitch
from graphflow_nodes.values import Image, Mask
from tests.nodes.example_noise import noise, pictures


def test_a_colour_is_a_number_of_three_bytes() -> None:
    image = empty_image(width=5, height=3, batch_size=2, color=0xFF8000)

    assert_close(image.tensor, torch.tensor([1.0, 128 / 255, 0.0]).expand(2, 3, 5, 3))
    assert get_image_size(image) == (5, 3, 2)


def test_the_second_of_a_batch_is_cropped_and_scaled_to_the_first() -> None:
    tall = pictures(1, 8, 4, seed=4)

    both = image_batch(pictures(2, 2, 2), tall).tensor

    middle = tall.tensor[:, 2:6]
    assert_close(both[:2], noise(2, 2, 2))
    want = torch.nn.functional.interpolate(middle.movedim(-1, 1), (2, 2), mode="bilinear").movedim(1, -1)
    assert_close(both[2:], want)


def test_a_picture_without_alpha_is_opaque_beside_one_with() -> None:
    both = image_batch(pictures(1, 2, 2), pictures(1, 2, 2, 4)).tensor

    assert_close(both[0, ..., 3], torch.ones(2, 2))
    assert_close(both[1:], noise(1, 2, 2, 4))


def test_a_batch_is_repeated_as_a_whole() -> None:
    image = pictures(2, 2, 2)

    assert_close(repeat_image_batch(image, amount=3).tensor, image.tensor[[0, 1, 0, 1, 0, 1]])


@pytest.mark.parametrize(("index", "length", "want"), [(1, 2, [1, 2]), (2, 9, [2]), (9, 1, [2])])
def test_what_lies_behind_a_batch_is_its_end(index: int, length: int, want: list[int]) -> None:
    image = pictures(3, 2, 2)

    assert_close(image_from_batch(image, batch_index=index, length=length).tensor, image.tensor[want])


PILLOWS = {
    "multiply": ImageChops.multiply,
    "screen": ImageChops.screen,
    "overlay": ImageChops.overlay,
    "difference": ImageChops.subtract,  # which cuts off below 0 as well
}


@pytest.mark.parametrize("mode", PILLOWS)
def test_a_full_blend_is_pillows(mode: str) -> None:
    below, above = (np.random.default_rng(seed).integers(0, 256, (16, 16, 3), dtype=np.uint8) for seed in (1, 2))
    want = np.array(PILLOWS[mode](Pillow.fromarray(below), Pillow.fromarray(above)))

    one, two = (Image(torch.from_numpy(each)[None] / 255) for each in (below, above))
    mixed = image_blend(one, two, blend_factor=1.0, blend_mode=mode).tensor

    assert_close(mixed[0], torch.from_numpy(want) / 255, atol=2.5 / 255, rtol=0)


def test_soft_light_by_hand() -> None:
    below = torch.tensor([0.2, 0.2, 0.64, 0.5])
    above = torch.tensor([0.25, 1.0, 1.0, 0.5])

    # halfway above changes nothing; white takes the root, or the cubic below a quarter
    want = torch.tensor([0.2 - 0.5 * 0.2 * 0.8, ((16 * 0.2 - 12) * 0.2 + 4) * 0.2, 0.8, 0.5])
    assert_close(blend(below, above, "soft_light"), want)


@pytest.mark.parametrize("mode", ["normal", "multiply", "screen", "overlay", "soft_light", "difference"])
def test_a_factor_of_zero_is_the_first_picture(mode: str) -> None:
    image = pictures(1, 4, 4)

    assert_close(image_blend(image, pictures(1, 4, 4, seed=4), blend_factor=0.0, blend_mode=mode).tensor, image.tensor)


def test_a_normal_blend_mixes_batches_that_begin_again() -> None:
    one, two = pictures(3, 4, 4), pictures(2, 4, 4, seed=4)

    mixed = image_blend(one, two, blend_factor=0.25).tensor

    assert_close(mixed, 0.75 * one.tensor + 0.25 * two.tensor[[0, 1, 0]])


@pytest.mark.parametrize(("mine", "theirs", "want"), [(3, 4, 3), (4, 3, 4), (1, 4, 3), (4, 1, 4), (1, 1, 1)])
def test_what_is_laid_over_takes_the_channels_of_what_lies_below(mine: int, theirs: int, want: int) -> None:
    below, above = pictures(1, 4, 4, mine), pictures(1, 6, 9, theirs)

    assert image_blend(below, above).tensor.shape == (1, 4, 4, want)
    assert image_composite_masked(below, above).tensor.shape == (1, 4, 4, want)


def test_a_source_lies_where_it_was_put_and_is_cut_off() -> None:
    below, above = pictures(2, 6, 6), pictures(1, 4, 4, seed=4)

    result = image_composite_masked(below, above, x=3, y=1).tensor

    want = noise(2, 6, 6)
    want[:, 1:5, 3:6] = above.tensor[:, :, :3]
    assert_close(result, want)
    assert_close(below.tensor, noise(2, 6, 6))  # the input stays as it was
    assert_close(image_composite_masked(below, above, x=6, y=6).tensor, below.tensor)


def test_a_mask_is_stretched_over_the_source_and_mixes() -> None:
    below, above = pictures(2, 8, 8), pictures(2, 4, 4, seed=4)
    mask = torch.tensor([0.0, 0.25]).reshape(2, 1, 1)

    result = image_composite_masked(below, above, x=2, y=2, mask=Mask(mask)).tensor

    want = below.tensor.clone()
    want[1, 2:6, 2:6] = 0.75 * want[1, 2:6, 2:6] + 0.25 * above.tensor[1]
    assert_close(result, want)


def test_a_resized_source_covers_the_destination() -> None:
    result = image_composite_masked(pictures(1, 6, 9), Image(torch.full((1, 2, 2, 3), 0.3)), resize_source=True)

    assert_close(result.tensor, torch.full((1, 6, 9, 3), 0.3))


@pytest.mark.parametrize("direction", ["right", "down", "left", "up"])
def test_the_second_picture_stands_on_the_side_that_is_named(direction: str) -> None:
    one, two = pictures(1, 4, 4), pictures(1, 4, 4, seed=4)

    joined = image_stitch(one, direction=direction, image2=two).tensor

    parts = [one.tensor, two.tensor] if direction in ("right", "down") else [two.tensor, one.tensor]
    assert_close(joined, torch.cat(parts, dim=2 if direction in ("right", "left") else 1))


def test_a_stitched_picture_is_brought_to_the_shared_side_in_its_shape() -> None:
    assert image_stitch(pictures(1, 10, 6), image2=pictures(1, 20, 30)).tensor.shape == (1, 10, 6 + 15, 3)
    assert image_stitch(pictures(1, 10, 6), direction="up", image2=pictures(1, 20, 30)).tensor.shape == (1, 14, 6, 3)


def test_an_unmatched_picture_stands_in_the_middle_of_black() -> None:
    one, two = pictures(1, 6, 4), pictures(1, 2, 3, seed=4)

    joined = image_stitch(one, match_image_size=False, image2=two).tensor

    want = torch.zeros(1, 6, 3, 3)
    want[:, 2:4] = two.tensor
    assert_close(joined, torch.cat([one.tensor, want], dim=2))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_spacing_is_even_coloured_and_opaque(channels: int) -> None:
    image = pictures(1, 4, 4, channels)

    joined = image_stitch(image, spacing_width=3, spacing_color="red", image2=image).tensor

    red = torch.tensor([1.0, 0, 0, 1])[: max(3, channels)]
    assert_close(joined[:, :, 4:8], red.expand(1, 4, 4, max(3, channels)))
    assert joined.shape[2] == 12


def test_a_shorter_batch_repeats_its_last_picture_and_one_picture_alone_stays() -> None:
    one, two = pictures(3, 2, 2), pictures(2, 2, 2, seed=4)

    assert_close(image_stitch(one, image2=two).tensor[:, :, 2:], two.tensor[[0, 1, 1]])
    assert image_stitch(one) is one
