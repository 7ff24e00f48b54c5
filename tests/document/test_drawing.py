"""What the editor draws beside the nodes is kept as it is, and changes nothing that is computed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from graphflow.document import Group, InputRef, Note, OutputRef, Reroute, View, dump, from_json, parse, workflow_schema
from graphflow.errors import WorkflowError

TEXT = """{
  "format": "graphflow/1",
  "nodes": {
    "a": {
      "type": "subgraph:s"
    }
  },
  "subgraphs": {
    "s": {
      "nodes": {},
      "notes": {
        "n": {"text": "two\\nlines", "x": 0, "y": 0, "width": 10, "height": 20}
      }
    }
  },
  "view": {
    "a": {"x": 1, "y": 2.5, "pinned": true, "seeds": {"seed": "random"}}
  },
  "groups": {
    "g": {"title": "Base", "x": 0, "y": 0, "width": 10.5, "height": 20, "color": "#112233"}
  },
  "reroutes": {
    "r": {"x": 5, "y": 6, "from": {"node": "b", "output": "out"}, "to": [{"node": "a", "input": "images"}]}
  }
}
"""


def test_it_is_read_and_written_as_it_stood() -> None:
    workflow = parse(TEXT)

    assert workflow.view == {"a": View(1, 2.5, pinned=True, seeds={"seed": "random"})}
    assert workflow.groups == {"g": Group("Base", 0, 0, 10.5, 20, "#112233")}
    assert workflow.reroutes == {"r": Reroute(5, 6, OutputRef("b", "out"), (InputRef("a", "images"),))}
    assert workflow.subgraphs["s"].notes == {"n": Note("two\nlines", 0, 0, 10, 20)}
    assert dump(workflow) == TEXT
    assert Draft202012Validator(workflow_schema()).is_valid(json.loads(TEXT))


BOX = {"x": 0, "y": 0, "width": 1, "height": 1}


@pytest.mark.parametrize(
    ("drawing", "code"),
    [
        ({"groups": {"g": BOX}}, "missing-key"),
        ({"groups": {"g": {**BOX, "title": "t", "text": "t"}}}, "unknown-key"),
        ({"groups": {"a/b": {**BOX, "title": "t"}}}, "bad-name"),
        ({"notes": {"n": {**BOX, "text": 1}}}, "wrong-type"),
        ({"notes": {"n": {**BOX, "text": "x" * 20_001}}}, "too-long"),
        ({"notes": {"n": {**BOX, "text": "", "color": "red"}}}, "bad-name"),
        ({"reroutes": {"r": {"x": 0, "y": 0, "from": {"node": "a", "output": "o"}, "to": {}}}}, "wrong-type"),
        ({"reroutes": {"r": {"x": 0, "y": 0, "from": {"node": "a"}, "to": []}}}, "missing-key"),
        ({"view": {"a": {"x": 0, "y": 0, "seeds": {"seed": "fixed"}}}}, "wrong-type"),
        ({"view": {"a": {"x": 0, "y": 0, "pinned": 1}}}, "wrong-type"),
    ],
)
def test_what_is_wrong_is_refused_by_reader_and_schema(drawing: dict[str, Any], code: str) -> None:
    data = {"format": "graphflow/1", "nodes": {}, **drawing}

    with pytest.raises(WorkflowError) as caught:
        from_json(data)

    assert [problem.code for problem in caught.value.problems] == [code]
    assert not Draft202012Validator(workflow_schema()).is_valid(data)
