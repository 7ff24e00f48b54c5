from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from torch.testing import assert_close

from graphflow_nodes.image.pad import image_pad_for_outpaint, resize_and_pad_image
from graphflow_nodes.image.scale import image_scale_by, image_scale_to_total_pixels
from graphflow_nodes.image.transform import image_crop, image_flip, image_rotate
from graphflow_nodes.values import Image
from tests.nodes.example_noise import noise, pictures


@pytest.mark.parametrize(("factor", "want"), [(1.0, (10, 30)), (0.5, (5, 15)), (1.25, (12, 38)), (0.01, (1, 1))])
def test_a_factor_scales_both_sides(factor: float, want: tuple[int, int]) -> None:
    assert image_scale_by(pictures(2, 10, 30), scale_by=factor).tensor.shape == (2, *want, 3)


def test_scaling_by_two_copies_each_pixel() -> None:
    small = noise(1, 4, 5)

    large = image_scale_by(Image(small), upscale_method="nearest-exact", scale_by=2).tensor

    assert_close(large, small.repeat_interleave(2, 1).repeat_interleave(2, 2))


def test_a_number_of_pixels_is_met_in_the_pictures_own_shape() -> None:
    scaled = image_scale_to_total_pixels(pictures(1, 20, 80), upscale_method="bilinear", megapixels=0.01).tensor

    _, height, width, _ = scaled.shape
    assert height * width == pytest.approx(0.01 * 1024 * 1024, rel=0.02)
    assert width / height == pytest.approx(4, rel=0.02)


def test_one_megapixel_of_a_square_is_1024_by_1024() -> None:
    assert image_scale_to_total_pixels(pictures(1, 2, 2), megapixels=1.0).tensor.shape == (1, 1024, 1024, 3)


@pytest.mark.parametrize(
    ("box", "want"),
    [
        ((3, 2, 1, 4), (slice(4, 6), slice(1, 4))),
        ((9, 9, 6, 5), (slice(5, 8), slice(6, 7))),
        ((4, 4, 99, 99), (slice(7, 8), slice(6, 7))),
    ],
)
def test_a_crop_ends_where_the_picture_ends(box: tuple[int, int, int, int], want: tuple[slice, slice]) -> None:
    image = pictures(2, 8, 7)
    width, height, x, y = box

    cropped = image_crop(image, width=width, height=height, x=x, y=y).tensor

    assert_close(cropped, image.tensor[:, want[0], want[1]])
    assert cropped.data_ptr() != image.tensor.data_ptr()


@pytest.mark.parametrize(
    ("rotation", "turned"),
    [
        ("90 degrees", Pillow.Transpose.ROTATE_270),  # Pillow turns the other way round
        ("180 degrees", Pillow.Transpose.ROTATE_180),
        ("270 degrees", Pillow.Transpose.ROTATE_90),
    ],
)
def test_pictures_turn_clockwise(rotation: str, turned: Pillow.Transpose) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (4, 6, 3), dtype=np.uint8)

    result = image_rotate(Image(torch.from_numpy(pixels)[None] / 255), rotation=rotation).tensor

    assert_close(result[0], torch.from_numpy(np.array(Pillow.fromarray(pixels).transpose(turned))) / 255)


def test_no_turn_and_two_flips_change_nothing() -> None:
    image = pictures(2, 3, 4, 4)

    assert_close(image_rotate(image, rotation="none").tensor, image.tensor)
    for method in ("x-axis: vertically", "y-axis: horizontally"):
        assert_close(image_flip(image_flip(image, flip_method=method), flip_method=method).tensor, image.tensor)


def test_the_axis_of_a_flip_says_what_changes_places() -> None:
    image = pictures(1, 3, 4)

    assert_close(image_flip(image, flip_method="x-axis: vertically").tensor[:, 0], image.tensor[:, 2])
    assert_close(image_flip(image, flip_method="y-axis: horizontally").tensor[:, :, 0], image.tensor[:, :, 3])


def test_new_room_is_grey_and_wholly_masked() -> None:
    image = pictures(2, 10, 12, 4)

    padded, mask = image_pad_for_outpaint(image, left=3, top=2, right=0, bottom=1, feathering=0)

    want = torch.nn.functional.pad(image.tensor.movedim(-1, 1), (3, 0, 2, 1), value=0.5).movedim(1, -1)
    assert_close(padded.tensor, want)
    want_mask = torch.ones(1, 13, 15)
    want_mask[:, 2:12, 3:] = 0
    assert_close(mask.tensor, want_mask)


def test_the_mask_fades_by_the_square_of_the_nearness_to_the_sides_that_grew() -> None:
    _, mask = image_pad_for_outpaint(pictures(1, 20, 24), left=5, bottom=3, feathering=8)

    for row in range(20):
        for column in range(24):
            distance = min(column, 20 - row)  # top and right did not grow
            want = ((8 - distance) / 8) ** 2 if distance < 8 else 0.0
            assert mask.tensor[0, row, 5 + column].item() == pytest.approx(want, abs=1e-6)


@pytest.mark.parametrize(("feathering", "fades"), [(9, True), (10, False)])
def test_a_mask_fades_only_in_pictures_more_than_twice_as_large(feathering: int, fades: bool) -> None:
    _, mask = image_pad_for_outpaint(pictures(1, 20, 30), left=4, feathering=feathering)

    assert bool(((mask.tensor > 0) & (mask.tensor < 1)).any()) == fades


@pytest.mark.parametrize(("color", "level"), [("white", 1.0), ("black", 0.0)])
def test_a_picture_is_fitted_into_the_middle_of_its_padding(color: str, level: float) -> None:
    image = pictures(2, 4, 8)

    result = resize_and_pad_image(
        image, target_width=16, target_height=12, padding_color=color, interpolation="nearest-exact"
    ).tensor

    assert_close(result[:, 2:10], image.tensor.repeat_interleave(2, 1).repeat_interleave(2, 2))
    assert_close(result[:, [0, 1, 10, 11]], torch.full((2, 4, 16, 3), level))


@pytest.mark.parametrize("target", [(640, 480), (49, 7), (333, 999)])
def test_a_fitted_picture_touches_two_sides_of_its_target(target: tuple[int, int]) -> None:
    black = Image(torch.zeros(1, 7, 49, 3))

    result = resize_and_pad_image(black, target_width=target[0], target_height=target[1]).tensor[0, :, :, 0]

    inside = result == 0
    assert bool(inside.any(0).all()) or bool(inside.any(1).all())
