"""Short ways to read workflow files, and to what is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest

from graphflow.document import from_json, parse
from graphflow.errors import Problem, WorkflowError

EXAMPLE = b"""{
  "format": "graphflow/1",
  "name": "Text to image",
  "description": "A prompt in, a picture out",
  "inputs":  {"prompt": {"node": "positive", "input": "text"}},
  "outputs": {"images": {"node": "save", "output": "images"}},
  "nodes": {
    "checkpoint": {"type": "LoadCheckpoint", "version": 1, "inputs": {"ckpt_name": "graphflow-tiny"}},
    "positive": {
      "type": "CLIPEncode", "version": 2, "title": "What to draw", "mode": "bypass",
      "inputs": {"clip": {"node": "checkpoint", "output": "clip"}, "text": "a red house"}
    },
    "twice": {"type": "subgraph:double"}
  },
  "subgraphs": {
    "double": {
      "inputs": {"a": {"node": "add", "input": "a"}},
      "outputs": {"sum": {"node": "add", "output": "out"}},
      "nodes": {"add": {"type": "Add", "inputs": {"a": 1, "b": 2.5}}},
      "view": {"add": {"x": 0, "y": -3.5}}
    }
  },
  "view": {"positive": {"x": 380, "y": 40, "width": 200, "height": 90.5, "collapsed": true, "color": "#a0B1c2"}}
}"""


def problems_of(data: Any) -> tuple[Problem, ...]:
    with pytest.raises(WorkflowError) as caught:
        parse(data) if isinstance(data, bytes | str) else from_json(data)
    return caught.value.problems


def problem_of(data: Any) -> Problem:
    problems = problems_of(data)
    assert len(problems) == 1, problems
    return problems[0]


def workflow(**inputs: Any) -> dict[str, Any]:
    """A workflow of one node `n`, as plain data."""
    return {"format": "graphflow/1", "nodes": {"n": {"type": "T", "inputs": inputs}}}


def text_of(value: str) -> str:
    """A workflow file whose only input `v` is written as `value`."""
    return '{"format": "graphflow/1", "nodes": {"n": {"type": "T", "inputs": {"v": %s}}}}' % value  # noqa: UP031  braces


def read(value: str) -> Any:
    return parse(text_of(value)).nodes["n"].inputs["v"]
