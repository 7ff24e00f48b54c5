"""What a plan aims at: only what the targets need is planned and checked."""

from __future__ import annotations

from typing import Any

import pytest

from tests.planning import brief, problems
from tests.toy import link, plan

TWO_ENDS: dict[str, Any] = {
    "dig": ("Dig", {}),
    "knead": ("Knead", {"clay": link("dig")}),
    "throw": ("Throw", {"clay": link("dig")}),
    "broken": ("Nonsense", {}),
}
ENDS = {"kneaded": {"node": "knead", "output": "out"}, "thrown": {"node": "throw", "output": "out"}}


def test_only_what_the_targets_need_is_planned_and_checked() -> None:
    assert list(plan(TWO_ENDS, "knead").steps) == ["dig", "knead"]


def test_a_target_may_be_a_node_or_a_named_output() -> None:
    work = plan(TWO_ENDS, "kneaded", "throw", outputs=ENDS)

    assert work.targets == ("knead", "throw")
    assert set(work.outputs) == {"kneaded", "thrown"}


def test_outputs_that_no_target_needs_are_left_out() -> None:
    assert set(plan(TWO_ENDS, "kneaded", outputs=ENDS).outputs) == {"kneaded"}


def test_without_targets_savers_and_named_outputs_are_meant() -> None:
    nodes = {**TWO_ENDS, "fire": ("Fire", {"clay": link("dig")})}

    assert plan(nodes, outputs={"kneaded": ENDS["kneaded"]}).targets == ("fire", "knead")


def test_unknown_targets_have_near_names() -> None:
    assert [(each.code, each.hint) for each in problems(TWO_ENDS, "kned", "throne")] == [
        ("unknown-target", "did you mean 'knead'?"),
        ("unknown-target", "did you mean 'throw'?"),
    ]


def test_a_workflow_that_asks_for_nothing_says_so() -> None:
    assert [each.code for each in problems({"dig": ("Dig", {})})] == ["no-target"]


def test_an_unknown_type_says_more_than_that_nothing_is_asked_for() -> None:
    nodes = {"dig": ("Dig", {}), "save": ("Fier", {"clay": link("dig")})}

    assert brief(problems(nodes)) == [("unknown-type", "save", None, "did you mean 'Fire'?")]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"outputs": {"x": {"node": "dug", "output": "out"}}}, "unknown-node"),
        ({"outputs": {"x": {"node": "dig", "output": "uot"}}}, "unknown-output"),
        ({"inputs": {"x": {"node": "dug", "input": "name"}}}, "unknown-node"),
        ({"inputs": {"x": {"node": "dig", "input": "nam"}}}, "unknown-input"),
    ],
)
def test_named_inputs_and_outputs_that_lead_nowhere_are_problems(more: dict[str, Any], code: str) -> None:
    more = {"outputs": {"ok": {"node": "dig", "output": "out"}}, **more}

    assert [each.code for each in problems({"dig": ("Dig", {})}, **more)] == [code]
