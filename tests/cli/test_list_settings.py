"""Lists on the command line: with commas, as JSON, or by saying an option twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from graphflow.cli.values import read_values
from graphflow.document import from_json
from graphflow.engine import Engine
from tests.cli.conftest import TOY, Say
from tests.toy import link, workflow

WITH_TOY = ("--pack", TOY)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a, b", ["a", "b"]),
        ('["a, b", "c"]', ["a, b", "c"]),
        ("[a], b", ["[a]", "b"]),
        ('["a", 2]', ["a", "2"]),
    ],
    ids=["commas", "json", "brackets-of-a-text", "mixed"],
)
def test_a_list_of_texts_is_written_with_commas_or_as_json(tmp_path: Path, text: str, values: list[str]) -> None:
    list_of = from_json(workflow({"list": ("StringList", {"values": ["x"]})}))

    with Engine(tmp_path, device="cpu") as engine:
        read, problems = read_values({"list.values": text}, list_of, engine)

    assert (read, problems) == ({"list.values": tuple(values)}, [])


def test_a_list_of_numbers_may_be_json_too(graphflow: Say, write: Callable[..., Path]) -> None:
    path = write("sum", {"scale": ("Scale", {})}, outputs={"sum": link("scale")})

    said = graphflow("run", path, *WITH_TOY, "--json", "--set", "scale.weights=[0.5, 2, 25e-2]")

    assert said.lines[-1]["outputs"]["sum"] == 3.75


def test_an_item_that_is_no_number_is_named(graphflow: Say, write: Callable[..., Path]) -> None:
    path = write("list", {"list": ("IntList", {})}, outputs={"numbers": link("list", "values")})

    said = graphflow("run", path, "--set", 'list.values=[1, "two"]')

    assert said.code == 2
    assert "list.values: values wants a whole number, got 'two'" in said.err


def test_targets_said_twice_are_both_computed(graphflow: Say, write: Callable[..., Path]) -> None:
    nodes = {"one": ("Fire", {"clay": link("dig"), "prefix": "one"}), "two": ("Fire", {"clay": link("dig")})}
    path = write("two", {"dig": ("Dig", {}), **nodes})

    said = graphflow("run", path, *WITH_TOY, "--json", "--targets", "one", "--targets", "two")

    assert said.code == 0
    assert {each["node"] for each in json.loads(said.out.splitlines()[-1])["files"]} == {"one", "two"}
