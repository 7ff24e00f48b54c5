"""The world of captioned pictures: pure, truthful, and with captions that are kept from training."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, binary_fill_holes

from graphflow_tiny.looking import things_in
from graphflow_tiny.training.data import brief_caption, held_out_examples, training_caption
from graphflow_tiny.world import (
    COLOURS,
    COUNTS,
    KINDS,
    Group,
    Pair,
    Scene,
    Single,
    Spec,
    describe,
    describe_briefly,
    held_out,
    make_spec,
    render,
)
from graphflow_tiny.world.facts import FAR, OUTLINED, far_apart

SPECS = [make_spec(seed) for seed in range(600)]


def test_a_picture_and_its_caption_depend_on_the_seed_alone() -> None:
    for seed in (0, 7, 12, 99):
        np.testing.assert_array_equal(render(make_spec(seed), 64), render(make_spec(seed), 64))
        assert describe(make_spec(seed), 3) == describe(make_spec(seed), 3)

    assert (render(make_spec(0), 64) != render(make_spec(1), 64)).any()


def test_known_seeds_keep_their_captions() -> None:
    assert [describe(make_spec(seed), 0).text for seed in range(3)] == KNOWN


KNOWN = [
    "a black background with a star",
    "a purple tree and a red cottage on black",
    "a meadow with a sun at sunset",
]


def test_singles_have_the_largest_share() -> None:
    share = Counter(type(spec) for spec in SPECS)

    assert share[Single] > share[Pair] > share[Scene] > share[Group] > 0


def test_things_stand_out_from_their_background_and_from_each_other() -> None:
    for spec in SPECS:
        if isinstance(spec, Single | Group | Pair):
            assert far_apart(spec.colour, spec.background)
        if isinstance(spec, Pair):
            assert far_apart(spec.other_colour, spec.background)
            assert far_apart(spec.colour, spec.other_colour)

    assert not far_apart("red", "orange")
    assert np.linalg.norm(np.subtract(COLOURS["red"], COLOURS["blue"])) > FAR


def test_a_brief_caption_states_true_facts_and_few() -> None:
    briefly = [describe_briefly(spec, 0) for spec in SPECS]

    assert all(
        str(getattr(spec, name)) == value for spec, own in zip(SPECS, briefly, strict=True) for name, value in own.facts
    )
    assert not any(name == "background" for own in briefly for name, _ in own.facts)
    assert np.mean([len(own.text.split()) for own in briefly]) < 6
    assert {"a tree", "five trees", "a meadow", "a tree and a circle"} <= {own.text for own in briefly}


def test_a_brief_caption_is_silent_on_place_and_size_only_in_the_middle() -> None:
    for spec in (spec for spec in SPECS if isinstance(spec, Single)):
        stated = {name for name, _ in describe_briefly(spec, 0).facts}

        assert ("position" in stated) == (spec.position != "centre")
        assert ("size" in stated) == (spec.size != "medium")


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
    assert not any(held_out(brief_caption(spec)) for spec in SPECS)
    assert any(held_out(describe_briefly(spec, 0)) for spec in SPECS)  # so there was something to pass over
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


def on_white(picture: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return np.asarray(np.linalg.norm(picture.astype(float) - picture[0, 0], axis=2) > 60)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", COUNTS)
def test_as_many_things_are_drawn_as_the_caption_says_and_none_touch(kind: str, count: str) -> None:
    for seed in range(6):
        for extent in ((64, 64), (96, 64), (64, 96)):
            picture = render(Group(kind, "blue", count, "white", seed), *extent)
            assert len(things_in(on_white(picture))) == COUNTS[count]


@pytest.mark.parametrize("kind", OUTLINED)
def test_an_outline_is_the_edge_of_the_thing_and_open_inside(kind: str) -> None:
    line, whole = (
        on_white(render(Single(kind, "black", "white", "centre", "large", 1, style), 64))
        for style in ("outline", "flat")
    )

    assert not (line & ~whole).any()
    assert binary_fill_holes(line).sum() > 0.97 * whole.sum()
    assert line.sum() < 0.9 * whole.sum()


def test_what_glows_lights_up_the_dark_around_it() -> None:
    lamp, flat = (
        render(Single("star", "yellow", "black", "centre", "medium", 1, style), 64).astype(int)
        for style in ("glowing", "flat")
    )
    thing = on_white(flat)
    near = binary_dilation(thing, iterations=4) & ~binary_dilation(thing, iterations=2)

    assert np.median(lamp[near][:, 0]) > np.median(flat[near][:, 0]) + 12
    assert np.abs(lamp[32, 60] - flat[32, 60]).max() <= 3  # far from it, it is as dark as without


@pytest.mark.parametrize(("width", "height"), [(96, 64), (64, 96), (96, 96)])
def test_in_other_sizes_things_keep_their_shape_and_place(width: int, height: int) -> None:
    picture = render(Single("square", "black", "white", "top left", "medium", seed=1), width, height)

    rows, columns = np.nonzero(on_white(picture))
    assert picture.shape == (height, width, 3)
    assert abs(int(np.ptp(rows)) - int(np.ptp(columns))) <= 1
    assert rows.mean() / height == pytest.approx(0.25, abs=0.06)
    assert columns.mean() / width == pytest.approx(0.25, abs=0.06)


def test_a_picture_of_goes_before_noun_phrases_only() -> None:
    said = [describe(make_spec(seed), number).text for seed in range(400) for number in range(3)]
    after = {text.split()[3] for text in said if text.startswith(("a picture of ", "a drawing of "))}

    assert {"a", "the"} <= after
    assert not {"on", "against", "at", "in", "near"} & after


def test_more_than_one_thing_is_said_in_the_plural() -> None:
    said = {describe(spec, number).text for spec in SPECS for number in range(3) if isinstance(spec, Group)}

    assert any("boxes" in text for text in said)
    assert any("crosses" in text for text in said)
    assert not any(f" {noun} " in f" {text.replace(',', '')} " for text in said for noun in ("circle", "star", "box"))
