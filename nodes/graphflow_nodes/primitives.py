"""Plain values as nodes, so that one value can feed many inputs, and texts put together."""

from __future__ import annotations

from typing import Annotated

from graphflow.api import Multiline, node


@node("PrimitiveString", category="utils/primitive")
def primitive_string(value: str) -> str:
    """Give a line of text."""
    return value


@node("PrimitiveStringMultiline", category="utils/primitive")
def primitive_string_multiline(value: Annotated[str, Multiline()]) -> str:
    """Give a text of several lines."""
    return value


@node("PrimitiveInt", category="utils/primitive")
def primitive_int(value: int) -> int:
    """Give a whole number."""
    return value


@node("PrimitiveFloat", category="utils/primitive")
def primitive_float(value: float) -> float:
    """Give a number."""
    return value


@node("PrimitiveBoolean", category="utils/primitive")
def primitive_boolean(value: bool) -> bool:
    """Give yes or no."""
    return value


@node("StringConcatenate", category="utils/string")
def string_concatenate(
    string_a: Annotated[str, Multiline()], string_b: Annotated[str, Multiline()], delimiter: str = ""
) -> str:
    """Put two texts together with a delimiter between them."""
    return delimiter.join((string_a, string_b))


NODES = (
    primitive_string,
    primitive_string_multiline,
    primitive_int,
    primitive_float,
    primitive_boolean,
    string_concatenate,
)
