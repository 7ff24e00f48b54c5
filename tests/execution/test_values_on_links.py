"""What travels along a link is checked where it arrives, and what a node returns where it leaves."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from graphflow.api import Socket, node
from graphflow.errors import NodeFailed
from tests.execution.own_nodes import registry
from tests.toy import Clay, link, plan, run


@node("Say", category="toy")
def say(*, what: str) -> Any:
    return {"tuple": (1, 2), "list": [1, 2], "none": None, "number": 7, "true": True, "pot": Clay("x")}[what]


@pytest.mark.parametrize(
    ("what", "reader", "message"),
    [
        ("number", "clay", "clay wants a CLAY, got a int"),
        ("true", "times", "times wants an INT, got a bool"),
        ("pot", "times", "times wants an INT, got a Clay"),
    ],
)
def test_a_value_of_any_type_is_checked_where_it_arrives(what: str, reader: str, message: str) -> None:
    nodes: dict[str, Any] = {"dig": ("Dig", {}), "say": ("Say", {"what": what})}
    nodes["k"] = ("Knead", {"clay": link("dig"), reader: link("say")})

    with pytest.raises(NodeFailed) as failed:
        run(plan(nodes, "k", registry=registry(say)))

    assert failed.value.problem == type(failed.value.problem)("wrong-type", message, "k", reader)


@pytest.mark.parametrize(
    ("what", "says"), [("tuple", "is a tuple; a port that gives many"), ("none", "output out is None")]
)
def test_an_output_that_could_be_mistaken_is_refused(what: str, says: str) -> None:
    with pytest.raises(NodeFailed, match=says):
        run(plan({"say": ("Say", {"what": what})}, "say", registry=registry(say)))


class Pair(Socket, tuple[int, int]):
    """Two numbers in one value."""


@node("MakePair", category="toy")
def make_pair() -> Pair:
    return Pair((1, 2))


@node("Sum", category="toy")
def total(pair: Pair) -> int:
    return sum(pair)


def test_a_socket_that_is_a_kind_of_tuple_is_one_value() -> None:
    nodes: dict[str, Any] = {"pair": ("MakePair", {}), "sum": ("Sum", {"pair": link("pair")})}

    assert run(plan(nodes, "sum", registry=registry(make_pair, total)))["sum"]["out"] == 3


class Wrong(NamedTuple):
    clay: Clay
    number: int


@pytest.mark.parametrize(
    ("returned", "says"),
    [
        (Clay("x"), "returned Clay where its signature says 2 outputs"),
        ((Clay("x"),), "returned tuple where its signature says 2 outputs"),
        ((1, 1), "output clay is a int where its signature says CLAY"),
        ((Clay("x"), True), "output number is a bool where its signature says int"),
        ((Clay("x"), None), "output number is None"),
        (None, "returned NoneType"),
    ],
)
def test_a_node_that_returns_something_else_than_it_says_is_named(returned: Any, says: str) -> None:
    @node("Liar", category="toy")
    def liar() -> Wrong:
        return returned  # type: ignore[no-any-return]  # the lie

    with pytest.raises(NodeFailed, match=says) as failed:
        run(plan({"l": ("Liar", {})}, "l", registry=registry(liar)))

    assert failed.value.node == "l"
