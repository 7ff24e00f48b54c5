"""The world of captioned pictures: pure, truthful, and with captions that are kept from training."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from graphflow_tiny.training.data import held_out_examples, training_caption
from graphflow_tiny.world import COLOURS, KINDS, Pair, Scene, Single, Spec, describe, held_out, make_spec, render
from graphflow_tiny.world.facts import FAR, far_apart

SPECS = [make_spec(seed) for seed in range(600)]


def test_a_picture_and_its_caption_depend_on_the_seed_alone() -> None:
    for seed in (0, 7, 12, 99):
        np.testing.assert_array_equal(render(make_spec(seed), 64), render(make_spec(seed), 64))
        assert describe(make_spec(seed), 3) == describe(make_spec(seed), 3)

    assert (render(make_spec(0), 64) != render(make_spec(1), 64)).any()


def test_known_seeds_keep_their_captions() -> None:
    assert [describe(make_spec(seed), 0).text for seed in range(3)] == KNOWN


KNOWN = [
    "a black background with a large green triangle in the centre",
    "a purple tree and a red cottage on black",
    "a meadow with a sun at sunset",
]


def test_singles_have_the_largest_share() -> None:
    share = Counter(type(spec) for spec in SPECS)

    assert share[Single] > share[Scene] > share[Pair] > 0


def test_things_stand_out_from_their_background_and_from_each_other() -> None:
    for spec in SPECS:
        if isinstance(spec, Single | Pair):
            assert far_apart(spec.colour, spec.background)
        if isinstance(spec, Pair):
            assert far_apart(spec.other_colour, spec.background)
            assert far_apart(spec.colour, spec.other_colour)

    assert not far_apart("red", "orange")
    assert np.linalg.norm(np.subtract(COLOURS["red"], COLOURS["blue"])) > FAR


@pytest.mark.parametrize("number", range(3))
def test_a_caption_states_true_facts_only(number: int) -> None:
    for spec in SPECS:
        for name, value in describe(spec, number).facts:
            assert str(getattr(spec, name)) == value


def test_a_caption_says_the_colours_that_it_states_and_no_others() -> None:
    for spec in SPECS:
        caption = describe(spec, 0)
        stated = {value for name, value in caption.facts if name in ("colour", "other_colour", "background", "house")}
        said = {word for word in caption.text.replace(",", "").split() if word in COLOURS}
        # "a green field" is what some call a meadow
        assert said - {"green"} == stated - {"green"}


def test_a_quarter_of_the_captions_leaves_facts_out() -> None:
    def is_full(spec: Spec) -> bool:
        names = {name for name, _ in describe(spec, 0).facts}
        return not isinstance(spec, Single) or {"kind", "colour", "background"} <= names

    singles = [spec for spec in SPECS if isinstance(spec, Single)]
    part = sum(not is_full(spec) for spec in singles) / len(singles)

    assert 0.1 < part < 0.3


def test_held_out_captions_never_occur_in_training() -> None:
    trained = {training_caption(spec, number).facts for spec in SPECS for number in range(3)}
    kept = {caption.facts for _, caption in held_out_examples(200)}

    assert not any(held_out(training_caption(spec, number)) for spec in SPECS for number in range(3))
    assert trained.isdisjoint(kept)
    assert len(kept) > 150


def test_about_a_tenth_of_the_combinations_is_held_out_whatever_the_words() -> None:
    captions = [describe(spec, number) for spec in SPECS for number in range(4)]
    long = [caption for caption in captions if len(caption.facts) >= 3]

    assert 0.05 < sum(map(held_out, long)) / len(long) < 0.15
    by_facts: dict[object, set[bool]] = {}
    for caption in captions:
        by_facts.setdefault(caption.facts, set()).add(held_out(caption))
    assert all(len(answers) == 1 for answers in by_facts.values())


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_drawn_within_its_radius(kind: str) -> None:
    spec = Single(kind, "black", "white", "centre", "large", seed=1)

    picture = render(spec, 64)

    rows, columns = np.nonzero(np.linalg.norm(picture.astype(float) - picture[0, 0], axis=2) > 60)
    extent = max(np.ptp(rows), np.ptp(columns)) + 1
    assert 0.44 * 64 < extent < 0.58 * 64


def test_the_same_picture_at_half_the_size_looks_the_same() -> None:
    for spec in SPECS[:40]:
        large, small = render(spec, 64).astype(float), render(spec, 32).astype(float)
        halved = large.reshape(32, 2, 32, 2, 3).mean(axis=(1, 3))
        assert np.abs(halved - small).mean() < 4
