"""Reads what stands at one input of a node: a link, a list of links, or a literal."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from graphflow.document.fields import describe, is_text, name_rule
from graphflow.document.limits import INPUT, LIMITS, NAME, fits
from graphflow.document.load import Unreadable
from graphflow.document.model import Link, Literal, Value
from graphflow.errors import Problem

_LINK = {"node", "output"}


def read_value(value: Any, node: str, input: str, problems: list[Problem]) -> Value:
    """Return the value; what is wrong with it is added to `problems`, and None returned in its place."""
    kind = type(value)
    # The common cases, looked at first because there are thousands in a large file.
    if kind is str and value.isascii():
        return value  # type: ignore[no-any-return]  # its type was looked at above
    if kind is int and 0 <= value <= LIMITS.greatest:
        return value  # type: ignore[no-any-return]  # the same
    if (
        kind is dict
        and len(value) == 2
        and _is_plain(source := value.get("node"))
        and _is_plain(output := value.get("output"))
    ):
        return Link(source, output)
    return _Input(node, input, problems).read(value)


def _is_plain(name: Any) -> bool:
    return type(name) is str and len(name) <= LIMITS.name and name.isidentifier()


class _Input:
    """One input of one node, to which problems belong."""

    def __init__(self, node: str, input: str, problems: list[Problem]) -> None:
        self.node = node
        self.input = input
        self.problems = problems

    def read(self, value: Any) -> Value:
        if isinstance(value, Mapping):
            return self.literal(value["value"]) if value.keys() == {"value"} else self.link(value)
        if isinstance(value, list | tuple):
            return self.items(value)
        if value is None:
            return self.refuse(
                "wrong-type", "a bare null says nothing", 'leave the input out, or write {"value": null}'
            )
        return self.scalar(value)

    def link(self, value: Mapping[Any, Any]) -> Link | None:
        """Read {"node": ..., "output": ...}, which every bare object is meant to be."""
        if value.keys() != _LINK:
            hint = 'a link is {"node": ..., "output": ...}; write an object as {"value": {...}}'
            if "value" in value:
                hint = 'beside "value" nothing else can stand'
            keys = ", ".join(repr(str(key)) for key in list(value)[:6]) or "nothing"
            return self.no_link(f"an object at an input is a link; this one holds {keys}", hint)
        for key, pattern in (("node", NAME), ("output", INPUT)):
            name = value[key]
            if type(name) is not str or not is_text(name):
                return self.no_link(f"`{key}` of a link must be text, got {describe(name)}")
            if not 0 < len(name) <= LIMITS.name:
                return self.no_link(f"`{key}` of a link has {len(name):,} of 1 to {LIMITS.name} characters")
            if not fits(pattern, name):
                return self.no_link(f"`{key}` of a link cannot be {name!r}", name_rule(pattern))
        return Link(value["node"], value["output"])

    def no_link(self, message: str, hint: str | None = None) -> Link | None:
        self.refuse("bad-link", message, hint)
        return None

    def items(self, value: list[Any] | tuple[Any, ...]) -> Value:
        """Read a list of links, or a list of scalars."""
        if len(value) > LIMITS.items:
            return self.refuse("too-many", f"a list has {len(value):,} items; {LIMITS.items:,} are allowed")
        linked = sum(isinstance(each, Mapping) for each in value)
        if linked == 0:
            return tuple(self.item(each) for each in value)
        if linked < len(value):
            hint = "feed the literals from nodes of their own, such as PrimitiveString"
            return self.refuse(
                "mixed-list", f"a list holds links and literals: {linked} and {len(value) - linked}", hint
            )
        links = tuple(self.link(each) for each in value)
        return tuple(each for each in links if each is not None)

    def item(self, value: Any) -> Literal:
        if value is None or isinstance(value, list | tuple):
            found = "null" if value is None else "a list"
            hint = 'write the whole list as {"value": [...]}'
            return self.refuse("wrong-type", f"a bare list holds numbers, texts, true and false; not {found}", hint)
        return self.scalar(value)

    def literal(self, value: Any, depth: int = 0) -> Literal:
        """Read what stands inside {"value": ...}: any JSON, kept as it is."""
        if isinstance(value, Mapping | list | tuple):
            if depth == LIMITS.depth:
                return self.refuse("too-deep", f"a literal nests more than {LIMITS.depth} deep")
            if len(value) > LIMITS.items:
                return self.refuse("too-many", f"a literal has {len(value):,} items; {LIMITS.items:,} are allowed")
            if isinstance(value, Mapping):
                return {self.key(key): self.literal(each, depth + 1) for key, each in value.items()}
            return tuple(self.literal(each, depth + 1) for each in value)
        return None if value is None else self.scalar(value)

    def key(self, key: Any) -> str:
        if type(key) is str and is_text(key):
            return key
        self.refuse("bad-text", f"a key in a literal must be text, got {describe(key)}")
        return ""

    def scalar(self, value: Any) -> Literal:
        match value:
            case bool():
                return value
            case str():
                return value if is_text(value) else self.refuse("bad-text", "half a character (a lone surrogate)")
            case int() if not LIMITS.least <= value <= LIMITS.greatest:
                return self.refuse("number-too-large", f"{describe(value)} lies outside -2^63 to 2^64 - 1")
            case float() if not isfinite(value):
                return self.refuse("not-finite", f"{describe(value)} is no number that can be kept")
            case int() | float():
                return value
            case Unreadable():
                code = "not-finite" if value.text in ("NaN", "Infinity", "-Infinity") else "number-too-large"
                return self.refuse(code, f"{describe(value)} is no number that can be kept")
            case _:
                return self.refuse("wrong-type", f"{describe(value)} cannot stand in a workflow")

    def refuse(self, code: str, message: str, hint: str | None = None) -> Literal:
        """Report, and return what stands in the place of what was refused."""
        self.problems.append(Problem(code, message, self.node, self.input, hint))
        return None
