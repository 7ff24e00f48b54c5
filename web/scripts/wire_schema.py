"""Print what travels between server and browser as one JSON Schema: every model of `graphflow.wire`.

A field with a default may be left out, except one that can only say one thing: by those, messages are told apart.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from typing import Any, get_args

from pydantic.json_schema import models_json_schema

import graphflow.wire
from graphflow.wire.base import Message
from graphflow.wire.events import ClientMessage, ServerMessage


def wire_schema() -> dict[str, Any]:
    """Return the schema of all models that travel."""
    for module in pkgutil.iter_modules(graphflow.wire.__path__, "graphflow.wire."):
        importlib.import_module(module.name)
    models = sorted(_all_under(Message), key=lambda model: model.__name__)
    _, schema = models_json_schema([(model, "validation") for model in models], ref_template="#/$defs/{model}")
    definitions = {name: _tidy(each) for name, each in sorted(schema["$defs"].items())}
    definitions["ServerMessage"] = _any_of(get_args(ServerMessage))
    definitions["ClientMessage"] = _any_of(get_args(get_args(ClientMessage)[0]))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Wire", "$defs": definitions}


def _all_under(model: type[Message]) -> set[type[Message]]:
    ours = {each for each in model.__subclasses__() if each.__module__.startswith("graphflow.wire.")}
    return ours.union(*(_all_under(each) for each in ours))


def _any_of(models: tuple[type[Message], ...]) -> dict[str, Any]:
    return {"anyOf": [{"$ref": f"#/$defs/{model.__name__}"} for model in models]}


def _tidy(schema: Any) -> Any:
    """Drop the title of each field, which says its name once more, and require what can only say one thing."""
    if isinstance(schema, list):
        return [_tidy(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _tidy(value) for key, value in schema.items() if key != "title" or not isinstance(value, str)}
    if isinstance(fields := kept.get("properties"), dict):
        told = [name for name, each in fields.items() if isinstance(each, dict) and "const" in each]
        required = kept.get("required", [])
        if told or required:
            kept["required"] = [*required, *(name for name in told if name not in required)]
    return kept


if __name__ == "__main__":
    sys.stdout.write(json.dumps(wire_schema(), indent=1, ensure_ascii=False) + "\n")
