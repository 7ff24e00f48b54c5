"""The reader of workflow files: every part of a file, every problem, each where it stands."""

from __future__ import annotations

from typing import Any

import pytest

from graphflow.document import InputRef, Link, Node, OutputRef, Subgraph, View, Workflow, parse
from tests.document.reading import EXAMPLE, problem_of, problems_of


def test_every_part_of_a_file_is_read() -> None:
    assert parse(EXAMPLE) == Workflow(
        name="Text to image",
        description="A prompt in, a picture out",
        inputs={"prompt": InputRef("positive", "text")},
        outputs={"images": OutputRef("save", "images")},
        nodes={
            "checkpoint": Node("LoadCheckpoint", {"ckpt_name": "graphflow-tiny"}, version=1),
            "positive": Node(
                "CLIPEncode",
                {"clip": Link("checkpoint", "clip"), "text": "a red house"},
                version=2,
                title="What to draw",
                mode="bypass",
            ),
            "twice": Node("subgraph:double"),
        },
        subgraphs={
            "double": Subgraph(
                inputs={"a": InputRef("add", "a")},
                outputs={"sum": OutputRef("add", "out")},
                nodes={"add": Node("Add", {"a": 1, "b": 2.5})},
                view={"add": View(0, -3.5)},
            )
        },
        view={"positive": View(380, 40, width=200, height=90.5, collapsed=True, color="#a0B1c2")},
    )


def test_names_keep_the_order_of_the_file() -> None:
    assert list(parse(EXAMPLE).nodes) == ["checkpoint", "positive", "twice"]


def test_all_problems_are_found_in_one_reading() -> None:
    data = {
        "format": "graphflow/1",
        "nme": "misspelt",
        "nodes": {
            "a": {"inputs": {"x": None, "y": float("nan")}},
            "b": {"type": "T", "version": "1", "mode": "off", "titel": "B"},
            "c/d": {"type": "T"},
            "e": 5,
        },
        "outputs": {"o": {"node": "a"}},
        "subgraphs": {"s": {"nodes": {"inner": {"type": 7}}}},
        "view": {"a": {"x": 1}},
    }

    found = {(each.code, each.node, each.input) for each in problems_of(data)}

    assert found == {
        ("unknown-key", None, None),
        ("missing-key", "a", None),
        ("wrong-type", "a", "x"),
        ("not-finite", "a", "y"),
        ("wrong-type", "b", None),
        ("unknown-key", "b", None),
        ("bad-name", None, None),
        ("wrong-type", "e", None),
        ("missing-key", None, None),
        ("wrong-type", "subgraph:s/inner", None),
    }


def test_an_unknown_key_comes_with_what_was_meant() -> None:
    problem = problem_of({"format": "graphflow/1", "nodes": {"n": {"type": "T", "titel": "x"}}})

    assert problem.code == "unknown-key"
    assert problem.hint == "did you mean 'title'?"


@pytest.mark.parametrize("key", ["version", "title", "mode", "inputs"])
def test_null_does_not_stand_for_absent(key: str) -> None:
    assert problem_of({"format": "graphflow/1", "nodes": {"n": {"type": "T", key: None}}}).node == "n"


@pytest.mark.parametrize("version", [0, -1, True, 1.0, "1", 2**31])
def test_a_version_is_a_positive_whole_number(version: Any) -> None:
    problem = problem_of({"format": "graphflow/1", "nodes": {"n": {"type": "T", "version": version}}})

    assert problem.code == "wrong-type"
    assert "version" in problem.message


@pytest.mark.parametrize(
    ("view", "code"),
    [
        ({"x": "1", "y": 2}, "wrong-type"),
        ({"x": True, "y": 2}, "wrong-type"),
        ({"x": float("inf"), "y": 2}, "wrong-type"),
        ({"x": 1, "y": 2, "z": 3}, "unknown-key"),
        ({"x": 1, "y": 2, "collapsed": 1}, "wrong-type"),
        ({"x": 1, "y": 2, "color": "red"}, "bad-name"),
    ],
)
def test_a_view_is_typed(view: dict[str, Any], code: str) -> None:
    problem = problem_of({"format": "graphflow/1", "nodes": {}, "view": {"n": view}})

    assert (problem.code, problem.node) == (code, "n")
