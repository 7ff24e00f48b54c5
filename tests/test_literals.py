"""Which literal fits which input: nothing is guessed."""

from __future__ import annotations

import math
from typing import Annotated, Any

import pytest

from graphflow.api import Choice, Input, Range, Seed, node
from graphflow.literals import Unfit, read_linked, read_literal, show
from tests.toy import NO_FILES, Clay, Pot


@node("Inputs")
def inputs(
    *,
    text: str,
    whole: int,
    number: float,
    truth: bool,
    seed: Annotated[int, Seed()],
    step: Annotated[float, Range(0, 1)],
    mode: Annotated[str, Choice(("euler", "lms"))],
    endless: Annotated[float, Range(0, math.inf)],
    weights: tuple[float, ...],
    names: list[str],
    clay: Clay,
    clays: tuple[Clay, ...],
    pile: list[Clay],
    anything: Any,
) -> None:
    """Have an input of every kind."""


def entry(name: str) -> Input:
    found = inputs.input(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "literal", "value"),
    [
        ("text", "seven", "seven"),
        ("text", "", ""),
        ("whole", 7, 7),
        ("whole", -(2**63), -(2**63)),
        ("number", 7.5, 7.5),
        ("number", 7, 7.0),
        ("truth", True, True),
        ("seed", 2**64 - 1, 2**64 - 1),
        ("step", 0, 0.0),
        ("step", 1, 1.0),
        ("endless", 1e300, 1e300),
        ("mode", "lms", "lms"),
        ("weights", (1, 2.5), (1.0, 2.5)),
        ("weights", (), ()),
        ("names", ("a", "b"), ("a", "b")),
        ("clays", (), ()),
        ("pile", (), ()),
    ],
)
def test_a_literal_that_fits_is_what_the_node_gets(name: str, literal: Any, value: Any) -> None:
    found = read_literal(entry(name), literal, NO_FILES)

    assert (found, type(found)) == (value, type(value))
    if isinstance(found, tuple):
        assert list(map(type, found)) == list(map(type, value))


@pytest.mark.parametrize(
    ("name", "literal", "code"),
    [
        ("text", 7, "wrong-type"),
        ("text", None, "wrong-type"),
        ("text", "half \ud800", "bad-text"),
        ("whole", "7", "wrong-type"),
        ("whole", 7.0, "wrong-type"),
        ("whole", True, "wrong-type"),
        ("whole", 2**64, "number-too-large"),
        pytest.param("whole", 10**5000, "number-too-large", id="whole-huge"),
        pytest.param("whole", -(10**5000), "number-too-large", id="whole-minus-huge"),
        ("number", "7", "wrong-type"),
        ("number", True, "wrong-type"),
        ("number", math.nan, "not-finite"),
        ("number", math.inf, "not-finite"),
        ("number", 10**400, "number-too-large"),
        ("truth", 1, "wrong-type"),
        ("truth", "true", "wrong-type"),
        ("seed", -1, "out-of-range"),
        ("seed", 2**64, "number-too-large"),
        ("step", 1.5, "out-of-range"),
        ("endless", -1, "out-of-range"),
        ("mode", "elr", "not-a-choice"),
        ("mode", 1, "wrong-type"),
        ("weights", 1.0, "wrong-type"),
        ("weights", ("1",), "wrong-type"),
        ("weights", ((1.0,),), "wrong-type"),
        ("names", "ab", "wrong-type"),
        ("names", (1,), "wrong-type"),
        ("clay", "red", "link-wanted"),
        ("clay", (), "link-wanted"),
        ("clays", ("red",), "link-wanted"),
        ("pile", 3, "link-wanted"),
        ("anything", 3, "link-wanted"),
    ],
)
def test_a_literal_that_does_not_fit_is_refused(name: str, literal: Any, code: str) -> None:
    with pytest.raises(Unfit) as unfit:
        read_literal(entry(name), literal, NO_FILES)

    assert unfit.value.code == code
    assert unfit.value.message.startswith(name)


def unfit(name: str, literal: Any) -> Unfit:
    with pytest.raises(Unfit) as found:
        read_literal(entry(name), literal, NO_FILES)
    return found.value


def test_the_message_says_what_was_wanted_what_was_found_and_the_way_out() -> None:
    assert unfit("whole", "7").message == 'whole wants an INT, got "7"'
    assert unfit("whole", "7").hint == "write it without quotes"
    assert unfit("mode", "eulr").message == 'mode must be one of euler, lms; got "eulr"'
    assert unfit("mode", "eulr").hint == "did you mean 'euler'?"
    assert unfit("step", 2).message == "step must lie between 0 and 1, got 2.0"
    assert unfit("endless", -1).message == "endless must lie between 0 and inf, got -1.0"


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("number", 7, 7.0),
        ("whole", 7, 7),
        ("whole", 2**70, 2**70),
        ("clay", Pot("p"), Pot("p")),
        ("anything", {"any": 1}, {"any": 1}),
    ],
)
def test_a_linked_value_that_fits_is_what_the_node_gets(name: str, value: Any, wanted: Any) -> None:
    found = read_linked(entry(name), value)

    assert (found, type(found)) == (wanted, type(wanted))


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("whole", "7", "wrong-type"),
        ("whole", True, "wrong-type"),
        ("whole", Clay("x"), "wrong-type"),
        ("seed", -1, "out-of-range"),
        ("step", math.nan, "out-of-range"),
        ("step", "x", "wrong-type"),
        ("number", 10**400, "number-too-large"),
        ("mode", "x", "not-a-choice"),
        ("clay", 7, "wrong-type"),
    ],
)
def test_a_linked_value_that_does_not_fit_is_refused(name: str, value: Any, code: str) -> None:
    with pytest.raises(Unfit) as found:
        read_linked(entry(name), value)

    assert found.value.code == code


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        ("a", '"a"'),
        (1.5, "1.5"),
        ((1, "a", None), '[1, "a", null]'),
        pytest.param(10**5000, "a very large number", id="huge"),
        ("x" * 100, '"' + "x" * 58 + "…"),
        (tuple(range(100)), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …]"),
    ],
)
def test_values_are_shown_as_they_stand_in_a_file(value: Any, text: str) -> None:
    assert show(value) == text
