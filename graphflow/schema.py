"""Node types and workflows as JSON Schema: one description for command line, HTTP, Python and editor."""

from __future__ import annotations

from typing import Any

from graphflow.api import AnyNode, Input
from graphflow.api.sockets import PortType, Socket
from graphflow.document import InputRef, Workflow
from graphflow.inputs import declared_input
from graphflow.registry import Registry

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}
_LINK = {
    "type": "object",
    "description": "The value comes from an output of another node.",
    "properties": {"node": {"type": "string"}, "output": {"type": "string"}},
    "required": ["node", "output"],
    "additionalProperties": False,
}


def nodes_schema(registry: Registry) -> dict[str, Any]:
    """Return a schema of all node types: each definition is that of the node's `inputs` in a workflow file."""
    return {
        "$schema": DIALECT,
        "title": "GraphFlow node types",
        "$defs": {"link": _LINK, **{kind.id: node_schema(kind) for kind in registry.types}},
    }


def node_schema(kind: AnyNode) -> dict[str, Any]:
    """Return the schema of a node's inputs, with its outputs and other facts under `x-` names."""
    return {
        "type": "object",
        "title": kind.id,
        "description": kind.description,
        "properties": {each.name: _property(each) for each in kind.inputs},
        "required": [each.name for each in kind.inputs if each.required],
        "additionalProperties": False,
        "x-category": kind.category,
        "x-version": kind.version,
        "x-also": list(kind.also),
        "x-saves": kind.output,
        "x-outputs": [{"name": each.name, "type": each.type_name, "list": each.listed} for each in kind.outputs],
    }


def inputs_schema(workflow: Workflow, registry: Registry) -> dict[str, Any]:
    """Return the schema of the values that a workflow can be run with; defaults are what the file says."""
    properties: dict[str, Any] = {}
    for name, ref in workflow.inputs.items():
        declared = declared_input(workflow, ref, registry)
        if declared is not None:
            properties[name] = _literal(declared) | _default(workflow, ref, declared)
    return {
        "$schema": DIALECT,
        "type": "object",
        "title": workflow.name or "Workflow",
        "description": workflow.description or "",
        "properties": properties,
        "additionalProperties": False,
    }


def _property(entry: Input) -> dict[str, Any]:
    link: dict[str, Any] = {"$ref": "#/$defs/link"}
    many: dict[str, Any] = {"type": "array", "items": link}
    facts = {"x-type": entry.type_name, "x-lazy": entry.lazy}
    if entry.folder is not None:
        return _literal(entry) | facts
    if not entry.is_widget and not _takes_anything(entry.type):
        return ({"anyOf": [many, link]} if entry.arity == "many" else link) | facts
    return {"anyOf": [_literal(entry), link]} | _given(entry.default) | facts


def _literal(entry: Input) -> dict[str, Any]:
    """Return the schema of the values that may stand at an input."""
    schema = _scalar(entry)
    if entry.arity == "values":
        schema = {"type": "array", "items": schema}
    if entry.seed:
        schema["x-seed"] = True
    if entry.multiline:
        schema["x-multiline"] = True
    if entry.mentions is not None:
        schema["x-mentions"] = entry.mentions.folder.name
    if entry.folder is not None:
        schema |= {"x-folder": entry.folder.name, "x-suffixes": list(entry.folder.suffixes)}
    return schema | _given(entry.default)


def _scalar(entry: Input) -> dict[str, Any]:
    if entry.choice is not None:
        return {"type": "string", "enum": list(entry.choice.options)}
    schema: dict[str, Any] = {} if _takes_anything(entry.type) else {"type": _TYPES.get(entry.type, "string")}
    if entry.range is not None:
        low, high, step = entry.range.low, entry.range.high, entry.range.step
        number = int if entry.type is int else float
        schema |= {"minimum": number(low), "maximum": number(high)}
        if step is not None:
            schema["x-step"] = step
    return schema


def _default(workflow: Workflow, ref: InputRef, declared: Input) -> dict[str, Any]:
    """Return the default: the value in the file goes before the node's own."""
    node = workflow.nodes.get(ref.node)
    written = node.inputs.get(ref.input) if node else None
    return _given(written if isinstance(written, str | int | float | bool | tuple) else declared.default)


def _given(default: Any) -> dict[str, Any]:
    if default is None:
        return {}
    return {"default": list(default) if isinstance(default, tuple) else default}


def _takes_anything(port: PortType) -> bool:
    return port is Any or port is Socket
