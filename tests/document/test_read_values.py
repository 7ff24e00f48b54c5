"""What a value in a workflow file means: exactly what is written, or a problem."""

from __future__ import annotations

from typing import Any

import pytest

from graphflow.document import Link
from tests.document.reading import problem_of, read, text_of


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('"text"', "text"),
        ('"\\u00fc\\ud83d\\ude00"', "ü😀"),
        ("7", 7),
        ("-7", -7),
        ("7.0", 7.0),
        ("true", True),
        ('["a", 1, 2.5, false]', ("a", 1, 2.5, False)),
        ("[]", ()),
        ('{"node": "m", "output": "out"}', Link("m", "out")),
        ('{"node": "12", "output": "the picture"}', Link("12", "the picture")),
        ('[{"node": "m", "output": "a"}, {"node": "m", "output": "b"}]', (Link("m", "a"), Link("m", "b"))),
        ('{"value": null}', None),
        ('{"value": 7}', 7),
        ('{"value": {"node": "m", "output": "out"}}', {"node": "m", "output": "out"}),
        ('{"value": [1, [2, {"a": null}]]}', (1, (2, {"a": None}))),
        (str(2**64 - 1), 2**64 - 1),
        (str(-(2**63)), -(2**63)),
        ("9007199254740993", 9007199254740993),  # 2^53 + 1, which a double cannot hold
    ],
)
def test_a_value_is_read_as_it_is_written(written: str, value: Any) -> None:
    found = read(written)

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("null", "wrong-type"),
        ("NaN", "not-finite"),
        ("-Infinity", "not-finite"),
        ("1e999", "not-finite"),
        (str(2**64), "number-too-large"),
        (str(-(2**63) - 1), "number-too-large"),
        ("1" * 5000, "number-too-large"),
        ('["a", {"node": "m", "output": "out"}]', "mixed-list"),
        ("[[1]]", "wrong-type"),
        ("[null]", "wrong-type"),
        ("{}", "bad-link"),
        ('{"node": "m"}', "bad-link"),
        ('{"node": "m", "output": 0}', "bad-link"),
        ('{"node": "", "output": "out"}', "bad-link"),
        ('{"node": "outer/inner", "output": "out"}', "bad-link"),
        ('{"node": "m", "output": "out", "x": 1}', "bad-link"),
        ('{"value": 1, "node": "m"}', "bad-link"),
        ('"\\ud83d"', "bad-text"),
        ('{"value": {"\\ud83d": 1}}', "bad-text"),
        ('{"value": [NaN]}', "not-finite"),
    ],
)
def test_a_value_with_no_single_meaning_is_refused_where_it_stands(written: str, code: str) -> None:
    problem = problem_of(text_of(written))

    assert (problem.code, problem.node, problem.input) == (code, "n", "v")
