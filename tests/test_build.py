"""Workflows built in Python: they run, they can be saved, and a type checker refuses a wrong wire."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast

import pytest

from graphflow.api import File, Lazy, node
from graphflow.build import Flow, file
from graphflow.document import Workflow, dump, parse
from graphflow.files import Files
from graphflow.plan import make_plan
from graphflow.registry import Pack, Registry
from graphflow.step import Plan
from tests.toy import (
    NO_FILES,
    PACK,
    REGISTRY,
    Clay,
    cut,
    dig,
    heap,
    join,
    knead,
    pick,
    press,
    run,
    scale,
    stack,
    throw,
)


def planned(workflow: Workflow, files: Files = NO_FILES, registry: Registry = REGISTRY) -> Plan:
    return make_plan(workflow, registry, files)


def result(flow: Flow, **more: Any) -> Any:
    """Run a flow and return what its one output is."""
    work = planned(flow.workflow(), **more)
    (source,) = work.outputs.values()
    return run(work)[source.node][source.output]


def test_a_flow_is_built_by_calling_nodes_and_runs() -> None:
    flow = Flow("Two pots")
    clay = flow.add(dig)(name="red")
    halves = flow.add(cut)(clay)
    flow.output("pot", flow.add(join)(halves.left, b=flow.add(throw)(halves.right), glue="slip"))

    assert result(flow).shape == "(red<*pot of >red)"


def test_several_links_are_handed_over_as_a_tuple_or_a_list() -> None:
    flow = Flow()
    lumps = tuple(flow.add(dig)(name=name) for name in "abc")
    flow.output("out", flow.add(join)(flow.add(heap)(lumps), b=flow.add(stack)([*lumps])))

    assert result(flow).shape == "([a b c]+a|b|c)"


def test_lazy_inputs_files_and_lists_of_numbers_are_written_as_they_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "round.mould").write_text("size 3")
    flow = Flow()
    clay = flow.add(dig)()
    pressed = flow.add(press)(clay, mould=file("round.mould"))
    picked = flow.add(pick)(False, if_true=Lazy(lambda: clay), if_false=Lazy(lambda: pressed))
    flow.output("out", picked)

    assert result(flow, files=Files({"moulds": (tmp_path,)}, None)).shape == "clay in size 3"

    flow = Flow()
    flow.output("out", flow.add(scale)(weights=(1, 2.5), odd=4))
    assert result(flow) == 8.5


def test_names_are_made_from_types_and_may_be_chosen() -> None:
    flow = Flow()
    for _ in range(3):
        flow.add(dig)()
    flow.add(dig, name="mine")()

    assert list(flow.workflow().nodes) == ["dig", "dig_2", "dig_3", "mine"]


def test_a_type_that_is_no_identifier_gives_a_name_that_a_file_can_hold() -> None:
    @node("4x/Up Scale-2")
    def upscale(clay: Clay) -> Clay:
        return clay

    @node("9")
    def nothing(clay: Clay) -> None:
        return None

    flow = Flow()
    flow.output("out", flow.add(upscale)(flow.add(dig)()))
    flow.add(nothing)(flow.add(dig)())

    assert parse(dump(flow.workflow())).nodes.keys() == {"dig", "4x_up scale-2", "dig_2", "9"}
    assert result(flow, registry=Registry([PACK, Pack("x", (upscale, nothing))])).shape == "clay"


@pytest.mark.parametrize("name", ["", "a/b", "a\nb", "x" * 201])
def test_a_name_that_no_file_can_hold_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be a node's name"):
        Flow().add(dig, name=name)()


def test_a_name_that_is_taken_is_refused() -> None:
    flow = Flow()
    flow.add(dig, name="a")()

    with pytest.raises(ValueError, match="there is a node 'a' already"):
        flow.add(knead, name="a")(Clay("x"))


def test_only_what_a_node_of_the_flow_returned_can_be_named() -> None:
    with pytest.raises(TypeError, match="is not what a node of this flow returned"):
        Flow().output("x", Clay("x"))


def test_a_built_workflow_is_saved_and_read_again_and_has_named_inputs() -> None:
    flow = Flow("Pot", "A pot in any colour.")
    clay = flow.add(dig)(name="red")
    flow.input("colour", clay, "name")
    flow.output("pot", flow.add(throw)(clay))
    built = flow.workflow()

    again = parse(dump(built))

    assert dump(again) == dump(built)
    assert (again.name, again.description, list(again.inputs)) == ("Pot", "A pot in any colour.", ["colour"])
    assert {step.key for step in planned(again).steps.values()} == {step.key for step in planned(built).steps.values()}


def test_inputs_that_are_named_like_keywords_are_set_by_their_parameter() -> None:
    @node("Odd")
    def odd(*, class_: int = 0) -> int:
        return class_

    flow = Flow()
    flow.output("out", flow.add(odd)(class_=3))

    assert result(flow, registry=Registry([Pack("x", (odd,))])) == 3


def test_a_file_stands_for_itself_by_its_name() -> None:
    assert file("a.mould") == File("a.mould", Path(), "")


SNIPPET = """
from graphflow.build import Flow
from graphflow.api import Lazy
from tests.toy import count, cut, dig, heap, knead, need_pot, throw

flow = Flow()
clay = flow.add(dig)(name="red")
pot = flow.add(throw)(clay)
flow.add(knead)(pot, times=2)
flow.add(need_pot)(pot)
flow.add(heap)((clay, pot, flow.add(cut)(clay).left))
flow.add(need_pot)(clay)  # wrong
flow.add(knead)(clay, tims=2)  # wrong
flow.add(knead)(clay, times="2")  # wrong
flow.add(knead)()  # wrong
flow.add(knead)(flow.add(count)(value=1))  # wrong
flow.add(cut)(clay).middle  # wrong
"""


def test_mypy_refuses_exactly_the_wrong_wires(tmp_path: Path) -> None:
    from mypy import api

    snippet = tmp_path / "snippet.py"
    snippet.write_text(SNIPPET)
    root = Path(__file__).parents[1]

    said, trouble, _ = api.run(["--config-file", str(root / "pyproject.toml"), "--no-error-summary", str(snippet)])

    assert not trouble
    wrong = {number for number, line in enumerate(SNIPPET.splitlines(), 1) if line.endswith("# wrong")}
    assert {int(found) for found in re.findall(r"snippet\.py:(\d+): error", said)} == wrong, said


def test_what_a_call_returns_poses_as_the_nodes_result() -> None:
    flow = Flow()
    halves = flow.add(cut)(flow.add(dig)())

    assert cast(Any, halves.right).output == "right"
