"""Writes a workflow in the one way that there is: saving twice gives the same bytes.

Keys stand in the order of the format; names stand in the order in which the workflow holds them, since the order of
its inputs is the order of its form; views follow their nodes. Each input has a line of its own, so that files of two
versions compare well.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from graphflow.document.model import (
    FORMAT,
    Group,
    InputRef,
    Link,
    Node,
    Note,
    OutputRef,
    Reroute,
    Subgraph,
    Value,
    View,
    Workflow,
)

_text = json.encoder.encode_basestring
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def dump(workflow: Workflow) -> str:
    """Return the text of the workflow's file; raise ValueError for a number that is not finite."""
    return _lay_out(to_json(workflow)) + "\n"


def to_json(workflow: Workflow) -> dict[str, Any]:
    """Return a workflow as plain data, in the order of the format and without what is absent."""
    data: dict[str, Any] = {"format": FORMAT}
    if workflow.name is not None:
        data["name"] = workflow.name
    if workflow.description is not None:
        data["description"] = workflow.description
    data |= _graph(workflow)
    if workflow.subgraphs:
        data["subgraphs"] = {id: _graph(each) for id, each in workflow.subgraphs.items()}
    return data | _drawing(workflow)  # after the subgraphs: what people read comes first


def _graph(graph: Workflow | Subgraph) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if graph.inputs:
        data["inputs"] = {name: _input_ref(ref) for name, ref in graph.inputs.items()}
    if graph.outputs:
        data["outputs"] = {name: _output_ref(ref) for name, ref in graph.outputs.items()}
    data["nodes"] = {name: _node(node) for name, node in graph.nodes.items()}
    return data | _drawing(graph) if isinstance(graph, Subgraph) else data


def _node(node: Node) -> dict[str, Any]:
    data: dict[str, Any] = {"type": node.type}
    if node.version is not None:
        data["version"] = node.version
    if node.title is not None:
        data["title"] = node.title
    if node.mode is not None:
        data["mode"] = node.mode
    if node.inputs:
        data["inputs"] = {name: _value(value) for name, value in node.inputs.items()}
    return data


def _value(value: Value) -> Any:
    if isinstance(value, Link):
        return {"node": value.node, "output": value.output}
    if value is None or isinstance(value, Mapping):
        return {"value": _plain(value)}
    if not isinstance(value, tuple | list):
        return value
    if all(isinstance(each, Link) for each in value):
        return [_value(each) for each in value]
    bare = all(isinstance(each, str | int | float) for each in value)  # bool is an int
    return [*value] if bare else {"value": _plain(value)}


def _plain(value: Any) -> Any:
    """Turn tuples and mappings into the lists and dicts that JSON knows."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, tuple | list) else value


def _input_ref(ref: InputRef) -> dict[str, str]:
    return {"node": ref.node, "input": ref.input}


def _output_ref(ref: OutputRef) -> dict[str, str]:
    return {"node": ref.node, "output": ref.output}


def _drawing(graph: Workflow | Subgraph) -> dict[str, Any]:
    data = {
        "view": _view(graph),
        "groups": {name: {"title": each.title, **_box(each)} for name, each in graph.groups.items()},
        "notes": {name: {"text": each.text, **_box(each)} for name, each in graph.notes.items()},
        "reroutes": {name: _reroute(each) for name, each in graph.reroutes.items()},
    }
    return {key: value for key, value in data.items() if value}


def _view(graph: Workflow | Subgraph) -> dict[str, Any]:
    placed = [name for name in graph.nodes if name in graph.view]
    stale = sorted(graph.view.keys() - graph.nodes.keys())
    return {name: _place(graph.view[name]) for name in (*placed, *stale)}


def _place(view: View) -> dict[str, Any]:
    data: dict[str, Any] = {"x": view.x, "y": view.y}
    if view.width is not None:
        data["width"] = view.width
    if view.height is not None:
        data["height"] = view.height
    if view.collapsed:
        data["collapsed"] = True
    if view.color is not None:
        data["color"] = view.color
    if view.pinned:
        data["pinned"] = True
    if view.seeds:
        data["seeds"] = dict(view.seeds)
    return data


def _box(each: Group | Note) -> dict[str, Any]:
    data: dict[str, Any] = {"x": each.x, "y": each.y, "width": each.width, "height": each.height}
    return data if each.color is None else {**data, "color": each.color}


def _reroute(each: Reroute) -> dict[str, Any]:
    ends = [_input_ref(ref) for ref in each.to]
    return {"x": each.x, "y": each.y, "from": _output_ref(each.source), "to": ends}


def _lay_out(data: Mapping[str, Any]) -> str:
    """Break lines where people look for things; whatever stands deeper keeps to one line."""
    parts = []
    for key, value in data.items():
        if key == "subgraphs":
            blocks = [f"    {_one_line(id)}: {_block(_sections(graph, 6), 4)}" for id, graph in value.items()]
            parts.append(f'  "subgraphs": {_block(blocks, 2)}')
        else:
            parts.extend(_sections({key: value}, 2))
    return _block(parts, 0)


def _sections(graph: Mapping[str, Any], indent: int) -> list[str]:
    """Lay out the sections of a workflow or subgraph, of which only `nodes` goes deeper."""
    pad, inner = " " * indent, " " * (indent + 2)
    parts = []
    for key, value in graph.items():
        if not isinstance(value, Mapping):
            text = _one_line(value)
        elif key == "nodes":
            text = _block(
                [f"{inner}{_one_line(name)}: {_node_text(node, indent + 2)}" for name, node in value.items()], indent
            )
        else:
            text = _block([f"{inner}{_one_line(name)}: {_one_line(each)}" for name, each in value.items()], indent)
        parts.append(f"{pad}{_one_line(key)}: {text}")
    return parts


def _node_text(node: Mapping[str, Any], indent: int) -> str:
    pad = " " * (indent + 2)
    lines = [f"{pad}{_one_line(key)}: {_one_line(value)}" for key, value in node.items() if key != "inputs"]
    if inputs := node.get("inputs"):
        deep = pad + "  "
        rows = [f"{deep}{_one_line(name)}: {_one_line(value)}" for name, value in inputs.items()]
        lines.append(f'{pad}"inputs": {_block(rows, indent + 2)}')
    return _block(lines, indent)


def _block(lines: Iterable[str], indent: int) -> str:
    body = ",\n".join(lines)
    return f"{{\n{body}\n{' ' * indent}}}" if body else "{}"


def _one_line(value: Any) -> str:
    """Write a value without breaks: the encoder's own words, without its cost for each of thousands of small values."""
    if type(value) is str:
        return _text(value)
    if type(value) is int:
        return repr(value)
    if type(value) is dict:
        return f"{{{', '.join([f'{_text(key)}: {_one_line(each)}' for key, each in value.items()])}}}"
    return _encode(value)
