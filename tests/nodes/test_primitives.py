from __future__ import annotations

from graphflow.api import Facts, Lazy
from graphflow_nodes.logic import switch
from graphflow_nodes.primitives import (
    primitive_boolean,
    primitive_float,
    primitive_int,
    primitive_string,
    primitive_string_multiline,
    string_concatenate,
)


def fail() -> str:
    raise AssertionError("the branch that is not taken was computed")


def test_a_primitive_gives_what_it_was_given() -> None:
    assert primitive_string("a") == "a"
    assert primitive_string_multiline("a\nb") == "a\nb"
    assert primitive_int(2**64 - 1) == 2**64 - 1
    assert primitive_float(0.1) == 0.1
    assert primitive_boolean(True) is True


def test_texts_are_put_together_with_the_delimiter_between() -> None:
    assert string_concatenate("a", "b", delimiter=", ") == "a, b"
    assert string_concatenate("a", "b") == "ab"


def test_a_switch_computes_only_the_branch_it_takes() -> None:
    assert switch(True, if_true=Lazy(lambda: "yes"), if_false=Lazy(fail)) == "yes"
    assert switch(False, if_true=Lazy(fail), if_false=Lazy(lambda: "no")) == "no"


def test_a_switch_passes_on_what_is_known_of_its_branch() -> None:
    check = switch.check
    assert check is not None
    facts: dict[str, Facts] = {"if_true": {"family": "sd1", "size": 512}, "if_false": {"family": "sd1", "size": 768}}

    assert check({"on": True}, facts).facts["out"] == {"family": "sd1", "size": 512}
    assert check({"on": False}, facts).facts["out"] == {"family": "sd1", "size": 768}
    assert check({}, facts).facts["out"] == {"family": "sd1"}
