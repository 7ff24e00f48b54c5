from __future__ import annotations

import pytest
import torch

from graphflow.api import Facts, NodeType
from graphflow_nodes.conditioning import place
from graphflow_nodes.conditioning.place import (
    conditioning_set_area,
    conditioning_set_area_percentage,
    conditioning_set_area_strength,
    conditioning_set_mask,
    conditioning_set_timestep_range,
)
from graphflow_nodes.values import MASK_BOUNDS, Area, Conditioning, Entry, Mask, Portion

TEXT = torch.zeros(1, 77, 8)
TWO = Conditioning((Entry(TEXT), Entry(TEXT, strength=3.0, mask=torch.ones(1, 4, 4))))
MASK = Mask(torch.rand(2, 16, 16))


def test_a_range_of_time_is_set_on_every_prompt() -> None:
    entries = conditioning_set_timestep_range(TWO, start=0.25, end=0.75).entries

    assert [(each.start, each.end, each.strength) for each in entries] == [(0.25, 0.75, 1.0), (0.25, 0.75, 3.0)]


def test_an_area_keeps_the_mask_and_sets_the_strength() -> None:
    first, second = conditioning_set_area(TWO, width=128, height=64, x=8, y=16, strength=0.5).entries

    assert first.area == second.area == Area(x=8, y=16, width=128, height=64)
    assert (first.strength, second.strength) == (0.5, 0.5)
    assert second.mask is TWO.entries[1].mask


def test_an_area_in_shares_waits_for_the_picture() -> None:
    (first, _) = conditioning_set_area_percentage(TWO, width=0.5, height=1.0, x=0.5, y=0.0).entries

    assert first.area == Portion(x=0.5, y=0.0, width=0.5, height=1.0)


def test_strength_alone_changes_nothing_else() -> None:
    first, second = conditioning_set_area_strength(TWO, strength=2.0).entries

    assert (first.strength, second.strength) == (2.0, 2.0)
    assert (first.area, second.mask is TWO.entries[1].mask) == (None, True)


def test_a_mask_keeps_the_area_and_has_a_strength_of_its_own() -> None:
    placed = conditioning_set_area(TWO, width=64, height=64, strength=0.5)

    (first, _) = conditioning_set_mask(placed, MASK, strength=0.25).entries

    assert first.mask is MASK.tensor
    assert (first.strength, first.mask_strength, first.area) == (0.5, 0.25, Area(0, 0, 64, 64))


def test_mask_bounds_take_the_place_of_an_area_until_the_mask_is_set_anew() -> None:
    bounded = conditioning_set_mask(TWO, MASK, set_cond_area=MASK_BOUNDS)

    assert [each.area for each in bounded.entries] == [MASK_BOUNDS, MASK_BOUNDS]
    assert conditioning_set_mask(bounded, MASK).entries[0].area is None


def test_what_was_given_is_never_changed() -> None:
    conditioning_set_mask(conditioning_set_area(TWO, strength=9.0), MASK)

    assert [(each.strength, each.area) for each in TWO.entries] == [(1.0, None), (3.0, None)]


@pytest.mark.parametrize("name", [name for name in dir(place) if name.startswith("conditioning_")])
def test_what_is_known_of_a_prompt_passes_through(name: str) -> None:
    node: NodeType[..., Conditioning] = getattr(place, name)
    facts: Facts = {"context_width": 768, "family": "sd15"}
    assert node.check is not None

    assert node.check({}, {"conditioning": facts}).facts == {"out": facts}
