"""The workflow file as a JSON Schema, for editors that complete and check while people type.

It says what can be said of a file by itself. Two rules it cannot say: no key twice, and at most so many nodes in all.
"""

from __future__ import annotations

from typing import Any

from graphflow.document.limits import COLOR, INPUT, INTERFACE, LIMITS, NAME
from graphflow.document.model import FORMAT

_LINK = {"$ref": "#/$defs/link"}
_SCALAR = {"$ref": "#/$defs/scalar"}


def workflow_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a workflow file."""
    graph = _graph()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "GraphFlow workflow",
        **_object(
            {
                "format": {"const": FORMAT},
                "name": {"type": "string", "maxLength": LIMITS.name},
                "description": {"type": "string", "maxLength": LIMITS.description},
                **graph,
                "subgraphs": _named(NAME, _object(graph, "nodes"), LIMITS.subgraphs),
            },
            "format",
            "nodes",
        ),
        "$defs": {
            "node": _node(),
            "link": _pair("output"),
            "scalar": _scalar(),
            "view": _view(),
            "reroute": _reroute(),
        },
    }


def _graph() -> dict[str, Any]:
    """Return what a workflow and a subgraph have in common."""
    return {
        "inputs": _named(INTERFACE, _pair("input"), LIMITS.inputs),
        "outputs": _named(INTERFACE, _pair("output"), LIMITS.inputs),
        "nodes": _named(NAME, {"$ref": "#/$defs/node"}, LIMITS.nodes),
        "view": _named(NAME, {"$ref": "#/$defs/view"}, LIMITS.nodes),
        "groups": _named(NAME, _box("title", LIMITS.name), LIMITS.nodes),
        "notes": _named(NAME, _box("text", LIMITS.note), LIMITS.nodes),
        "reroutes": _named(NAME, {"$ref": "#/$defs/reroute"}, LIMITS.nodes),
    }


def _node() -> dict[str, Any]:
    value = {
        "anyOf": [
            _SCALAR,
            _LINK,
            {"type": "array", "items": _SCALAR, "maxItems": LIMITS.items},
            {"type": "array", "items": _LINK, "maxItems": LIMITS.items},
            {**_object({"value": True}, "value"), "description": "a literal of any shape, such as null or an object"},
        ]
    }
    return _object(
        {
            "type": {**_name(INPUT), "maxLength": LIMITS.type},
            "version": {"type": "integer", "minimum": 1, "maximum": LIMITS.version},
            "title": {"type": "string", "maxLength": LIMITS.name},
            "mode": {"enum": ["mute", "bypass"]},
            "inputs": _named(INPUT, value, LIMITS.inputs),
        },
        "type",
    )


def _scalar() -> dict[str, Any]:
    return {
        "anyOf": [
            {"type": ["string", "boolean"]},
            {"type": "integer", "minimum": LIMITS.least, "maximum": LIMITS.greatest},
            {"type": "number", "not": {"type": "integer"}},
        ]
    }


def _view() -> dict[str, Any]:
    number = {"type": "number"}
    return _object(
        {
            **dict.fromkeys(("x", "y", "width", "height"), number),
            "collapsed": {"type": "boolean"},
            "color": {"type": "string", "pattern": COLOR},
            "pinned": {"type": "boolean"},
            "seeds": {
                "type": "object",
                "additionalProperties": {"enum": ["random", "increment"]},
                "maxProperties": LIMITS.inputs,
            },
        },
        "x",
        "y",
    )


def _box(words: str, longest: int) -> dict[str, Any]:
    """Describe a group or a note: its words, where it lies, and its colour."""
    sides = {side: {"type": "number"} for side in ("x", "y", "width", "height")}
    text = {words: {"type": "string", "maxLength": longest}}
    return _object({**text, **sides, "color": {"type": "string", "pattern": COLOR}}, words, *sides)


def _reroute() -> dict[str, Any]:
    place = {side: {"type": "number"} for side in ("x", "y")}
    ends = {"type": "array", "items": _pair("input"), "maxItems": LIMITS.items}
    return _object({**place, "from": _pair("output"), "to": ends}, "x", "y", "from", "to")


def _pair(port: str) -> dict[str, Any]:
    return _object({"node": _name(NAME), port: _name(INPUT)}, "node", port)


def _name(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": pattern, "maxLength": LIMITS.name}


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _named(pattern: str, each: dict[str, Any], most: int) -> dict[str, Any]:
    """Describe an object whose keys are names that people chose."""
    names = {"pattern": pattern, "maxLength": LIMITS.name}
    return {"type": "object", "propertyNames": names, "additionalProperties": each, "maxProperties": most}
