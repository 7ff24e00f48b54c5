"""Latents at another size, cut out, mirrored and turned: pixels counted by the latent's own factor."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import interpolate
from torch.testing import assert_close

from graphflow_nodes.diffusion.resizing import bislerp
from graphflow_nodes.latent.scale import METHODS, latent_upscale, latent_upscale_by
from graphflow_nodes.latent.transform import latent_crop, latent_flip, latent_rotate
from graphflow_nodes.latent.vae import empty_latent
from graphflow_nodes.values import Blank, Latent
from tests.nodes.latents import numbers, samples

VERTICALLY, HORIZONTALLY = "x-axis: vertically", "y-axis: horizontally"


def masked(latent: Latent) -> Tensor:
    assert latent.noise_mask is not None
    return latent.noise_mask


@pytest.mark.parametrize(("factor", "cells"), [(4, (24, 32)), (8, (12, 16)), (None, (12, 16))])
def test_a_size_in_pixels_is_divided_by_the_latents_own_factor(factor: int | None, cells: tuple[int, int]) -> None:
    latent = Latent(numbers(2, 4, 16, 16), factor=factor)

    scaled = latent_upscale(latent, width=128, height=96)

    assert samples(scaled).shape == (2, 4, *cells)
    assert scaled.factor == factor


@pytest.mark.parametrize("method", [each for each in METHODS if each != "bislerp"])
def test_the_usual_methods_are_those_of_torch(method: str) -> None:
    tensor = numbers(1, 4, 16, 16)

    scaled = latent_upscale(Latent(tensor, factor=4), upscale_method=method, width=100, height=72)

    assert_close(samples(scaled), interpolate(tensor, (18, 25), mode=method))


def test_one_side_of_zero_keeps_the_shape_and_two_keep_all() -> None:
    latent = Latent(numbers(1, 4, 16, 32), factor=8)

    assert samples(latent_upscale(latent, width=0, height=256)).shape == (1, 4, 32, 64)
    assert samples(latent_upscale(latent, width=128, height=0)).shape == (1, 4, 8, 16)
    assert latent_upscale(latent, width=0, height=0) is latent


def test_fewer_than_64_pixels_become_64() -> None:
    assert samples(latent_upscale(Latent(numbers(1, 4, 16, 16), factor=4), width=8, height=64)).shape[2:] == (16, 16)


def test_the_middle_is_kept_when_cropping_and_the_mask_goes_with_it() -> None:
    tensor = numbers(1, 4, 16, 32)
    mask = torch.arange(64.0).expand(1, 32, 64)

    cropped = latent_upscale(Latent(tensor, noise_mask=mask, factor=4), width=64, height=64, crop="center")

    assert_close(samples(cropped), tensor[..., 8:24], rtol=0, atol=0)
    assert_close(masked(cropped), mask[..., 16:48], rtol=0, atol=0)


@pytest.mark.parametrize(("width", "height"), [(64, 8192), (8192, 64)])
def test_something_remains_of_a_crop_to_the_most_extreme_shape(width: int, height: int) -> None:
    latent = Latent(numbers(1, 4, 16, 16), noise_mask=torch.ones(1, 2, 2))

    scaled = latent_upscale(latent, upscale_method="bilinear", width=width, height=height, crop="center")

    assert samples(scaled).shape == (1, 4, height // 8, width // 8)
    assert masked(scaled).numel() > 0


@pytest.mark.parametrize(("scale_by", "cells"), [(1.5, (15, 30)), (0.05, (1, 1)), (1.04, (10, 21)), (1.0, (10, 20))])
def test_a_multiple_of_the_size_is_rounded_to_whole_cells(scale_by: float, cells: tuple[int, int]) -> None:
    assert samples(latent_upscale_by(Latent(numbers(1, 4, 10, 20)), scale_by=scale_by)).shape[2:] == cells


def test_an_empty_latent_only_changes_its_size() -> None:
    empty = empty_latent(96, 64, 3)

    assert latent_upscale(empty, width=192, height=0).samples == Blank(192, 128, 3)
    assert latent_upscale_by(empty, scale_by=2).samples == Blank(192, 128, 3)
    assert latent_upscale_by(empty, scale_by=0.01).samples == Blank(16, 16, 3)


def test_bislerp_goes_along_the_arc_with_the_norm_between() -> None:
    """From (2, 0) to (0, 4), doubled: cells at 0, 1/4, 3/4 and 1 of the way."""
    tensor = torch.tensor([[[[2.0, 0.0]], [[0.0, 4.0]]]])  # (1, 2, 1, 2)

    doubled = bislerp(tensor, 4, 1)[0, :, 0]

    for column, t in enumerate((0.0, 0.25, 0.75, 1.0)):
        angle, norm = t * math.pi / 2, 2 + 2 * t
        assert_close(doubled[:, column], torch.tensor([norm * math.cos(angle), norm * math.sin(angle)]))


def test_bislerp_is_bilinear_where_all_cells_point_one_way() -> None:
    tensor = numbers(2, 1, 9, 7).abs() * torch.tensor([1.0, -2.0, 0.5]).reshape(1, 3, 1, 1)

    for size in ((18, 21), (4, 5), (9, 20)):
        assert_close(
            bislerp(tensor, size[1], size[0]), interpolate(tensor, size, mode="bilinear"), rtol=1e-4, atol=1e-5
        )


def test_bislerp_keeps_the_norm_of_cells_that_bilinear_shortens() -> None:
    angles = numbers(1, 8, 8) * 2
    tensor = torch.stack([angles.cos(), angles.sin()], 1)

    # Nearly opposite cells leave a few digits of the angle between them.
    assert_close(bislerp(tensor, 24, 24).norm(dim=1), torch.ones(1, 24, 24), rtol=0, atol=2e-4)
    assert interpolate(tensor, (24, 24), mode="bilinear").norm(dim=1).mean() < 0.95


@pytest.mark.parametrize("other", [(0.0, 0.0), (-1.0, 0.0), (1.0, 0.0)])
def test_bislerp_is_straight_where_no_arc_is_the_shortest(other: tuple[float, float]) -> None:
    tensor = torch.tensor([[[[1.0, other[0]]], [[0.0, other[1]]]]])

    assert_close(bislerp(tensor, 4, 1), interpolate(tensor, (1, 4), mode="bilinear"), rtol=1e-4, atol=1e-5)


def test_latents_are_scaled_by_bislerp_too() -> None:
    tensor = numbers(1, 4, 8, 8)

    assert_close(samples(latent_upscale_by(Latent(tensor), upscale_method="bislerp")), bislerp(tensor, 12, 12))


@pytest.mark.parametrize(("method", "axis"), [(VERTICALLY, -2), (HORIZONTALLY, -1)])
def test_latents_and_their_masks_are_mirrored(method: str, axis: int) -> None:
    tensor, mask = numbers(2, 4, 3, 5), numbers(1, 24, 40)

    flipped = latent_flip(Latent(tensor, mask, (4, 7), 8), flip_method=method)

    assert_close(samples(flipped), torch.from_numpy(np.flip(tensor.numpy(), axis).copy()), rtol=0, atol=0)
    assert_close(masked(flipped), torch.from_numpy(np.flip(mask.numpy(), axis).copy()), rtol=0, atol=0)
    assert (flipped.batch_index, flipped.factor) == ((4, 7), 8)


@pytest.mark.parametrize(
    ("rotation", "quarters"), [("none", 0), ("90 degrees", 1), ("180 degrees", 2), ("270 degrees", 3)]
)
def test_latents_and_their_masks_are_turned_clockwise(rotation: str, quarters: int) -> None:
    tensor, mask = numbers(2, 4, 3, 5), numbers(1, 24, 40)

    turned = latent_rotate(Latent(tensor, mask), rotation=rotation)

    want = np.rot90(tensor.numpy(), -quarters, (-2, -1)).copy()
    assert_close(samples(turned), torch.from_numpy(want), rtol=0, atol=0)
    assert_close(masked(turned), torch.from_numpy(np.rot90(mask.numpy(), -quarters, (-2, -1)).copy()), rtol=0, atol=0)


def test_an_empty_latent_turns_its_size() -> None:
    assert latent_rotate(empty_latent(96, 64), rotation="90 degrees").samples == Blank(64, 96)
    assert latent_rotate(empty_latent(96, 64), rotation="180 degrees").samples == Blank(96, 64)
    assert latent_flip(empty_latent(96, 64)).samples == Blank(96, 64)


@pytest.mark.parametrize(
    ("factor", "rows", "columns"), [(4, slice(4, 24), slice(2, 18)), (8, slice(2, 12), slice(1, 9))]
)
def test_a_rectangle_in_pixels_is_cut_out_in_cells(factor: int, rows: slice, columns: slice) -> None:
    tensor = numbers(1, 4, 32, 32)

    cut = latent_crop(Latent(tensor, factor=factor), width=64, height=80, x=8, y=16)

    assert_close(samples(cut), tensor[:, :, rows, columns], rtol=0, atol=0)


def test_a_rectangle_beyond_the_edge_is_cut_off_and_64_pixels_remain() -> None:
    tensor = numbers(1, 4, 32, 32)

    assert_close(samples(latent_crop(Latent(tensor), x=160, y=128)), tensor[:, :, 16:, 20:])
    assert_close(samples(latent_crop(Latent(tensor), x=9000, y=9000)), tensor[:, :, 24:, 24:])
    assert_close(samples(latent_crop(Latent(tensor[..., :4, :4]), x=64, y=8)), tensor[..., :4, :4])


@pytest.mark.parametrize("size", [64, 128])
def test_the_noise_mask_is_cut_with_the_latent(size: int) -> None:
    """Half of the picture is masked, whatever the size of the mask: the cut shows the border where it was."""
    mask = torch.zeros(1, size, size)
    mask[..., size // 2 :] = 1

    cut = latent_crop(Latent(numbers(1, 4, 32, 32), mask, factor=4), width=64, height=64, x=32, y=0)

    border = masked(cut)[0, 0]
    assert masked(cut).shape == (1, 64, 64)
    assert_close(border[:31], torch.zeros(31))
    assert_close(border[33:], torch.ones(31))


def test_a_rectangle_of_an_empty_latent_is_a_smaller_empty_latent() -> None:
    assert latent_crop(empty_latent(256, 128, 2), width=72, height=512, x=40, y=8).samples == Blank(72, 120, 2)
