"""Which values a sweep goes through: axes, axes that move together, and all of their combinations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any, TypeAlias

from graphflow.errors import Problem

MAX_RUNS = 10_000
"""More runs than anybody looks at; a range that is a slip of the finger is refused before it is planned."""

SHOWN = 40
"""Characters of a value that a label shows."""


@dataclass(frozen=True, slots=True)
class Axis:
    """An input of the workflow and the values that it takes, in order."""

    name: str
    values: tuple[Any, ...]


Dimension: TypeAlias = tuple[Axis, ...]
"""Axes that move together: one, or several that are zipped."""


@dataclass(frozen=True, slots=True)
class Combination:
    """One run: its number from 1, a value per axis, and its place along each dimension."""

    number: int
    values: Mapping[str, Any]
    place: tuple[int, ...]


def combine(dimensions: Sequence[Dimension]) -> list[Combination]:
    """Return every combination of the dimensions' values, the first dimension running fastest.

    So the first are the columns of a sheet, the second its rows, and each further value is a sheet of its own.
    """
    combinations = []
    for number, backwards in enumerate(product(*(range(length(each)) for each in reversed(dimensions))), 1):
        place = backwards[::-1]
        values = {
            axis.name: axis.values[index]
            for dimension, index in zip(dimensions, place, strict=True)
            for axis in dimension
        }
        combinations.append(Combination(number, values, place))
    return combinations


def check_dimensions(dimensions: Sequence[Dimension]) -> list[Problem]:
    """Return what is wrong with the shape of a sweep: axes without values, unequal ones zipped, too many runs."""
    problems = []
    if not dimensions:
        problems.append(Problem("no-axis", "a sweep needs an axis", hint="name an input and its values"))
    for dimension in dimensions:
        problems += [
            Problem("empty-axis", f"axis {axis.name} has no values", input=axis.name)
            for axis in dimension
            if not axis.values
        ]
        if len({len(axis.values) for axis in dimension}) > 1:
            counts = ", ".join(f"{axis.name} has {len(axis.values):,}" for axis in dimension)
            hint = "give each the same number of values, or use a grid"
            problems.append(Problem("unequal-zip", f"axes that are zipped must be equally long: {counts}", hint=hint))
    runs = prod(length(each) for each in dimensions)
    if runs > MAX_RUNS:
        sizes = " x ".join(f"{length(each):,}" for each in dimensions)
        message = (
            f"this sweep has {sizes}{f' = {runs:,}' if len(dimensions) > 1 else ''} runs; {MAX_RUNS:,} are allowed"
        )
        problems.append(Problem("too-many-runs", message, hint="give fewer values, or sweep in parts"))
    return problems


def length(dimension: Dimension) -> int:
    """Return how many values a dimension has; of unequal ones, which are refused elsewhere, the fewest."""
    return min(len(axis.values) for axis in dimension)


def label(dimension: Dimension, index: int) -> str:
    """Return what a sheet says of one place along a dimension."""
    return ", ".join(f"{axis.name}={show(axis.values[index])}" for axis in dimension)


def show(value: Any) -> str:
    """Write a value for a label: on one line, and no longer than a label can be."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = " ".join(f"{value:.6g}".split() if isinstance(value, float) else str(value).split())
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
