"""One way of writing: saving twice gives the same bytes, and reading gives back what was saved."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from graphflow.document import (
    LIMITS,
    InputRef,
    Link,
    Node,
    OutputRef,
    Subgraph,
    View,
    Workflow,
    dump,
    from_json,
    parse,
    to_json,
)

# Control characters and half characters cannot stand in names; `fits` in limits.py has the rule.
CHARACTERS = some.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="/=")
names = some.text(CHARACTERS, min_size=1, max_size=12)
whole_numbers = some.integers(LIMITS.least, LIMITS.greatest)
finite = some.floats(allow_nan=False, allow_infinity=False)
texts = some.text(some.characters(codec="utf-8"), max_size=20)
scalars = texts | whole_numbers | finite | some.booleans()
links = some.builds(Link, names, names)
literals = some.recursive(
    some.none() | scalars,
    lambda inner: some.lists(inner, max_size=3).map(tuple) | some.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
values = literals | links | some.lists(links, max_size=3).map(tuple)
nodes = some.dictionaries(
    names,
    some.builds(
        Node,
        type=names,
        inputs=some.dictionaries(names, values, max_size=4),
        version=some.none() | some.integers(1, LIMITS.version),
        title=some.none() | texts,
        mode=some.sampled_from([None, "mute", "bypass"]),
    ),
    max_size=4,
)
positions = whole_numbers | finite
sizes = some.none() | positions
views = some.dictionaries(
    names,
    some.builds(
        View,
        x=positions,
        y=positions,
        width=sizes,
        height=sizes,
        collapsed=some.booleans(),
        color=some.sampled_from([None, "#00ffAA"]),
    ),
    max_size=3,
)
graph = {
    "nodes": nodes,
    "inputs": some.dictionaries(names, some.builds(InputRef, names, names), max_size=3),
    "outputs": some.dictionaries(names, some.builds(OutputRef, names, names), max_size=3),
    "view": views,
}
workflows = some.builds(
    Workflow,
    **graph,
    subgraphs=some.dictionaries(names, some.builds(Subgraph, **graph), max_size=2),
    name=some.none() | texts,
    description=some.none() | texts,
)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(workflows)
def test_any_workflow_comes_back_as_it_was_and_is_written_the_same_again(workflow: Workflow) -> None:
    written = dump(workflow)
    again = parse(written.encode())

    assert again == workflow
    assert _kinds(again) == _kinds(workflow)  # 1, 1.0 and True are equal, but not the same
    assert dump(again) == written
    assert from_json(to_json(workflow)) == workflow
    assert json.loads(written) == to_json(workflow)


def _kinds(workflow: Workflow) -> list[Any]:
    def kind(value: Any) -> Any:
        if isinstance(value, tuple):
            return [kind(each) for each in value]
        return {key: kind(each) for key, each in value.items()} if isinstance(value, dict) else type(value)

    return [kind(value) for node in workflow.nodes.values() for value in node.inputs.values()]


LAYOUT = """{
  "format": "graphflow/1",
  "name": "Größe",
  "inputs": {
    "prompt": {"node": "positive", "input": "text"}
  },
  "nodes": {
    "positive": {
      "type": "CLIPEncode",
      "version": 1,
      "inputs": {
        "clip": {"node": "load", "output": "clip"},
        "text": "a \\"red\\" house"
      }
    },
    "load": {
      "type": "LoadCheckpoint"
    }
  },
  "subgraphs": {
    "s": {
      "nodes": {
        "n": {
          "type": "T",
          "inputs": {
            "x": {"value": null},
            "y": [1, 2.5]
          }
        }
      }
    }
  },
  "view": {
    "positive": {"x": 380, "y": 40.5, "collapsed": true},
    "load": {"x": 0, "y": 0}
  }
}
"""


def test_the_layout_puts_every_input_on_a_line_of_its_own() -> None:
    workflow = Workflow(
        name="Größe",
        inputs={"prompt": InputRef("positive", "text")},
        nodes={
            "positive": Node("CLIPEncode", {"clip": Link("load", "clip"), "text": 'a "red" house'}, version=1),
            "load": Node("LoadCheckpoint"),
        },
        subgraphs={"s": Subgraph(nodes={"n": Node("T", {"x": None, "y": (1, 2.5)})})},
        view={"load": View(0, 0), "positive": View(380, 40.5, collapsed=True)},
    )

    assert dump(workflow) == LAYOUT


def test_moving_nodes_about_does_not_reorder_the_view() -> None:
    nodes = {"a": Node("T"), "b": Node("T")}
    one = Workflow(nodes=nodes, view={"a": View(1, 1), "b": View(2, 2)})
    other = Workflow(nodes=nodes, view={"b": View(2, 2), "a": View(1, 1)})

    assert dump(one) == dump(other)


def test_a_number_that_is_not_finite_is_not_written() -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        dump(Workflow(nodes={"n": Node("T", {"x": float("nan")})}))
