"""The scorer: near perfect on true renders, and at chance on other pictures."""

from __future__ import annotations

import numpy as np
import pytest

from graphflow_tiny.looking import box_of, judge, kind_of, look_at_single, object_mask, relation_of, things_in
from graphflow_tiny.score import GATES, score
from graphflow_tiny.training.data import held_out_examples
from graphflow_tiny.world import KINDS, Caption, Single, render

EXAMPLES = held_out_examples(300)
RENDERS = [render(spec, 64) for spec, _ in EXAMPLES]


def test_true_renders_score_near_the_top() -> None:
    scores = {name: value for name, (value, _) in score(EXAMPLES, RENDERS).items()}

    assert all(scores[name] >= gate for name, gate in GATES.items())
    assert scores["kind"] >= 97
    assert scores["relation"] >= 90
    assert scores["style"] >= 90
    assert scores["count"] >= 97
    assert scores["kind in groups"] >= 97


def test_pictures_of_other_captions_score_near_chance() -> None:
    wrong = RENDERS[7:] + RENDERS[:7]

    scores = {name: value for name, (value, _) in score(EXAMPLES, wrong).items()}

    assert scores["background"] < 25
    assert scores["colour"] < 25
    assert scores["position"] < 25
    assert scores["kind"] < 25
    assert scores["count"] < 40
    assert scores["kind in groups"] < 25
    assert scores["style"] < 40
    assert scores["size"] < 55
    assert scores["scenes"] < 55


def test_noise_and_blank_pictures_show_nothing() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    blank = np.full((64, 64, 3), 200, dtype=np.uint8)

    assert look_at_single(blank)["kind"] == ""
    for picture in (noise, blank):
        scores = score(EXAMPLES, [picture] * len(EXAMPLES))
        assert scores["colour"][0] < 25
        assert scores["position"][0] < 25


def test_only_stated_facts_are_judged() -> None:
    spec = Single("star", "red", "blue", "top left", "small", seed=5)
    caption = Caption("a star on blue", (("kind", "star"), ("background", "blue")))

    assert judge(spec, caption, render(spec, 64)) == {"kind": True, "background": True}


@pytest.mark.parametrize(
    ("wrong", "fact"),
    [
        (Single("star", "red", "green", "top left", "medium", seed=5), "background"),
        (Single("star", "black", "blue", "top left", "medium", seed=5), "colour"),
        (Single("star", "red", "blue", "top", "medium", seed=5), "position"),
        (Single("star", "red", "blue", "top left", "large", seed=5), "size"),
        (Single("cross", "red", "blue", "top left", "medium", seed=5), "kind"),
        (Single("star", "red", "blue", "top left", "medium", seed=5, style="outline"), "style"),
    ],
)
def test_one_wrong_fact_is_seen_and_only_that_one(wrong: Single, fact: str) -> None:
    names = ("background", "colour", "position", "size", "kind", "style")
    spec = Single("star", "red", "blue", "top left", "medium", seed=5)
    caption = Caption("", tuple((name, getattr(spec, name)) for name in names))

    judged = judge(spec, caption, render(wrong, 64))

    assert [name for name in names if not judged[name]] == [fact]


def test_a_faint_halo_does_not_count_as_object() -> None:
    picture = np.full((64, 64, 3), 20, dtype=np.uint8)
    picture[10:54, 10:54] = 80
    picture[24:40, 24:40] = 240

    assert box_of(object_mask(picture, np.full(3, 20.0))) == (24, 24, 40, 40)


def test_an_ellipse_is_a_circle_and_a_bar_is_not() -> None:
    y, x = np.mgrid[:64, :64]

    assert kind_of((x - 32) ** 2 + (y - 32) ** 2 < 200) == "circle"
    assert set(map(kind_of, [(abs(x - 32) < 14) & (abs(y - 32) < 14)])) == {"square"}
    assert "circle" in KINDS


def test_relations_are_seen_from_the_second_thing() -> None:
    left, right = np.zeros((2, 9, 9), dtype=bool)
    left[4, 1] = right[4, 7] = True

    assert relation_of(left, right) == "left of"
    assert relation_of(right, left) == "right of"
    assert relation_of(left.T, right.T) == "above"


def test_specks_and_what_hangs_together_are_not_counted_as_things() -> None:
    mask = np.zeros((40, 40), dtype=bool)
    for left in (2, 14, 26):
        mask[5:15, left : left + 9] = True
    mask[30, 30:33] = True

    assert len(things_in(mask)) == 3
    mask[8, 5:30] = True
    assert len(things_in(mask)) == 1
    assert things_in(np.zeros((9, 9), dtype=bool)) == []


def test_a_lamp_is_told_from_the_same_thing_without_light() -> None:
    lamp, flat = (
        render(Single("heart", "orange", "black", "centre", "large", 2, style), 64) for style in ("glowing", "flat")
    )

    assert look_at_single(lamp)["style"] == "glowing"
    assert look_at_single(flat)["style"] == "flat"
