"""Strict reading: one meaning or none, and every problem at once with its node and input."""

from __future__ import annotations

import json
from typing import Any

import pytest

from graphflow.document import LIMITS, InputRef, Link, Node, OutputRef, Subgraph, View, Workflow, from_json, parse
from graphflow.errors import Problem, WorkflowError

EXAMPLE = b"""{
  "format": "graphflow/1",
  "name": "Text to image",
  "description": "A prompt in, a picture out",
  "inputs":  {"prompt": {"node": "positive", "input": "text"}},
  "outputs": {"images": {"node": "save", "output": "images"}},
  "nodes": {
    "checkpoint": {"type": "LoadCheckpoint", "version": 1, "inputs": {"ckpt_name": "graphflow-tiny"}},
    "positive": {
      "type": "CLIPEncode", "version": 2, "title": "What to draw", "mode": "bypass",
      "inputs": {"clip": {"node": "checkpoint", "output": "clip"}, "text": "a red house"}
    },
    "twice": {"type": "subgraph:double"}
  },
  "subgraphs": {
    "double": {
      "inputs": {"a": {"node": "add", "input": "a"}},
      "outputs": {"sum": {"node": "add", "output": "out"}},
      "nodes": {"add": {"type": "Add", "inputs": {"a": 1, "b": 2.5}}},
      "view": {"add": {"x": 0, "y": -3.5}}
    }
  },
  "view": {"positive": {"x": 380, "y": 40, "width": 200, "height": 90.5, "collapsed": true, "color": "#a0B1c2"}}
}"""


def problems_of(data: Any) -> tuple[Problem, ...]:
    with pytest.raises(WorkflowError) as caught:
        parse(data) if isinstance(data, bytes | str) else from_json(data)
    return caught.value.problems


def problem_of(data: Any) -> Problem:
    problems = problems_of(data)
    assert len(problems) == 1, problems
    return problems[0]


def workflow(**inputs: Any) -> dict[str, Any]:
    """A workflow of one node `n`, as plain data."""
    return {"format": "graphflow/1", "nodes": {"n": {"type": "T", "inputs": inputs}}}


def text_of(value: str) -> str:
    """A workflow file whose only input `v` is written as `value`."""
    return '{"format": "graphflow/1", "nodes": {"n": {"type": "T", "inputs": {"v": %s}}}}' % value  # noqa: UP031  braces


def read(value: str) -> Any:
    return parse(text_of(value)).nodes["n"].inputs["v"]


def test_every_part_of_a_file_is_read() -> None:
    assert parse(EXAMPLE) == Workflow(
        name="Text to image",
        description="A prompt in, a picture out",
        inputs={"prompt": InputRef("positive", "text")},
        outputs={"images": OutputRef("save", "images")},
        nodes={
            "checkpoint": Node("LoadCheckpoint", {"ckpt_name": "graphflow-tiny"}, version=1),
            "positive": Node(
                "CLIPEncode",
                {"clip": Link("checkpoint", "clip"), "text": "a red house"},
                version=2,
                title="What to draw",
                mode="bypass",
            ),
            "twice": Node("subgraph:double"),
        },
        subgraphs={
            "double": Subgraph(
                inputs={"a": InputRef("add", "a")},
                outputs={"sum": OutputRef("add", "out")},
                nodes={"add": Node("Add", {"a": 1, "b": 2.5})},
                view={"add": View(0, -3.5)},
            )
        },
        view={"positive": View(380, 40, width=200, height=90.5, collapsed=True, color="#a0B1c2")},
    )


def test_names_keep_the_order_of_the_file() -> None:
    assert list(parse(EXAMPLE).nodes) == ["checkpoint", "positive", "twice"]


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


def test_all_problems_are_found_in_one_reading() -> None:
    data = {
        "format": "graphflow/1",
        "nme": "misspelt",
        "nodes": {
            "a": {"inputs": {"x": None, "y": float("nan")}},
            "b": {"type": "T", "version": "1", "mode": "off", "titel": "B"},
            "c/d": {"type": "T"},
            "e": 5,
        },
        "outputs": {"o": {"node": "a"}},
        "subgraphs": {"s": {"nodes": {"inner": {"type": 7}}}},
        "view": {"a": {"x": 1}},
    }

    found = {(each.code, each.node, each.input) for each in problems_of(data)}

    assert found == {
        ("unknown-key", None, None),
        ("missing-key", "a", None),
        ("wrong-type", "a", "x"),
        ("not-finite", "a", "y"),
        ("wrong-type", "b", None),
        ("unknown-key", "b", None),
        ("bad-name", None, None),
        ("wrong-type", "e", None),
        ("missing-key", None, None),
        ("wrong-type", "subgraph:s/inner", None),
    }


def test_an_unknown_key_comes_with_what_was_meant() -> None:
    problem = problem_of({"format": "graphflow/1", "nodes": {"n": {"type": "T", "titel": "x"}}})

    assert problem.code == "unknown-key"
    assert problem.hint == "did you mean 'title'?"


@pytest.mark.parametrize("key", ["version", "title", "mode", "inputs"])
def test_null_does_not_stand_for_absent(key: str) -> None:
    assert problem_of({"format": "graphflow/1", "nodes": {"n": {"type": "T", key: None}}}).node == "n"


@pytest.mark.parametrize("version", [0, -1, True, 1.0, "1", 2**31])
def test_a_version_is_a_positive_whole_number(version: Any) -> None:
    problem = problem_of({"format": "graphflow/1", "nodes": {"n": {"type": "T", "version": version}}})

    assert problem.code == "wrong-type"
    assert "version" in problem.message


@pytest.mark.parametrize(
    ("view", "code"),
    [
        ({"x": "1", "y": 2}, "wrong-type"),
        ({"x": True, "y": 2}, "wrong-type"),
        ({"x": float("inf"), "y": 2}, "wrong-type"),
        ({"x": 1, "y": 2, "z": 3}, "unknown-key"),
        ({"x": 1, "y": 2, "collapsed": 1}, "wrong-type"),
        ({"x": 1, "y": 2, "color": "red"}, "bad-name"),
    ],
)
def test_a_view_is_typed(view: dict[str, Any], code: str) -> None:
    problem = problem_of({"format": "graphflow/1", "nodes": {}, "view": {"n": view}})

    assert (problem.code, problem.node) == (code, "n")


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


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def nodes(count: int) -> dict[str, Any]:
    return {f"n{index}": {"type": "T"} for index in range(count)}


@pytest.mark.parametrize(
    ("largest", "code"),
    [
        (lambda more: workflow(v={"value": nested(LIMITS.depth + more)}), "too-deep"),
        (lambda more: {"format": "graphflow/1", "nodes": nodes(LIMITS.nodes + more)}, "too-many-nodes"),
        (
            lambda more: {
                "format": "graphflow/1",
                "nodes": nodes(LIMITS.nodes - 5),
                "subgraphs": {"s": {"nodes": nodes(5 + more)}},
            },
            "too-many-nodes",
        ),
        (lambda more: workflow(**{f"i{k}": k for k in range(LIMITS.inputs + more)}), "too-many"),
        (lambda more: workflow(v=[1] * (LIMITS.items + more)), "too-many"),
        (lambda more: {"format": "graphflow/1", "nodes": {"n" * (LIMITS.name + more): {"type": "T"}}}, "too-long"),
        (lambda more: {"format": "graphflow/1", "nodes": {"n": {"type": "T" * (LIMITS.type + more)}}}, "too-long"),
        (lambda more: {"format": "graphflow/1", "nodes": {"n": {"type": "9" * (LIMITS.type + more)}}}, "too-long"),
        (lambda more: {"format": "graphflow/1", "nodes": {}, "name": "n" * (LIMITS.name + more)}, "too-long"),
        (lambda more: workflow(**{"i" * (LIMITS.name + more): 1}), "too-long"),
        (lambda more: workflow(v={"node": "n" * (LIMITS.name + more), "output": "out"}), "bad-link"),
        (
            lambda more: {"format": "graphflow/1", "nodes": {}, "description": "d" * (LIMITS.description + more)},
            "too-long",
        ),
        (
            lambda more: {
                "format": "graphflow/1",
                "nodes": {},
                "subgraphs": {f"s{k}": {"nodes": {}} for k in range(LIMITS.subgraphs + more)},
            },
            "too-many",
        ),
    ],
)
def test_each_limit_is_read_and_one_more_is_refused(largest: Any, code: str) -> None:
    from_json(largest(0))

    assert problem_of(largest(1)).code == code


@pytest.mark.parametrize(("wrong", "told"), [(LIMITS.problems, 0), (LIMITS.problems + 1, 1), (50_000, 1)])
def test_of_very_many_problems_only_the_first_are_told(wrong: int, told: int) -> None:
    problems = problems_of(text_of(f"[{','.join(['null'] * wrong)}]"))

    assert len(problems) == LIMITS.problems + told
    assert [each.code for each in problems].count("too-many-problems") == told


def test_of_very_many_keys_that_stand_twice_only_the_first_are_told() -> None:
    twice = ",".join(f'"k{k}": 1, "k{k}": 1' for k in range(LIMITS.problems + 1))

    problems = problems_of(f'{{"format": "graphflow/1", "nodes": {{}}, "view": {{{twice}}}}}')

    assert len(problems) == LIMITS.problems + 1
    assert problems[-1].code == "too-many-problems"


def test_a_file_of_the_largest_size_is_read_and_one_byte_more_is_refused() -> None:
    largest = EXAMPLE + b" " * (LIMITS.bytes - len(EXAMPLE))
    parse(largest)

    assert problem_of(largest + b" ").code == "too-large"


def test_a_file_nested_without_end_is_refused_and_does_not_crash() -> None:
    assert problem_of("[" * 1_000_000).code in ("too-deep", "not-json")


@pytest.mark.parametrize("name", ["", "a/b", "tab\t", "line\n", "\x7f", 7])
def test_a_node_needs_a_name_that_can_stand_in_a_path(name: Any) -> None:
    assert problem_of({"format": "graphflow/1", "nodes": {name: {"type": "T"}}}).code == "bad-name"


@pytest.mark.parametrize("name", ["12", "KSampler (2)", "näher dran", "a.b", "12:3", "日本"])
def test_a_node_may_be_called_almost_anything(name: str) -> None:
    assert list(from_json({"format": "graphflow/1", "nodes": {name: {"type": "T"}}}).nodes) == [name]


def test_a_workflows_input_cannot_hold_the_sign_that_sets_it() -> None:
    data = {"format": "graphflow/1", "nodes": {}, "inputs": {"a=b": {"node": "n", "input": "x"}}}

    assert problem_of(data).code == "bad-name"


def test_a_long_chain_is_read_without_recursion() -> None:
    chain = {f"n{k}": {"type": "T", "inputs": {"x": {"node": f"n{k - 1}", "output": "out"}}} for k in range(10_000)}

    assert len(parse(json.dumps({"format": "graphflow/1", "nodes": chain})).nodes) == 10_000
