"""Bytes that are no workflow: refused with their place."""

from __future__ import annotations

from typing import Any

import pytest

from graphflow.document import parse
from tests.document.reading import EXAMPLE, problem_of, text_of


@pytest.mark.parametrize(
    ("text", "node", "input", "place"),
    [
        ('{"format": "graphflow/1", "format": "graphflow/1", "nodes": {}}', None, None, "the file"),
        ('{"format": "graphflow/1", "nodes": {"n": {"type": "T"}, "n": {"type": "T"}}}', "n", None, "nodes"),
        (text_of('1, "v": 1'), "n", "v", "nodes.n.inputs"),
        (text_of('{"value": {"deep": [{"k": 1, "k": 1}]}}'), "n", "v", "nodes.n.inputs.v.value.deep.0"),
        (
            '{"format": "graphflow/1", "nodes": {}, "subgraphs": {"s": {"nodes": {"n": {"type": "T", "type": "T"}}}}}',
            "subgraph:s/n",
            None,
            "subgraphs.s.nodes.n",
        ),
    ],
)
def test_a_key_that_stands_twice_is_found_where_it_stands(
    text: str, node: str | None, input: str | None, place: str
) -> None:
    problem = problem_of(text)

    assert (problem.code, problem.node, problem.input) == ("duplicate-key", node, input)
    assert problem.message.endswith(f"stands twice in {place}")


@pytest.mark.parametrize(
    ("text", "where", "hint"),
    [
        ("", "empty", None),
        ("  \n ", "empty", None),
        ('{\n  "format": "graphflow/1",\n}', "line 3, column 1", "take away the comma before it"),
        ("{'format': 1}", "line 1, column 2", "JSON wants double quotes"),
        ('{"format": "graphflow/1"', "line 1, column 25", "the file ends too early: was it cut off?"),
        ('{} {"more": 1}', "line 1, column 4", None),
        ('{\n// note\n"format": 1}', "line 2, column 1", "JSON has no comments"),
    ],
)
def test_text_that_is_no_json_is_refused_with_line_and_column(text: str, where: str, hint: str | None) -> None:
    problem = problem_of(text)

    assert problem.code == "not-json"
    assert where in problem.message
    # Newer Pythons place a trailing comma at the comma itself, and their own message names it.
    assert problem.hint == hint or "trailing comma" in problem.message


def test_bytes_that_are_not_utf8_are_refused_with_their_place() -> None:
    problem = problem_of(b'{"format":\n "\xff"}')

    assert problem.code == "not-utf8"
    assert "line 2, byte 3: 0xff" in problem.message


def test_a_byte_order_mark_is_allowed() -> None:
    assert parse(b"\xef\xbb\xbf" + EXAMPLE) == parse(EXAMPLE)


@pytest.mark.parametrize("data", ["[]", "7", "null", '"text"'])
def test_a_file_that_holds_no_object_is_refused(data: str) -> None:
    assert problem_of(data).message.startswith("the workflow must be an object")


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        ({"nodes": {}}, 'it begins with "format": "graphflow/1"'),
        ({"format": "graphflow/2", "nodes": {}}, "it was written by a newer version: update GraphFlow"),
        ({"format": "other", "nodes": {}}, 'write "format": "graphflow/1"'),
        ({"format": 1, "nodes": {}}, 'write "format": "graphflow/1"'),
        ({"format": ["graphflow/0"], "nodes": {}}, 'write "format": "graphflow/1"'),
    ],
)
def test_another_format_is_one_problem_and_not_a_hundred(data: dict[str, Any], hint: str) -> None:
    problem = problem_of({**data, "unknown": 1})

    assert (problem.code, problem.hint) == ("wrong-format", hint)
