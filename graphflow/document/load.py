"""Turns bytes into plain data, strictly: one meaning or none."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from graphflow.document.limits import LIMITS
from graphflow.document.model import SUBGRAPH_PREFIX
from graphflow.errors import Problem, WorkflowError

_LONGEST_NUMBER = 400
"""Digits: far more than a whole number may have, far less than Python refuses."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands in the data for a number that is none, or that would lose digits; the reader reports it where it stands."""

    text: str


def load(data: bytes | str, problems: list[Problem]) -> Any:
    """Return the data; keys that stand twice are added to `problems`; raise WorkflowError when this is no JSON at all."""
    text = _text(data)
    twice: list[tuple[dict[str, Any], str]] = []

    def make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            twice.extend((made, key) for key, count in counts.items() if count > 1)
        return made

    def read(whole: Callable[[str], Any] | None) -> Any:
        return json.loads(text, object_pairs_hook=make_object, parse_int=whole, parse_constant=Unreadable)

    try:
        try:
            loaded = read(None)
        except json.JSONDecodeError:
            raise
        except ValueError:  # Python itself refuses a number of thousands of digits, without saying where
            twice.clear()
            loaded = read(_whole_number)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _refuse("not-json", f"this is not JSON: {where}: {_plainly(error.msg)}", _hint(error)) from error
    except RecursionError as error:
        hint = f"a literal may nest {LIMITS.depth} deep"
        raise _refuse("too-deep", "lists and objects are nested far too deep", hint) from error
    if twice:
        problems.extend(_place(loaded, twice))
    return loaded


def where(path: tuple[str, ...]) -> tuple[str | None, str | None]:
    """Return the node and input that a place in the file belongs to."""
    prefix = ""
    if len(path) >= 2 and path[0] == "subgraphs":
        prefix = f"{SUBGRAPH_PREFIX}{path[1]}/"
        path = path[2:]
    match path:
        case ("nodes", node, "inputs", input, *_):
            return prefix + node, input
        case ("nodes" | "view", node, *_):
            return prefix + node, None
        case _:
            return None, None


def _text(data: bytes | str) -> str:
    size = len(data) if isinstance(data, bytes) or data.isascii() else len(data.encode("utf-8", "surrogatepass"))
    if size > LIMITS.bytes:
        raise _refuse("too-large", f"the file has {size:,} bytes; {LIMITS.bytes:,} are allowed")
    if isinstance(data, bytes):
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
            message = f"this is not UTF-8 text: line {line}, byte {column}: 0x{data[error.start]:02x}"
            raise _refuse("not-utf8", message, "save the file as UTF-8") from error
    else:
        text = data
    text = text.removeprefix("\ufeff")  # some editors begin a file with this mark
    if not text.strip():
        raise _refuse("not-json", "the file is empty")
    return text


def _whole_number(digits: str) -> int | Unreadable:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else Unreadable(digits)


def _refuse(code: str, message: str, hint: str | None = None) -> WorkflowError:
    return WorkflowError([Problem(code, message, hint=hint)])


def _plainly(message: str) -> str:
    return message[:1].lower() + message[1:]


def _hint(error: json.JSONDecodeError) -> str | None:
    here = error.doc[error.pos : error.pos + 1]
    before = error.doc[: error.pos].rstrip()[-1:]
    if not here:
        return "the file ends too early: was it cut off?"
    if here in "}]" and before == ",":
        return "take away the comma before it"
    if here == "'":
        return "JSON wants double quotes"
    if here in "/#":
        return "JSON has no comments"
    return None


def _place(loaded: Any, twice: list[tuple[dict[str, Any], str]]) -> Iterator[Problem]:
    """Say where the objects with keys that stand twice are in the file."""
    keys: dict[int, list[str]] = {}
    for made, key in twice:
        keys.setdefault(id(made), []).append(key)
    stack: list[tuple[tuple[str, ...], Any]] = [((), loaded)]
    while stack:
        path, value = stack.pop()
        if isinstance(value, dict):
            for key in keys.get(id(value), ()):
                node, input = where((*path, key))
                place = ".".join(path) or "the file"
                yield Problem("duplicate-key", f"the key {key!r} stands twice in {place}", node, input)
            stack.extend(((*path, key), each) for key, each in reversed(value.items()))
        elif isinstance(value, list):
            stack.extend(((*path, str(index)), each) for index, each in enumerate(value))
