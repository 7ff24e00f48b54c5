"""Captions that are false of their picture in one fact, by which the text encoder learns what the order of words means."""

from __future__ import annotations

from random import Random

import pytest
import torch

from graphflow_tiny.looking import judge
from graphflow_tiny.training.contrastive import contrastive_loss
from graphflow_tiny.training.data import training_number
from graphflow_tiny.world import Pair, Single, Spec, describe, false_caption, falsified, held_out, make_spec, render
from graphflow_tiny.world.facts import far_apart

SPECS = [make_spec(seed) for seed in range(400)]


def test_a_false_caption_says_something_else_and_is_never_a_held_out_one() -> None:
    for spec in SPECS:
        number = training_number(spec, 1)
        caption = false_caption(spec, number, Random(spec.seed))
        if caption is not None:
            assert caption.text != describe(spec, number).text
            assert not held_out(caption)


def test_nearly_every_picture_has_a_false_caption() -> None:
    found = [false_caption(spec, training_number(spec, 0), Random(1)) for spec in SPECS]

    assert found.count(None) < 0.02 * len(SPECS)


@pytest.mark.parametrize("fact", ["kind", "colour", "background", "position", "size", "count", "relation", "swapped"])
def test_the_pixels_contradict_what_was_falsified_and_nothing_else(fact: str) -> None:
    seen = [looked for spec in SPECS if (looked := look_for(spec, fact)) is not None]

    contradicted = [not false for false, _ in seen]
    confirmed = [right for _, rest in seen for right in rest]
    assert len(seen) >= 20
    assert sum(contradicted) > 0.9 * len(seen)
    assert sum(confirmed) > 0.85 * len(confirmed)


def look_for(spec: Spec, fact: str) -> tuple[bool, list[bool]] | None:
    """Judge the true picture by the falsified spec: the fact itself, and all others; None where that is not possible."""
    judged = "relation" if fact == "swapped" else fact
    if fact == "swapped" and not isinstance(spec, Pair):
        return None
    if fact != "swapped" and not hasattr(spec, fact):
        return None
    false = falsified(spec, fact, Random(spec.seed))
    caption = describe(false, 0)
    right = judge(false, caption, render(spec, 64))
    if false == spec or judged not in right:
        return None
    # A pair's things are told by their colours: where one is false, so is where it stands.
    others = [
        value for name, value in right.items() if name != judged and not (isinstance(spec, Pair) and name == "colour")
    ]
    return right[judged], others


def test_a_falsified_thing_can_still_be_drawn() -> None:
    for spec in SPECS:
        for fact in ("colour", "background"):
            if isinstance(spec, Single):
                false = falsified(spec, fact, Random(spec.seed))
                assert isinstance(false, Single)
                assert far_apart(false.colour, false.background)


def test_two_things_that_are_just_named_may_be_named_the_other_way_round() -> None:
    bare = [spec for spec in SPECS if isinstance(spec, Pair)]
    said = [(spec, number, describe(spec, number)) for spec in bare for number in range(3)]
    bare_pairs = [(spec, number, caption) for spec, number, caption in said if "relation" not in dict(caption.facts)]

    assert bare_pairs
    for spec, number, caption in bare_pairs:
        false = false_caption(spec, number, Random(spec.seed))
        if false is not None:
            assert sorted(false.text.replace(",", "").split()) != sorted(caption.text.replace(",", "").split()) or (
                "colour" in dict(caption.facts)
            )


def test_the_loss_asks_to_tell_the_right_caption_from_its_false_twin() -> None:
    blind = torch.tensor([[9.0, 0.0, 9.0, 0.0], [0.0, 9.0, 0.0, 9.0]])  # the false captions are as likely as the right
    seeing = torch.tensor([[9.0, 0.0, 0.0, 0.0], [0.0, 9.0, 0.0, 0.0]])
    false = torch.tensor([0, 1])

    assert float(contrastive_loss(blind, false)) == pytest.approx(2 * 0.6931 - 0.3466, abs=0.01)
    assert float(contrastive_loss(seeing, false)) < 0.01
