"""Turns `--set name=value` into what the workflow's inputs take: the text becomes the declared type or a problem."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from graphflow.api import Input
from graphflow.cli.import_file import import_file
from graphflow.document import InputRef, Workflow
from graphflow.engine import Engine
from graphflow.errors import Problem, did_you_mean
from graphflow.inputs import declared_input, find_input

_TRUTH = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


class Unreadable(ValueError):
    """A text that does not say a value of the wanted type."""

    def __init__(self, message: str, code: str = "wrong-type") -> None:
        super().__init__(message)
        self.code = code


def read_settings(settings: Sequence[str], workflow: Workflow, engine: Engine) -> tuple[dict[str, Any], list[Problem]]:
    """Return the inputs to set by name, and everything that cannot be set."""
    texts, problems = split_settings(settings)
    values, unreadable = read_values(texts, workflow, engine)
    return values, problems + unreadable


def split_settings(settings: Sequence[str]) -> tuple[dict[str, str], list[Problem]]:
    """Return what was written for each name, and what names nothing."""
    texts: dict[str, str] = {}
    problems = []
    for setting in settings:
        name, equals, text = setting.partition("=")
        if equals and name.strip():
            texts[name.strip()] = text
        else:
            problems.append(Problem("bad-setting", f"--set wants NAME=VALUE, got {setting!r}", hint="--set steps=20"))
    return texts, problems


def read_values(texts: Mapping[str, str], workflow: Workflow, engine: Engine) -> tuple[dict[str, Any], list[Problem]]:
    """Return the values that the texts say, by name, and everything that cannot be read."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, text in texts.items():
        ref = find_input(workflow, name, engine.registry)
        if ref is None:
            problems.append(_unknown(name, workflow, engine))
            continue
        try:
            values[name] = read_value(ref, text, workflow, engine)
        except Unreadable as error:
            problems.append(Problem(error.code, str(error), input=name))
    return values, problems


def _unknown(name: str, workflow: Workflow, engine: Engine) -> Problem:
    """Name what is near: a named input, or an input of the node that was meant."""
    known = list(workflow.inputs)
    node = name.partition(".")[0]
    kind = engine.registry.find(workflow.nodes[node].type) if node in workflow.nodes else None
    if kind is not None:
        known += [f"{node}.{entry.name}" for entry in kind.inputs]
    listed = f"it has {', '.join(workflow.inputs)}; also node.input" if workflow.inputs else "write node.input=value"
    message = f"the workflow has no input {name!r}"
    return Problem("unknown-input", message, hint=did_you_mean(name, known) or listed)


def read_value(ref: InputRef, text: str, workflow: Workflow, engine: Engine) -> Any:
    """Return the value that a text says for an input; raise Unreadable."""
    declared = declared_input(workflow, ref, engine.registry)
    if declared is None:  # of an unknown node type: planning reports it
        return text
    if declared.folder is not None and declared.folder.name == "input":
        return _input_file(declared, text, engine)
    if declared.arity == "values":
        return tuple(_parse(declared, each) for each in _items(text))
    return _parse(declared, text)


def _items(text: str) -> list[str]:
    """Split a list: `a, b`, or JSON where what is in it holds commas."""
    if text.lstrip().startswith("["):
        try:
            return [each if isinstance(each, str) else json.dumps(each) for each in json.loads(text)]
        except ValueError:
            pass  # a text that begins with a bracket
    return [each.strip() for each in text.split(",")] if text.strip() else []


def _parse(declared: Input, text: str) -> Any:
    if declared.type is str or declared.folder is not None:
        return text
    wanted = {int: "a whole number", float: "a number", bool: "true or false"}.get(declared.type)
    if wanted is None:
        return _any_value(declared, text)
    try:
        if declared.type is bool:
            return _TRUTH[text.strip().lower()]
        return int(text) if declared.type is int else float(text)
    except (KeyError, ValueError):
        raise Unreadable(f"{declared.name} wants {wanted}, got {text[:60]!r}") from None


def _any_value(declared: Input, text: str) -> Any:
    """Read a value for an input that takes anything: JSON where it is some, else the text itself."""
    if declared.type is not Any:
        raise Unreadable(f"{declared.name} takes a link of type {declared.type_name}, and no value")
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, str | int | float | bool) else text


def _input_file(declared: Input, text: str, engine: Engine) -> str:
    """Return the name of a picture of the input folder; a file from elsewhere is copied into it first."""
    assert declared.folder is not None  # noqa: S101  for the type checker: the caller has looked
    if "\0" in text:
        return text
    path = Path(text).expanduser()
    explicit = text.startswith((".", "~")) or path.is_absolute()
    if explicit and not path.exists():
        raise Unreadable(f"there is no file {text}", "no-such-file")
    if not path.is_file() or (not explicit and text in engine.files.choices(declared.folder)):
        return text  # a name in the input folder; planning says when it is missing
    if not path.name.lower().endswith(declared.folder.suffixes):
        endings = " or ".join(declared.folder.suffixes)
        raise Unreadable(f"{declared.name} wants a file ending in {endings}, got {text!r}")
    return import_file(path, engine.home.input)
