"""A node is a plain function: its tests need no engine."""

from __future__ import annotations

import torch

from graphflow_nodes.values import Image
from graphflow_palette.nodes import find_palette, paint_with_palette, save_palette
from graphflow_palette.values import Palette

RED, BLUE = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)


def two_colours() -> Image:
    """Three quarters red, one quarter blue."""
    pixels = torch.tensor(RED).repeat(1, 8, 8, 1)
    pixels[:, :4, :4] = torch.tensor(BLUE)
    return Image(pixels)


def test_the_colours_of_a_two_coloured_picture_are_found_the_frequent_one_first() -> None:
    assert find_palette(two_colours(), colours=2) == Palette((RED, BLUE))


def test_a_palette_comes_back_from_the_cache_as_it_was() -> None:
    palette = find_palette(two_colours(), colours=2)

    assert Palette.restore(palette.store()) == palette


def test_painting_leaves_only_the_colours_of_the_palette() -> None:
    painted = paint_with_palette(two_colours(), palette=Palette((RED, (0.0, 1.0, 0.0))))

    # Blue is as far from red as from green; of equals the first is taken.
    torch.testing.assert_close(painted.tensor, torch.tensor(RED).expand(1, 8, 8, 3))


def test_half_the_strength_goes_half_the_way() -> None:
    painted = paint_with_palette(two_colours(), palette=Palette((RED,)), strength=0.5)

    torch.testing.assert_close(painted.tensor[0, 0, 0], torch.tensor([0.5, 0.0, 0.5]))


def test_swatches_are_saved_as_svg() -> None:
    assert save_palette(Palette((RED, BLUE))).swatches.media_type == "image/svg+xml"
