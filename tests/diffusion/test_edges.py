from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from graphflow_nodes.diffusion.edges import canny, connected


def disc(side: int, x: float, y: float, radius: float) -> Tensor:
    """A white disc on black, smooth over one pixel: (1, side, side, 3)."""
    rows, columns = torch.meshgrid(torch.arange(float(side)), torch.arange(float(side)), indexing="ij")
    inside = (radius + 0.5 - torch.hypot(columns - x, rows - y)).clamp(0, 1)
    return inside[None, :, :, None].expand(-1, -1, -1, 3)


@pytest.mark.parametrize(("x", "y", "radius"), [(31.5, 31.5, 20.0), (30.0, 33.3, 15.5)])
def test_the_edge_of_a_disc_lies_on_its_circle_and_goes_all_around(x: float, y: float, radius: float) -> None:
    rows, columns = canny(disc(64, x, y, radius), 0.4, 0.8)[0].nonzero().unbind(1)

    assert (torch.hypot(columns - x, rows - y) - radius).abs().max() < 0.9
    angles = torch.atan2(rows - y, columns - x).sort().values
    gaps = torch.cat([angles, angles[:1] + 2 * math.pi]).diff()
    assert gaps.max() * radius < 2  # pixels: no hole


@pytest.mark.parametrize("radius", [6.0, 13.3, 20.0])
def test_the_line_is_one_pixel_thick(radius: float) -> None:
    edges = canny(disc(64, 31.2, 31.7, radius), 0.4, 0.8)[0]

    squares = edges[1:, 1:] & edges[:-1, 1:] & edges[1:, :-1] & edges[:-1, :-1]
    assert not squares.any()
    # A circle takes 8 r / sqrt(2) pixels that touch at their corners, or 8 r that touch at their sides.
    assert 0.95 * 8 * radius / math.sqrt(2) < edges.sum() < 8 * radius


def test_a_step_between_two_pixels_gives_one_straight_line() -> None:
    picture = torch.zeros(1, 20, 30, 3)
    picture[:, :, 14:] = 1

    edges = canny(picture, 0.4, 0.8)[0]

    assert edges.sum(dim=1).tolist() == [1] * 20
    assert set(edges.nonzero()[:, 1].tolist()) <= {13, 14}
    assert torch.equal(canny(picture.transpose(1, 2), 0.4, 0.8)[0], edges.T)


def test_thresholds_are_compared_with_sobels_answer() -> None:
    def step(height: float) -> Tensor:
        return canny(
            torch.linspace(0, 1, 30).gt(0.5).float().mul(height).expand(1, 20, 30)[..., None].expand(-1, -1, -1, 3),
            0.5,
            0.5,
        )

    # The Gaussian of deviation 1, five taps long, leaves of a step of 1 a difference over two pixels of about 0.64;
    # Sobel's operator counts it four times.
    assert not step(0.5 / 2.7).any()
    assert step(0.5 / 2.4).any()


def test_weak_edges_stay_only_where_they_lead_to_strong_ones() -> None:
    picture = torch.zeros(1, 40, 40, 3)
    picture[:, 4:36, 20:] = torch.linspace(0.1, 1, 32)[None, :, None, None]  # a step that fades towards the top
    faint = torch.zeros(1, 40, 40, 3)
    faint[:, :, 20:] = 0.15

    assert canny(picture, 0.3, 2.0)[0, :, 19:21].any(dim=1)[6:34].all()
    assert not canny(picture, 2.0, 2.0)[0, 6:20, 19:21].any()
    assert not canny(faint, 0.3, 2.0).any()


def test_pictures_of_a_batch_know_nothing_of_each_other() -> None:
    pictures = torch.cat([disc(32, 15, 15, 9), torch.zeros(1, 32, 32, 3), disc(32, 31, 20, 12)])

    together = canny(pictures, 0.2, 0.6)

    for number, picture in enumerate(pictures):
        assert torch.equal(together[number], canny(picture[None], 0.2, 0.6)[0])


def test_a_path_is_followed_to_its_end_and_not_around_the_border() -> None:
    places = torch.zeros(2, 6, 6, dtype=torch.bool)
    places[0, torch.arange(6), torch.arange(6)] = True  # a diagonal
    places[0, 2, 5] = places[0, 3, 0] = places[1, 0, 0] = True
    seeds = torch.zeros_like(places)
    seeds[0, 0, 0] = True

    reached = connected(seeds, places)

    assert reached.nonzero().tolist() == [[0, place, place] for place in range(6)]


def test_a_picture_of_one_pixel_has_no_edge() -> None:
    assert not canny(torch.ones(1, 1, 1, 3), 0.1, 0.2).any()
