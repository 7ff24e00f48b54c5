"""Turns a literal from a workflow into the value that a node gets, or says exactly why it does not fit."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any

from graphflow.api import Input
from graphflow.errors import did_you_mean
from graphflow.files import FileProblem, Files

_SHOWN = 60
_LISTED = 12


@dataclass(frozen=True, slots=True)
class Unfit(Exception):
    """Why a value does not fit an input."""

    code: str
    message: str
    hint: str | None = None


def read_literal(input: Input, value: Any, files: Files) -> Any:
    """Return what the node gets for this literal; raise Unfit when it does not fit.

    Nothing is guessed: "7" is no number and 3.7 no whole number. A whole number may stand for a FLOAT.
    """
    if input.arity == "many" and value == ():
        return ()
    if not input.is_widget:
        raise Unfit(
            "link-wanted",
            f"{input.name} wants a link to {_a(input.type_name)} output, got {show(value)}",
            "connect a node here",
        )
    if input.arity != "values":
        return _read_one(input, value, files)
    if not isinstance(value, tuple | list):
        raise Unfit("wrong-type", f"{input.name} wants a list of {input.type_name} values, got {show(value)}")
    return tuple(_read_one(input, each, files) for each in value)


def check_value(input: Input, value: Any) -> None:
    """Raise Unfit when a computed value, come over a link, breaks the limits of a widget input."""
    if input.choice and value not in input.choice.options:
        raise Unfit("not-a-choice", *_not_a_choice(input, value))
    if input.range is not None:
        _check_range(input, value)


def show(value: Any) -> str:
    """Write a value as it would stand in the file, cut to a readable length."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _read_one(input: Input, value: Any, files: Files) -> Any:
    if input.folder is not None:
        if not isinstance(value, str):
            raise Unfit("wrong-type", f"{input.name} wants a file's name, got {show(value)}")
        try:
            return files.find(input.folder, value)
        except FileProblem as problem:
            raise Unfit(problem.code, problem.message, problem.hint) from problem
    if input.type is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not input.type:
        hint = "write it without quotes" if isinstance(value, str) and input.type in (int, float) else None
        raise Unfit("wrong-type", f"{input.name} wants {_a(input.type_name)}, got {show(value)}", hint)
    if isinstance(value, float) and not isfinite(value):
        raise Unfit("not-finite", f"{input.name} must be a finite number, got {value}")
    check_value(input, value)
    return value


def _check_range(input: Input, value: Any) -> None:
    limits = input.range
    if limits is None or limits.low <= value <= limits.high:
        return
    low, high = (f"{int(each)}" if each == int(each) else f"{each}" for each in (limits.low, limits.high))
    raise Unfit("out-of-range", f"{input.name} must lie between {low} and {high}, got {show(value)}")


def _not_a_choice(input: Input, value: Any) -> tuple[str, str | None]:
    options = input.choice.options if input.choice else ()
    listed = ", ".join(options[:_LISTED]) + (f" and {len(options) - _LISTED} more" if len(options) > _LISTED else "")
    return f"{input.name} must be one of {listed}; got {show(value)}", did_you_mean(str(value), options)


def _a(type_name: str) -> str:
    return f"{'an' if type_name[0] in 'AEIO' else 'a'} {type_name}"
