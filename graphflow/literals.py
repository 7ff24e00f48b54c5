"""Turns a literal from a workflow into the value that a node gets, or says exactly why it does not fit."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any

from graphflow.api import Input, Mentions
from graphflow.document import LIMITS
from graphflow.document.fields import is_text
from graphflow.errors import did_you_mean
from graphflow.files import FileProblem, Files
from graphflow.mentions import text_with_files

_SHOWN = 60
_LISTED = 12


@dataclass(eq=False)
class Unfit(Exception):
    """Why a value does not fit an input."""

    code: str
    message: str
    hint: str | None = None


def read_literal(input: Input, value: Any, files: Files) -> Any:
    """Return what the node gets for this literal; raise Unfit when it does not fit.

    Nothing is guessed: "7" is no number and 3.7 no whole number. A whole number may stand for a FLOAT.
    """
    if input.arity != "one" and isinstance(value, tuple | list) and not value:
        return ()
    if not input.is_widget:
        raise Unfit(
            "link-wanted",
            f"{input.name} wants a link to {_a(input.type_name)} output, got {show(value)}",
            "connect a node here",
        )
    if input.arity == "one":
        return _read_one(input, value, files)
    if not isinstance(value, tuple | list):
        raise Unfit("wrong-type", f"{input.name} wants a list of {input.type_name} values, got {show(value)}")
    return tuple(_read_one(input, each, files) for each in value)


def read_linked(input: Input, value: Any) -> Any:
    """Return what the node gets for a value that came over a link; raise Unfit when it does not fit.

    Ports of any type and computed numbers are why this is known only now.
    """
    if input.type is Any:
        return value
    if input.type is float and type(value) is int:
        value = _as_float(input, value)
    if not isinstance(value, input.type) or (type(value) is bool and input.type is not bool):
        raise Unfit("wrong-type", f"{input.name} wants {_a(input.type_name)}, got a {type(value).__name__}")
    if input.is_widget:
        _check_limits(input, value)
    return value


def show(value: Any) -> str:
    """Write a value as it would stand in the file, cut to a readable length."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int) and abs(value) >= 10**_SHOWN:
        return "a very large number"  # Python refuses to write out more than 4,300 digits
    if isinstance(value, tuple | list):
        text = f"[{', '.join(show(each) for each in value[:_LISTED])}{', …' if len(value) > _LISTED else ''}]"
    else:
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
    if input.type is float and type(value) is int:
        value = _as_float(input, value)
    if type(value) is not input.type:
        hint = "write it without quotes" if isinstance(value, str) and input.type in (int, float) else None
        raise Unfit("wrong-type", f"{input.name} wants {_a(input.type_name)}, got {show(value)}", hint)
    if isinstance(value, float) and not isfinite(value):
        raise Unfit("not-finite", f"{input.name} must be a finite number, got {value}")
    if isinstance(value, int) and not LIMITS.least <= value <= LIMITS.greatest:
        raise Unfit("number-too-large", f"{input.name} is {show(value)}, which lies outside -2^63 to 2^64 - 1")
    if isinstance(value, str) and not is_text(value):
        raise Unfit("bad-text", f"{input.name} holds half a character (a lone surrogate)", "is the text UTF-8?")
    _check_limits(input, value)
    return value if input.mentions is None else _with_files(input.mentions, value, files)


def _with_files(mentions: Mentions, text: str, files: Files) -> str:
    try:
        return text_with_files(mentions, text, files)
    except FileProblem as problem:
        raise Unfit(problem.code, problem.message, problem.hint) from problem


def _as_float(input: Input, value: int) -> float:
    try:
        return float(value)
    except OverflowError as error:
        raise Unfit("number-too-large", f"{input.name} is too large for a FLOAT") from error


def _check_limits(input: Input, value: Any) -> None:
    if input.choice and value not in input.choice.options:
        raise Unfit("not-a-choice", *_not_a_choice(input, value))
    if input.range is not None:
        _check_range(input, value)


def _check_range(input: Input, value: Any) -> None:
    limits = input.range
    if limits is None or limits.low <= value <= limits.high:
        return
    low, high = (
        f"{int(each)}" if isfinite(each) and each == int(each) else f"{each}" for each in (limits.low, limits.high)
    )
    raise Unfit("out-of-range", f"{input.name} must lie between {low} and {high}, got {show(value)}")


def _not_a_choice(input: Input, value: Any) -> tuple[str, str | None]:
    options = input.choice.options if input.choice else ()
    listed = ", ".join(options[:_LISTED]) + (f" and {len(options) - _LISTED} more" if len(options) > _LISTED else "")
    return f"{input.name} must be one of {listed}; got {show(value)}", did_you_mean(str(value), options)


def _a(type_name: str) -> str:
    return f"{'an' if type_name[0] in 'AEIO' else 'a'} {type_name}"
