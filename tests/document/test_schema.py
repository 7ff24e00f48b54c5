"""The JSON Schema and the reader agree: on the files that ship, on good files and on bad ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from graphflow.document import from_json, workflow_schema
from graphflow.errors import WorkflowError

SCHEMA = Draft202012Validator(workflow_schema())
SHIPPED = sorted((Path(__file__).parents[2] / "workflows").glob("*.json"))


def one(**node: Any) -> dict[str, Any]:
    return {"format": "graphflow/1", "nodes": {"n": {"type": "T", **node}}}


GOOD: list[dict[str, Any]] = [
    one(),
    one(version=2, title="x", mode="mute", inputs={"a": 1, "b": [1, "x", True], "c": {"value": None}}),
    one(inputs={"a": {"node": "m", "output": "out"}, "b": [{"node": "m", "output": "out"}], "c": 2**64 - 1}),
    {"format": "graphflow/1", "nodes": {}, "view": {"n": {"x": 1.5, "y": 2, "color": "#aabbcc"}}},
    {"format": "graphflow/1", "nodes": {}, "subgraphs": {"s": {"nodes": {"n": {"type": "subgraph:s"}}}}},
    {"format": "graphflow/1", "nodes": {}, "inputs": {"p": {"node": "n", "input": "x"}}, "name": "", "description": ""},
]

BAD: list[Any] = [
    [],
    {"nodes": {}},
    {"format": "graphflow/1"},
    {"format": "graphflow/2", "nodes": {}},
    {"format": "graphflow/1", "nodes": {}, "extra": 1},
    {"format": "graphflow/1", "nodes": []},
    {"format": "graphflow/1", "nodes": {"n": {}}},
    {"format": "graphflow/1", "nodes": {"a/b": {"type": "T"}}},
    {"format": "graphflow/1", "nodes": {"": {"type": "T"}}},
    {"format": "graphflow/1", "nodes": {"n" * 201: {"type": "T"}}},
    {"format": "graphflow/1", "nodes": {}, "inputs": {"p": {"node": "n"}}},
    {"format": "graphflow/1", "nodes": {}, "inputs": {"p=q": {"node": "n", "input": "x"}}},
    {"format": "graphflow/1", "nodes": {}, "outputs": {"p": {"node": "n", "input": "x"}}},
    {"format": "graphflow/1", "nodes": {}, "view": {"n": {"x": 1}}},
    {"format": "graphflow/1", "nodes": {}, "view": {"n": {"x": 1, "y": 1, "color": "red"}}},
    {"format": "graphflow/1", "nodes": {}, "subgraphs": {"s": {}}},
    one(version=0),
    one(version="1"),
    one(mode="off"),
    one(title=None),
    one(type="T" * 211),
    one(inputs={"a": None}),
    one(inputs={"a": [1, {"node": "m", "output": "out"}]}),
    one(inputs={"a": [[1]]}),
    one(inputs={"a": {"node": "m"}}),
    one(inputs={"a": {"value": 1, "also": 2}}),
    one(inputs={"a": 2**64}),
    one(inputs={"a": {"node": "a/b", "output": "out"}}),
]


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(workflow_schema())


@pytest.mark.parametrize("data", GOOD)
def test_a_good_file_passes_both(data: Any) -> None:
    SCHEMA.validate(data)
    from_json(data)


@pytest.mark.parametrize("data", BAD)
def test_a_bad_file_fails_both(data: Any) -> None:
    assert not SCHEMA.is_valid(data)
    with pytest.raises(WorkflowError):
        from_json(data)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_what_ships_passes_the_schema(path: Path) -> None:
    SCHEMA.validate(json.loads(path.read_text(encoding="utf-8")))
