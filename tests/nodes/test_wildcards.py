from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from graphflow.document import from_json
from graphflow.events import Event, NodeLogged
from graphflow.manifest import picture_metadata
from graphflow.plan import make_plan
from graphflow.registry import Pack, Registry
from graphflow_nodes import primitives
from graphflow_nodes.wildcards import NODES, resolve
from tests.toy import NO_FILES, link, plan, run, workflow

REGISTRY = Registry([Pack("core", (*NODES, *primitives.NODES))])
NODES_OF: dict[str, Any] = {"wild": ("Wildcards", {"text": "a {red|blue} house // or a tree", "seed": 3})}


def chosen(text: str, seeds: int = 400) -> Counter[str]:
    return Counter(resolve(text, seed) for seed in range(seeds))


@pytest.mark.parametrize(("seed", "text"), [(0, "a b b c"), (1, "a a c a"), (2**64 - 1, "a b b b")])
def test_what_a_seed_chooses_never_changes(seed: int, text: str) -> None:
    assert resolve("{a|b|c} {a|b|c} {a|b|c} {a|b|c}", seed) == text


def test_the_alternatives_come_equally_often() -> None:
    counts = chosen("{a|b|c|d}", 4000)

    assert set(counts) == {"a", "b", "c", "d"}
    assert all(900 < count < 1100 for count in counts.values())  # 1000 +- 3.6 standard deviations


def test_alternatives_nest_and_may_be_empty() -> None:
    assert set(chosen("{a|b|{c|d}}")) == {"a", "b", "c", "d"}
    assert set(chosen("a{ big|} house")) == {"a big house", "a house"}
    assert chosen("{a|b|{c|d}}", 4000)["c"] < 1000


def test_choices_do_not_depend_on_each_other() -> None:
    counts = chosen("{a|b}{c|d}", 4000)

    assert all(850 < counts[both] < 1150 for both in ("ac", "ad", "bc", "bd"))
    assert [resolve("{a|b} {c|d}", seed)[-1] for seed in range(50)] == [
        resolve("{x|y|z} {c|d}", seed)[-1] for seed in range(50)
    ]


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("a red house", "a red house"),
        ("{a}", "a"),
        ("{}", ""),
        (r"\{a\|b\}", "{a|b}"),
        (r"{\{a\||\{a\|}", "{a|"),
        ("a | b", "a | b"),
        ("{a", "{a"),
        ("a} {b}", "a} b"),
        ("{a {b}", "{a b"),
        ("{a | {b}", "{a | b"),
        ("a // b\nc", "a \nc"),
        ("a /* b\n{c */ d", "a  d"),
        ("{a // b}\n}", "a \n"),
        (r"(a:1.2) \(b\)", r"(a:1.2) \(b\)"),
    ],
)
def test_what_is_no_alternative_stays_text_and_comments_go(text: str, resolved: str) -> None:
    assert resolve(text, 0) == resolved


def test_ten_thousand_nested_braces_are_no_reason_to_fail() -> None:
    assert resolve("{" * 10_000 + "a" + "}" * 10_000, 0) == "a"


def test_the_text_that_came_out_is_told_to_whoever_watches() -> None:
    events: list[Event] = []

    outputs = run(plan(NODES_OF, "wild", registry=REGISTRY), emit=events.append)

    told = [event.message for event in events if isinstance(event, NodeLogged)]
    assert told == [outputs["wild"]["out"]] == [resolve("a {red|blue} house ", 3)]


def manifest(nodes: dict[str, Any], target: str) -> dict[str, Any]:
    graph = from_json(workflow(nodes))
    planned = make_plan(graph, REGISTRY, NO_FILES, targets=[target])
    found: dict[str, Any] = json.loads(picture_metadata(graph, planned, REGISTRY)["graphflow.run"])
    return found


def test_a_saved_picture_notes_the_text_that_came_out() -> None:
    assert manifest(NODES_OF, "wild")["notes"] == {"wild": {"text": resolve("a {red|blue} house ", 3)}}


def test_what_is_known_only_in_the_run_is_not_noted_before() -> None:
    linked = {"seed": ("PrimitiveInt", {"value": 3}), "wild": ("Wildcards", {"text": "{a|b}", "seed": link("seed")})}

    assert manifest(linked, "wild")["notes"] == {}
