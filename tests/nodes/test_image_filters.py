from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from scipy.ndimage import gaussian_filter
from torch import Tensor
from torch.testing import assert_close

from graphflow_nodes.image.filters import gaussian_kernel, image_add_noise, image_blur, image_invert, image_sharpen
from graphflow_nodes.image.quantize import bayer, image_quantize
from graphflow_nodes.values import Image
from tests.nodes.example_noise import noise, pictures
from tests.nodes.recording import Recorder


def scipy_blur(values: Tensor, radius: int, sigma: float) -> Tensor:
    """Sigma counts in radii, and the picture is mirrored without its edge, which scipy calls `mirror`."""
    blurred = gaussian_filter(
        values.double().numpy(), sigma * radius, axes=(1, 2), radius=radius, mode="mirror", truncate=9
    )
    return torch.from_numpy(blurred).float()


@pytest.mark.parametrize(("radius", "sigma"), [(1, 1.0), (3, 0.3), (7, 0.8), (31, 10.0)])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_blur_is_scipys_with_sigma_in_radii(radius: int, sigma: float, channels: int) -> None:
    image = pictures(2, 40, 33, channels)

    blurred = image_blur(image, blur_radius=radius, sigma=sigma).tensor

    assert_close(blurred, scipy_blur(image.tensor, radius, sigma), atol=1e-5, rtol=0)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (2, 9), (5, 3)])
def test_a_blur_reaches_beyond_the_mirror_of_a_tiny_picture(height: int, width: int) -> None:
    image = pictures(1, height, width)

    blurred = image_blur(image, blur_radius=12, sigma=0.7).tensor

    assert_close(blurred, scipy_blur(image.tensor, 12, 0.7), atol=1e-5, rtol=0)


def test_the_bell_ends_one_radius_away_and_sums_to_one() -> None:
    kernel = gaussian_kernel(5, 1.0)

    assert kernel.sum().item() == pytest.approx(1)
    assert (kernel[0] / kernel[5]).item() == pytest.approx(np.exp(-0.5))


@pytest.mark.parametrize("alpha", [0.0, 0.3, 5.0])
def test_sharpening_adds_ten_times_what_the_blur_takes_away(alpha: float) -> None:
    image = Image(0.4 + 0.2 * noise(1, 20, 20))

    sharp = image_sharpen(image, sharpen_radius=2, sigma=0.5, alpha=alpha).tensor

    lost = image.tensor - scipy_blur(image.tensor, 2, 0.5)
    assert_close(sharp, (image.tensor + 10 * alpha * lost).clamp(0, 1), atol=1e-3, rtol=0)


def test_a_negative_of_a_negative_is_the_picture() -> None:
    image = pictures(1, 3, 3, 4)

    assert_close(image_invert(image).tensor[0, 1, 2, 0], 1 - image.tensor[0, 1, 2, 0])
    assert_close(image_invert(image_invert(image)).tensor, image.tensor)


def test_noise_has_the_deviation_that_was_asked_for_and_follows_the_seed() -> None:
    grey = Image(torch.full((1, 128, 128, 3), 0.5))

    noisy = image_add_noise(grey, seed=2**64 - 1, strength=0.1).tensor

    assert noisy.std().item() == pytest.approx(0.1, rel=0.03)
    assert noisy.mean().item() == pytest.approx(0.5, abs=0.003)
    assert torch.equal(noisy, image_add_noise(grey, seed=2**64 - 1, strength=0.1).tensor)
    assert not torch.equal(noisy, image_add_noise(grey, seed=1, strength=0.1).tensor)


def ramp(side: int = 48) -> Tensor:
    """Red rises to the right, green downwards: (1, side, side, 3)."""
    level = (torch.arange(side) / (side - 1)).expand(side, side)
    return torch.stack([level, level.T, torch.full_like(level, 0.25)], -1)[None]


def colours(values: Tensor) -> int:
    return len(torch.unique((values * 255).round().reshape(-1, values.shape[-1]), dim=0))


@pytest.mark.parametrize("dither", ["none", "floyd-steinberg", "bayer-2", "bayer-4", "bayer-8", "bayer-16"])
@pytest.mark.parametrize("count", [1, 4, 256])
def test_no_picture_has_more_colours_than_were_asked_for(dither: str, count: int) -> None:
    ctx = Recorder()

    painted = image_quantize(Image(torch.cat([ramp(), noise(1, 48, 48)])), colors=count, dither=dither, ctx=ctx).tensor

    assert all(colours(each) <= count for each in painted)
    assert ctx.steps == [(1, 2), (2, 2)]


def test_without_dithering_each_pixel_has_the_nearest_colour_of_the_palette() -> None:
    painted = image_quantize(Image(ramp()), colors=8, dither="none").tensor

    palette = torch.unique(painted.reshape(-1, 3), dim=0)
    source = (ramp() * 255).floor() / 255
    nearest = torch.cdist(source.reshape(-1, 3), palette).amin(1)
    assert_close((painted - source).reshape(-1, 3).norm(dim=1), nearest, atol=0.02, rtol=0)


@pytest.mark.parametrize("dither", ["floyd-steinberg", "bayer-4", "bayer-16"])
def test_dithering_keeps_local_means_better_than_none(dither: str) -> None:
    def error(how: str) -> float:
        painted = image_quantize(Image(ramp()), colors=16, dither=how).tensor
        return float((scipy_blur(painted, 6, 0.6) - scipy_blur(ramp(), 6, 0.6)).abs().mean())

    assert error(dither) < error("none")


def test_floyd_and_steinbergs_answer_is_pillows() -> None:
    pixels = (ramp()[0] * 255).to(torch.uint8).numpy()
    palette = Pillow.fromarray(pixels).quantize(5)
    want = Pillow.fromarray(pixels).quantize(palette=palette, dither=Pillow.Dither.FLOYDSTEINBERG).convert("RGB")

    painted = image_quantize(Image(ramp()), colors=5, dither="floyd-steinberg").tensor

    assert_close(painted[0], torch.from_numpy(np.array(want)) / 255)


def test_alpha_is_kept_and_grey_stays_grey() -> None:
    clear, grey = pictures(1, 16, 16, 4), pictures(1, 16, 16, 1)

    assert_close(image_quantize(clear, colors=3).tensor[..., 3], clear.tensor[..., 3])
    assert image_quantize(grey, colors=3).tensor.shape == (1, 16, 16, 1)
    assert colours(image_quantize(grey, colors=3).tensor[0]) <= 3


def test_the_thresholds_are_bayers() -> None:
    four = [[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]

    np.testing.assert_allclose(bayer(4), (np.array(four) + 0.5) / 16 - 0.5)
    np.testing.assert_allclose(np.sort(bayer(16).ravel()), (np.arange(256) + 0.5) / 256 - 0.5)


@pytest.mark.parametrize("size", [2, 4, 8])
def test_a_bayer_pattern_lies_over_the_picture_in_both_directions(size: int) -> None:
    painted = (image_quantize(Image(ramp(45)[:, :31]), colors=6, dither=f"bayer-{size}").tensor[0] * 255).numpy()

    palette = np.unique(painted.reshape(-1, 3), axis=0)
    source = (ramp(45)[0, :31] * 255).floor().numpy()
    right = 0
    for row in range(31):
        for column in range(45):
            shifted = (source[row, column] + 512 / 6 * bayer(size)[row % size, column % size] + 0.5).clip(0, 255)
            distances = np.linalg.norm(palette - np.floor(shifted), axis=1)
            painted_distance = np.linalg.norm(painted[row, column] - np.floor(shifted))
            right += painted_distance <= distances.min() + 6  # Pillow looks colours up in a coarser table
    assert right > 0.98 * 31 * 45
