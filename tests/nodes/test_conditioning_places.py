from __future__ import annotations

import pytest
import torch
from torch import Tensor

from graphflow.api import NodeError
from graphflow_nodes.conditioning.prompts import prompts_of
from graphflow_nodes.diffusion.windows import Window
from graphflow_nodes.values import MASK_BOUNDS, Area, Conditioning, Entry, Portion

LATENT = torch.zeros(1, 4, 16, 24)
TEXT = torch.zeros(1, 77, 8)


def window(area: Area | Portion, factor: int = 8, latent: Tensor = LATENT) -> Window | None:
    (prompt,) = prompts_of(Conditioning((Entry(TEXT, area=area),)), latent, factor)
    return prompt.window


def around(mask: Tensor) -> list[Window | None]:
    entry = Entry(TEXT, area=MASK_BOUNDS, mask=mask)
    return [prompt.window for prompt in prompts_of(Conditioning((entry,)), LATENT.expand(len(mask), -1, -1, -1), 8)]


@pytest.mark.parametrize("factor", [4, 8])
def test_an_area_in_pixels_is_divided_by_the_factor_of_the_model(factor: int) -> None:
    assert window(Area(x=16, y=32, width=64, height=32), factor) == Window(
        32 // factor, 16 // factor, 32 // factor, 64 // factor
    )


def test_an_area_is_rounded_to_whole_cells_and_has_one_at_least() -> None:
    assert window(Area(x=11, y=13, width=3, height=21)) == Window(2, 1, 3, 1)


def test_shares_of_the_picture_are_resolved_for_the_latent() -> None:
    assert window(Portion(x=0.5, y=0.25, width=0.5, height=0.75)) == Window(4, 12, 12, 12)
    assert window(Portion(x=0.0, y=0.0, width=0.0, height=1.0)) == Window(0, 0, 16, 1)


def test_what_reaches_beyond_the_picture_is_clipped() -> None:
    assert window(Area(x=128, y=64, width=512, height=512)) == Window(8, 16, 8, 8)


@pytest.mark.parametrize("area", [Area(192, 0, 64, 64), Area(0, 128, 64, 64), Portion(1.0, 0.0, 0.5, 0.5)])
def test_an_area_outside_the_picture_is_refused_at_its_input(area: Area | Portion) -> None:
    with pytest.raises(NodeError, match="outside of the picture of 192 x 128 pixels") as caught:
        prompts_of(Conditioning((Entry(TEXT, area=area),)), LATENT, 8, "positive")

    assert caught.value.input == "positive"


def test_mask_bounds_are_the_smallest_window_around_the_mask() -> None:
    mask = torch.zeros(2, 16, 24)
    mask[0, 3:10, 5] = 0.5
    mask[1, 12, 18] = 1.0

    assert around(mask) == [Window(3, 5, 10, 14)]


def test_mask_bounds_are_never_narrower_than_a_network_can_see() -> None:
    mask = torch.zeros(1, 16, 24)
    mask[0, 14, 23] = 1.0

    assert around(mask) == [Window(8, 16, 8, 8)]


def test_a_mask_larger_than_the_latent_is_bounded_in_cells() -> None:
    mask = torch.zeros(1, 128, 192)
    mask[0, 32:112, 16:96] = 1.0

    assert around(mask) == [Window(4, 2, 10, 10)]


def test_a_prompt_inside_the_bounds_of_an_empty_mask_holds_nowhere() -> None:
    assert around(torch.zeros(1, 16, 24)) == []


def test_the_strengths_of_area_and_mask_multiply() -> None:
    entry = Entry(TEXT, area=Area(0, 0, 64, 64), mask=torch.ones(1, 16, 24), strength=2.0, mask_strength=0.25)

    (prompt,) = prompts_of(Conditioning((entry,)), LATENT, 8)

    assert prompt.strength == 0.5


def test_without_a_mask_its_strength_counts_for_nothing() -> None:
    (prompt,) = prompts_of(Conditioning((Entry(TEXT, mask_strength=0.25),)), LATENT, 8)

    assert prompt.strength == 1.0


@pytest.mark.parametrize("area", [None, Area(1, 2, 3, 4), Portion(0.1, 0.2, 0.3, 0.4), MASK_BOUNDS])
def test_every_kind_of_area_survives_the_cache(area: object) -> None:
    entry = Entry(TEXT, area=area, strength=0.5, mask_strength=0.25, start=0.1)  # type: ignore[arg-type]  # one of four

    (back,) = Conditioning.restore(Conditioning((entry,)).store()).entries

    assert (back.area, back.strength, back.mask_strength, back.start) == (area, 0.5, 0.25, 0.1)
