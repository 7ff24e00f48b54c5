"""Rows of values as nodes: what reads one runs once per value, so a graph can sweep by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

from graphflow.api import NodeError, Range, node

MOST = 10_000
"""Values in one list: each is a call of every node behind it."""


class Ints(NamedTuple):
    """Whole numbers, and the same as texts."""

    values: list[int]
    labels: list[str]


class Floats(NamedTuple):
    """Numbers, and the same as texts."""

    values: list[float]
    labels: list[str]


class Strings(NamedTuple):
    """Texts, and the same cut to the length of a label."""

    values: list[str]
    labels: list[str]


class Pairs(NamedTuple):
    """Every value of one list with every value of another."""

    columns: list[Any]
    rows: list[Any]


@node("IntList", category="utils/list")
def int_list(values: tuple[int, ...] = (1, 2, 3)) -> Ints:
    """Give whole numbers one by one; `labels` are for the edge of a Grid."""
    _refuse_none(values)
    return Ints(list(values), [str(each) for each in values])


@node("FloatList", category="utils/list")
def float_list(values: tuple[float, ...] = (0.25, 0.5, 0.75)) -> Floats:
    """Give numbers one by one; `labels` are for the edge of a Grid."""
    _refuse_none(values)
    return _floats(values)


@node("StringList", category="utils/list")
def string_list(values: tuple[str, ...]) -> Strings:
    """Give texts one by one; `labels`, at most 40 letters long, are for the edge of a Grid."""
    _refuse_none(values)
    return Strings(list(values), [each if len(each) <= 40 else f"{each[:39]}…" for each in values])


@node("IntRange", category="utils/list")
def int_range(start: int = 1, stop: int = 4, *, step: int = 1) -> Ints:
    """Give the whole numbers from `start` to `stop`, both included, one by one."""
    if step == 0 or (stop - start) * step < 0:
        raise NodeError(f"no steps of {step} lead from {start} to {stop}", input="step")
    numbers = range(start, stop + (1 if step > 0 else -1), step)
    _refuse_too_many(len(numbers))
    return Ints(list(numbers), [str(each) for each in numbers])


@node("FloatRange", category="utils/list")
def float_range(start: float = 0.0, stop: float = 1.0, *, count: Annotated[int, Range(1, MOST)] = 5) -> Floats:
    """Give `count` numbers, evenly spaced from `start` to `stop`, both included, one by one."""
    if count == 1:
        return _floats((start,))
    # The decimals are those that people would write: 0.1 + 2 * 0.1 is 0.3 here.
    return _floats([float(f"{start + (stop - start) * index / (count - 1):.12g}") for index in range(count)])


@node("ListPairs", category="utils/list")
def list_pairs(columns: list[Any], rows: list[Any]) -> Pairs:
    """Give every value of `columns` with every value of `rows`, row by row: link both outputs to one node."""
    _refuse_too_many(len(columns) * len(rows))
    return Pairs([column for _ in rows for column in columns], [row for row in rows for _ in columns])


def _floats(values: Sequence[float]) -> Floats:
    return Floats(list(values), [f"{each:g}" for each in values])


def _refuse_none(values: Sequence[Any]) -> None:
    """Refuse a list that would make what reads it run never, and the run end without a picture or a word."""
    if not values:
        raise NodeError("there are no values", input="values", hint="give one at least")


def _refuse_too_many(count: int) -> None:
    if count > MOST:
        raise NodeError(f"this gives {count:,} values; {MOST:,} are allowed")


NODES = (int_list, float_list, string_list, int_range, float_range, list_pairs)
