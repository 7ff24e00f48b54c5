"""Reads the values of a sweep's axes: lists, ranges and random draws, as they are written on the command line.

1,3,7            a list; a JSON list where values hold commas: ["a, b","c"]
1..4  9..1:-2    whole numbers from one to the other, both included, with a step
0.2..1.0:0.2     numbers; the step must be said unless both ends are whole
random:4         so many seeds or options; random:1.0..9.0:5 for numbers
"""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from secrets import randbelow
from typing import Any

from graphflow.api import Input
from graphflow.cli.values import Unreadable, read_value
from graphflow.document import InputRef, Workflow
from graphflow.engine import Engine
from graphflow.errors import Problem
from graphflow.inputs import declared_input, find_input
from graphflow.sweep import MAX_RUNS, Axis, Dimension

RANDOM = "random:"
SEED_END = 2**32
"""Random seeds are smaller: ten digits are enough to tell them apart, and find room on a label."""


@dataclass(frozen=True, slots=True)
class Axes:
    """What the options of a sweep say."""

    dimensions: tuple[Dimension, ...]
    names: frozenset[str]
    """All that are axes, also those that cannot be read."""
    seed: int | None
    """What random values were drawn from; None where there are none."""


def read_axes(
    parsed: Namespace, texts: Mapping[str, str], workflow: Workflow, engine: Engine
) -> tuple[Axes, list[Problem]]:
    """Return the axes that `--grid`, `--zip` and `--random` name, and everything that is wrong with them."""
    seed = randbelow(SEED_END) if parsed.sweep_seed is None else parsed.sweep_seed
    reader = _Reader(workflow, engine, seed)
    for name in _names(",".join(parsed.grid)):
        reader.add([(name, texts.get(name))], "--grid")
    for names in parsed.zip:
        reader.add([(name, texts.get(name)) for name in _names(names)], "--zip")
    drawn = [each.partition("=") for each in parsed.random]
    reader.add([(name.strip(), f"{RANDOM}{text}" if equals else None) for name, equals, text in drawn], "--random")
    return Axes(tuple(reader.dimensions), frozenset(reader.names), seed if reader.drew else None), reader.problems


class _Reader:
    def __init__(self, workflow: Workflow, engine: Engine, seed: int) -> None:
        self.workflow = workflow
        self.engine = engine
        self.seed = seed
        self.dimensions: list[Dimension] = []
        self.names: list[str] = []
        self.problems: list[Problem] = []
        self.drew = False

    def add(self, written: list[tuple[str, str | None]], option: str) -> None:
        """Read axes that move together."""
        axes = []
        for name, text in written:
            self.names.append(name)
            if text is None:
                hint = f"--random {name}=1..9:4" if option == "--random" else f"--set {name}=1,3,7"
                message = f"{option} {name}: nothing says which values it takes"
                self.problems.append(Problem("no-values", message, input=name, hint=hint))
                continue
            try:
                axes.append(Axis(name, self.read(name, text)))
            except Unreadable as error:
                self.problems.append(Problem(error.code, f"{option} {name}: {error}", input=name))
        if axes:
            self.dimensions.append(tuple(axes))

    def read(self, name: str, text: str) -> tuple[Any, ...]:
        """Return the values of an axis; one that is no input is read as texts, and refused where all axes are."""
        ref = find_input(self.workflow, name, self.engine.registry)
        declared = declared_input(self.workflow, ref, self.engine.registry) if ref else None
        if ref is None or declared is None:
            return tuple(text.split(","))
        if text.startswith(RANDOM):
            self.drew = True
            return _draw(declared, text.removeprefix(RANDOM), Random(f"{self.seed}/{name}"))
        if text.lstrip().startswith("["):
            return tuple(self._json_item(ref, each) for each in _json_list(text))
        if declared.arity == "values":
            raise Unreadable("each value is a list itself: write [[1, 2], [3, 4]]")
        return tuple(value for part in text.split(",") for value in self._part(ref, declared, part.strip()))

    def _part(self, ref: InputRef, declared: Input, part: str) -> Iterator[Any]:
        if declared.type in (int, float) and ".." in part:
            yield from _range(declared, part)
        else:
            yield read_value(ref, part, self.workflow, self.engine)

    def _json_item(self, ref: InputRef, item: Any) -> Any:
        if isinstance(item, list):
            return tuple(item)
        return read_value(ref, item, self.workflow, self.engine) if isinstance(item, str) else item


def _names(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def _json_list(text: str) -> list[Any]:
    try:
        items = json.loads(text)
    except ValueError as error:
        raise Unreadable(f'{text[:60]!r} begins like a JSON list and is none ({error}); write ["a, b", "c"]') from None
    if not isinstance(items, list):
        raise Unreadable(f"{text[:60]!r} is no list")
    return items


def _range(declared: Input, text: str) -> Iterator[int | float]:
    """Yield the numbers from one to the other, both included; decimals are kept as they are written."""
    ends, _, step_text = text.partition(":")
    low, high = _ends(declared, ends, text)
    if step_text:
        step = _number(declared, step_text, text)
    elif low == low.to_integral_value() and high == high.to_integral_value():
        step = Decimal(1 if low <= high else -1)
    else:
        raise Unreadable(f"{text!r} wants a step, such as {ends}:0.1")
    if step == 0 or (high - low) * step < 0:
        raise Unreadable(f"no steps of {step} lead from {low} to {high}")
    if abs(high - low) >= abs(step) * MAX_RUNS:
        raise Unreadable(f"{text!r} holds more than {MAX_RUNS:,} values", "too-many-runs")
    for index in range(int((high - low) / step) + 1):
        value = low + index * step
        yield int(value) if declared.type is int else float(value)


def _draw(declared: Input, text: str, random: Random) -> tuple[Any, ...]:
    """Return random values for an input: seeds, options, or numbers between two ends."""
    ends, between, count_text = text.rpartition(":")
    if not count_text.strip().isdecimal() or not 0 < len(count_text) < 10 or int(count_text) == 0:
        raise Unreadable(f"{text!r} does not say how many: write {'1.0..9.0:5' if '..' in text else '4'}")
    count = int(count_text)
    if count > MAX_RUNS:
        raise Unreadable(f"{count:,} values are too many; {MAX_RUNS:,} are allowed", "too-many-runs")
    if not between:
        if declared.seed:
            return tuple(random.randrange(SEED_END) for _ in range(count))
        if declared.choice is not None:
            return tuple(random.choice(declared.choice.options) for _ in range(count))
        raise Unreadable(f"say between which numbers, such as random:1..9:{count}")
    if declared.type not in (int, float):
        raise Unreadable(f"{declared.name} takes no numbers, so none can be drawn between {ends}")
    low, high = _ends(declared, ends, text)
    if low > high:
        raise Unreadable(f"{low} is more than {high}")
    if declared.type is int:
        return tuple(random.randint(int(low), int(high)) for _ in range(count))
    return tuple(random.uniform(float(low), float(high)) for _ in range(count))


def _ends(declared: Input, ends: str, text: str) -> tuple[Decimal, Decimal]:
    low, dots, high = ends.partition("..")
    if not dots:
        raise Unreadable(f"{text!r} is no range: write 1..9")
    return _number(declared, low, text), _number(declared, high, text)


def _number(declared: Input, word: str, text: str) -> Decimal:
    try:
        number = Decimal(word.strip())
        whole = number == number.to_integral_value()
    except ArithmeticError:
        raise Unreadable(f"{word.strip()!r} in {text!r} is no number") from None
    if not number.is_finite() or abs(number) > Decimal(2**64):
        raise Unreadable(f"{word.strip()} in {text!r} is too large")
    if declared.type is int and not whole:
        raise Unreadable(f"{declared.name} wants whole numbers, and {word.strip()} is none")
    return number
