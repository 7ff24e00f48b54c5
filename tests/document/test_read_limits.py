"""How large a file may be, and how it may name things."""

from __future__ import annotations

import json
from typing import Any

import pytest

from graphflow.document import LIMITS, from_json, parse
from tests.document.reading import EXAMPLE, problem_of, problems_of, text_of, workflow


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def nodes(count: int) -> dict[str, Any]:
    return {f"n{index}": {"type": "T"} for index in range(count)}


@pytest.mark.parametrize(
    ("largest", "code"),
    [
        (lambda more: workflow(v={"value": nested(LIMITS.depth + more)}), "too-deep"),
        (lambda more: {"format": "graphflow/1", "nodes": nodes(LIMITS.nodes + more)}, "too-many-nodes"),
        (
            lambda more: {
                "format": "graphflow/1",
                "nodes": nodes(LIMITS.nodes - 5),
                "subgraphs": {"s": {"nodes": nodes(5 + more)}},
            },
            "too-many-nodes",
        ),
        (lambda more: workflow(**{f"i{k}": k for k in range(LIMITS.inputs + more)}), "too-many"),
        (lambda more: workflow(v=[1] * (LIMITS.items + more)), "too-many"),
        (lambda more: {"format": "graphflow/1", "nodes": {"n" * (LIMITS.name + more): {"type": "T"}}}, "too-long"),
        (lambda more: {"format": "graphflow/1", "nodes": {"n": {"type": "T" * (LIMITS.type + more)}}}, "too-long"),
        (lambda more: {"format": "graphflow/1", "nodes": {"n": {"type": "9" * (LIMITS.type + more)}}}, "too-long"),
        (lambda more: {"format": "graphflow/1", "nodes": {}, "name": "n" * (LIMITS.name + more)}, "too-long"),
        (lambda more: workflow(**{"i" * (LIMITS.name + more): 1}), "too-long"),
        (lambda more: workflow(v={"node": "n" * (LIMITS.name + more), "output": "out"}), "bad-link"),
        (
            lambda more: {"format": "graphflow/1", "nodes": {}, "description": "d" * (LIMITS.description + more)},
            "too-long",
        ),
        (
            lambda more: {
                "format": "graphflow/1",
                "nodes": {},
                "subgraphs": {f"s{k}": {"nodes": {}} for k in range(LIMITS.subgraphs + more)},
            },
            "too-many",
        ),
    ],
)
def test_each_limit_is_read_and_one_more_is_refused(largest: Any, code: str) -> None:
    from_json(largest(0))

    assert problem_of(largest(1)).code == code


@pytest.mark.parametrize(("wrong", "told"), [(LIMITS.problems, 0), (LIMITS.problems + 1, 1), (50_000, 1)])
def test_of_very_many_problems_only_the_first_are_told(wrong: int, told: int) -> None:
    problems = problems_of(text_of(f"[{','.join(['null'] * wrong)}]"))

    assert len(problems) == LIMITS.problems + told
    assert [each.code for each in problems].count("too-many-problems") == told


def test_of_very_many_keys_that_stand_twice_only_the_first_are_told() -> None:
    twice = ",".join(f'"k{k}": 1, "k{k}": 1' for k in range(LIMITS.problems + 1))

    problems = problems_of(f'{{"format": "graphflow/1", "nodes": {{}}, "view": {{{twice}}}}}')

    assert len(problems) == LIMITS.problems + 1
    assert problems[-1].code == "too-many-problems"


def test_a_file_of_the_largest_size_is_read_and_one_byte_more_is_refused() -> None:
    largest = EXAMPLE + b" " * (LIMITS.bytes - len(EXAMPLE))
    parse(largest)

    assert problem_of(largest + b" ").code == "too-large"


def test_a_file_nested_without_end_is_refused_and_does_not_crash() -> None:
    assert problem_of("[" * 1_000_000).code in ("too-deep", "not-json")


@pytest.mark.parametrize("name", ["", "a/b", "tab\t", "line\n", "\x7f", 7])
def test_a_node_needs_a_name_that_can_stand_in_a_path(name: Any) -> None:
    assert problem_of({"format": "graphflow/1", "nodes": {name: {"type": "T"}}}).code == "bad-name"


@pytest.mark.parametrize("name", ["12", "KSampler (2)", "näher dran", "a.b", "12:3", "日本"])
def test_a_node_may_be_called_almost_anything(name: str) -> None:
    assert list(from_json({"format": "graphflow/1", "nodes": {name: {"type": "T"}}}).nodes) == [name]


def test_a_workflows_input_cannot_hold_the_sign_that_sets_it() -> None:
    data = {"format": "graphflow/1", "nodes": {}, "inputs": {"a=b": {"node": "n", "input": "x"}}}

    assert problem_of(data).code == "bad-name"


def test_a_long_chain_is_read_without_recursion() -> None:
    chain = {f"n{k}": {"type": "T", "inputs": {"x": {"node": f"n{k - 1}", "output": "out"}}} for k in range(10_000)}

    assert len(parse(json.dumps({"format": "graphflow/1", "nodes": chain})).nodes) == 10_000
