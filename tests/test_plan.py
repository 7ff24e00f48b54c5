"""The planner: all that is wrong at once, said exactly, and nothing planned that no target needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from graphflow.api import Artifact, Checked, Context, Expand, Make, Outer, Wire, node
from graphflow.errors import NodeFailed, Problem, WorkflowError
from graphflow.execute import Surroundings
from graphflow.files import Files
from graphflow.registry import Pack, Registry
from tests.toy import PACK, Clay, link, plan, run


def problems(nodes: dict[str, Any], *targets: str, **more: Any) -> tuple[Problem, ...]:
    with pytest.raises(WorkflowError) as error:
        plan(nodes, *targets, **more)
    return error.value.problems


def brief(found: tuple[Problem, ...]) -> list[tuple[str, str | None, str | None, str | None]]:
    return [(each.code, each.node, each.input, each.hint) for each in found]


# --- every problem at once ------------------------------------------------------------------------


def test_every_problem_is_found_at_once_with_its_place_and_its_way_out() -> None:
    nodes = {
        "dig": ("Dig", {"name": 7, "sead": 3}),
        "kneed": ("Kneed", {"clay": link("dig")}),
        "knead": ("Knead", {"clay": link("dug"), "times": 11}),
        "join": ("Join", {"a": link("dig", "uot"), "glue": "slop"}),
        "pot": ("NeedPot", {"pot": link("dig")}),
        "heap": ("Heap", {"lumps": [link("kneed"), link("knead"), link("join"), link("pot")]}),
    }

    assert brief(problems(nodes, "heap")) == [
        ("unknown-node", "knead", "clay", "did you mean 'dig'?"),
        ("wrong-type", "dig", "name", None),
        ("unknown-input", "dig", "sead", "did you mean 'seed'?"),
        ("unknown-type", "kneed", None, "did you mean 'Knead' or 'NeedPot'?"),
        ("out-of-range", "knead", "times", None),
        ("unknown-output", "join", "a", "did you mean 'out'?"),
        ("missing-input", "join", "b", None),
        ("not-a-choice", "join", "glue", "did you mean 'slip'?"),
        ("type-mismatch", "pot", "pot", None),
    ]


def test_what_is_missing_is_said_with_what_was_wanted() -> None:
    (problem,) = problems({"k": ("Knead", {})}, "k")

    assert str(problem) == "k.clay: clay is missing: Knead wants a link of type CLAY"


def test_a_broken_link_is_not_a_missing_input_as_well() -> None:
    nodes = {"dig": ("Dig", {}), "k": ("Knead", {"clay": link("dog")}), "h": ("Heap", {"lumps": [link("dog")]})}

    assert brief(problems(nodes, "k", "h")) == [
        ("unknown-node", "k", "clay", "did you mean 'dig'?"),
        ("unknown-node", "h", "lumps", "did you mean 'dig'?"),
    ]


def test_what_reads_a_broken_node_is_checked_too() -> None:
    nodes = {"dig": ("Dig", {"seed": -1}), "k": ("Knead", {"clay": link("dig"), "times": 0})}

    assert [(each.code, each.node) for each in problems(nodes, "k")] == [("out-of-range", "dig"), ("out-of-range", "k")]


# --- cycles ---------------------------------------------------------------------------------------


def test_a_cycle_is_named_with_its_path() -> None:
    nodes = {
        "a": ("Knead", {"clay": link("c")}),
        "b": ("Knead", {"clay": link("a")}),
        "c": ("Knead", {"clay": link("b")}),
        "out": ("Throw", {"clay": link("c")}),
    }

    (problem,) = problems(nodes, "out")

    assert (problem.code, problem.node, problem.hint) == ("cycle", "a", "cut one link")
    assert problem.message == "these nodes wait for each other: a → b → c → a"


def test_each_of_several_knots_is_named_once() -> None:
    nodes = {
        "a": ("Knead", {"clay": link("b")}),
        "b": ("Knead", {"clay": link("a")}),
        "self": ("Knead", {"clay": link("self")}),
        "out": ("Join", {"a": link("a"), "b": link("self")}),
    }

    found = problems(nodes, "out")

    assert [each.message for each in found] == [
        "these nodes wait for each other: a → b → a",
        "these nodes wait for each other: self → self",
    ]


def test_a_diamond_is_no_cycle() -> None:
    nodes = {
        "dig": ("Dig", {}),
        "l": ("Knead", {"clay": link("dig")}),
        "r": ("Throw", {"clay": link("dig")}),
        "j": ("Join", {"a": link("l"), "b": link("r")}),
    }

    assert list(plan(nodes, "j").steps) == ["dig", "l", "r", "j"]


def test_a_very_long_cycle_is_shown_in_short() -> None:
    nodes = {f"n{i:03}": ("Knead", {"clay": link(f"n{(i - 1) % 500:03}")}) for i in range(500)}

    (problem,) = problems(nodes, "n000")

    assert len(problem.message) < 200
    assert problem.message.endswith("… → n000")


# --- targets --------------------------------------------------------------------------------------

TWO_ENDS: dict[str, Any] = {
    "dig": ("Dig", {}),
    "knead": ("Knead", {"clay": link("dig")}),
    "throw": ("Throw", {"clay": link("dig")}),
    "broken": ("Nonsense", {}),
}
ENDS = {"kneaded": {"node": "knead", "output": "out"}, "thrown": {"node": "throw", "output": "out"}}


def test_only_what_the_targets_need_is_planned_and_checked() -> None:
    assert list(plan(TWO_ENDS, "knead").steps) == ["dig", "knead"]


def test_a_target_may_be_a_node_or_a_named_output() -> None:
    work = plan(TWO_ENDS, "kneaded", "throw", outputs=ENDS)

    assert work.targets == ("knead", "throw")
    assert set(work.outputs) == {"kneaded", "thrown"}


def test_outputs_that_no_target_needs_are_left_out() -> None:
    assert set(plan(TWO_ENDS, "kneaded", outputs=ENDS).outputs) == {"kneaded"}


def test_without_targets_savers_and_named_outputs_are_meant() -> None:
    nodes = {**TWO_ENDS, "fire": ("Fire", {"clay": link("dig")})}

    assert plan(nodes, outputs={"kneaded": ENDS["kneaded"]}).targets == ("fire", "knead")


def test_unknown_targets_have_near_names() -> None:
    assert [(each.code, each.hint) for each in problems(TWO_ENDS, "kned", "throne")] == [
        ("unknown-target", "did you mean 'knead'?"),
        ("unknown-target", "did you mean 'throw'?"),
    ]


def test_a_workflow_that_asks_for_nothing_says_so() -> None:
    assert [each.code for each in problems({"dig": ("Dig", {})})] == ["no-target"]


def test_an_unknown_type_says_more_than_that_nothing_is_asked_for() -> None:
    nodes = {"dig": ("Dig", {}), "save": ("Fier", {"clay": link("dig")})}

    assert brief(problems(nodes)) == [("unknown-type", "save", None, "did you mean 'Fire'?")]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"outputs": {"x": {"node": "dug", "output": "out"}}}, "unknown-node"),
        ({"outputs": {"x": {"node": "dig", "output": "uot"}}}, "unknown-output"),
        ({"inputs": {"x": {"node": "dug", "input": "name"}}}, "unknown-node"),
        ({"inputs": {"x": {"node": "dig", "input": "nam"}}}, "unknown-input"),
    ],
)
def test_named_inputs_and_outputs_that_lead_nowhere_are_problems(more: dict[str, Any], code: str) -> None:
    more = {"outputs": {"ok": {"node": "dig", "output": "out"}}, **more}

    assert [each.code for each in problems({"dig": ("Dig", {})}, **more)] == [code]


# --- types ----------------------------------------------------------------------------------------


class Weighed(NamedTuple):
    grams: int
    rest: Clay


def test_a_mismatch_says_what_was_wanted_and_what_was_found() -> None:
    nodes = {
        "n": ("Count", {"value": 1}),
        "dig": ("Dig", {}),
        "k": ("Knead", {"clay": link("n"), "times": link("dig")}),
    }

    assert [each.message for each in problems(nodes, "k")] == [
        "clay wants CLAY, but n.out (Count) gives INT",
        "times wants INT, but dig.out (Dig) gives CLAY",
    ]


def test_a_mismatch_names_another_output_that_would_have_fitted() -> None:
    @node("Weigh", category="toy")
    def weigh(clay: Clay) -> Weighed:
        return Weighed(3, clay)

    nodes = {"dig": ("Dig", {}), "w": ("Weigh", {"clay": link("dig")}), "k": ("Knead", {"clay": link("w", "grams")})}

    (problem,) = problems(nodes, "k", registry=Registry([PACK, Pack("weigh", (weigh,))]))

    assert (problem.code, problem.hint) == ("type-mismatch", "its output 'rest' would fit")


def test_a_subtype_feeds_its_base_and_a_whole_number_a_float() -> None:
    nodes: dict[str, Any] = {
        "dig": ("Dig", {}),
        "pot": ("Throw", {"clay": link("dig")}),
        "knead": ("Knead", {"clay": link("pot")}),
        "n": ("Count", {"value": 3}),
        "scale": ("Scale", {"factor": link("n")}),
    }

    outputs = run(plan(nodes, "knead", "scale"))

    assert outputs["knead"]["out"].shape == "pot of clay~"
    assert outputs["scale"]["out"] == 3.0


def test_a_list_of_links_fits_only_an_input_that_takes_many() -> None:
    nodes: dict[str, Any] = {
        "dig": ("Dig", {}),
        "h": ("Heap", {"lumps": [link("dig"), link("dig")]}),
        "k": ("Knead", {"clay": [link("dig")]}),
    }

    assert brief(problems(nodes, "h", "k")) == [("one-link-wanted", "k", "clay", None)]
    assert run(plan(nodes, "h"))["h"]["out"].shape == "[clay clay]"


def test_one_link_may_feed_an_input_that_takes_many() -> None:
    nodes: dict[str, Any] = {"dig": ("Dig", {}), "h": ("Heap", {"lumps": link("dig")})}

    assert run(plan(nodes, "h"))["h"]["out"].shape == "[clay]"


def test_an_optional_input_takes_null() -> None:
    @node("Maybe", category="toy")
    def maybe(*, clay: Clay | None = None, times: int | None = None) -> str:
        return f"{clay} {times}"

    registry = Registry([PACK, Pack("m", (maybe,))])
    nodes = {"m": ("Maybe", {"clay": {"value": None}, "times": {"value": None}})}

    assert run(plan(nodes, "m", registry=registry))["m"]["out"] == "None None"


# --- files and facts ------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path: Path) -> Files:
    (tmp_path / "round.mould").write_text("size 3")
    (tmp_path / "square.mould").write_text("size 4")
    (tmp_path / "torn.mould").write_text("no size")
    (tmp_path / "notes.txt").write_text("size 3")
    return Files({"moulds": (tmp_path,)}, None)


def pressed(mould: Any, again: str | None = None) -> dict[str, Any]:
    nodes: dict[str, Any] = {"dig": ("Dig", {}), "press": ("Press", {"clay": link("dig"), "mould": mould})}
    if again:
        nodes["again"] = ("Press", {"clay": link("press"), "mould": again})
    return nodes


def test_a_file_is_found_by_its_name(files: Files) -> None:
    assert run(plan(pressed("round.mould"), "press", files=files))["press"]["out"].shape == "clay in size 3"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("rund.mould", "no-such-file"),
        ("../round.mould", "bad-file-name"),
        ("/etc/passwd", "bad-file-name"),
        ("notes.txt", "wrong-file-kind"),
        ("torn.mould", "unfit-file"),
        (7, "wrong-type"),
        (link("dig"), "literal-wanted"),
    ],
)
def test_a_file_that_cannot_be_used_is_a_problem_of_its_input(name: Any, code: str, files: Files) -> None:
    (problem,) = problems(pressed(name), "press", files=files)

    assert (problem.code, problem.node, problem.input) == (code, "press", "mould")


def test_a_missing_file_has_a_near_name(files: Files) -> None:
    (problem,) = problems(pressed("rund.mould"), "press", files=files)

    assert problem.hint is not None
    assert problem.hint.startswith("did you mean 'round.mould'")


def test_facts_travel_along_links_and_checks_compare_them(files: Files) -> None:
    plan(pressed("round.mould", again="round.mould"), "again", files=files)

    (problem,) = problems(pressed("round.mould", again="square.mould"), "again", files=files)

    assert (problem.code, problem.node, problem.input) == ("size-mismatch", "again", "clay")
    assert problem.message == "the mould has size 4, the clay 3"


def test_a_check_that_fails_is_a_problem_of_its_node() -> None:
    def check(values: Any, facts: Any) -> Checked:
        raise KeyError("x")

    @node("Careless", category="toy", check=check)
    def careless() -> Clay:
        return Clay("x")

    (problem,) = problems({"c": ("Careless", {})}, "c", registry=Registry([Pack("c", (careless,))]))

    assert (problem.code, problem.node) == ("check-failed", "c")
    assert problem.message == "Careless could not check its inputs: KeyError: 'x'"


# --- size -----------------------------------------------------------------------------------------


def test_ten_thousand_nodes_are_planned() -> None:
    nodes: dict[str, Any] = {"n0": ("Dig", {})}
    nodes |= {f"n{i}": ("Knead", {"clay": link(f"n{i - 1}")}) for i in range(1, 10_000)}

    assert len(plan(nodes, "n9999").steps) == 10_000


# --- expansions -----------------------------------------------------------------------------------


def expanding(expansion: Expand, output: bool = False) -> Registry:
    @node("Grow", category="toy", output=output)
    def grow(clay: Clay, *, times: int = 2, extra: Clay | None = None) -> Clay | Expand:
        return expansion

    return Registry([PACK, Pack("grow", (grow,))])


def grown(expansion: Expand, output: bool = False) -> Any:
    nodes = {"dig": ("Dig", {}), "g": ("Grow", {"clay": link("dig")})}
    return run(plan(nodes, "g", registry=expanding(expansion, output)))["g"]["out"]


K = Make("Knead", {"clay": Outer("clay")})


@pytest.mark.parametrize(
    ("expansion", "code", "says"),
    [
        (Expand({"k": K}, {}), "bad-expansion", r"outputs \[\], but has \['out'\]"),
        (Expand({"k": K}, {"out": Wire("q")}), "bad-expansion", "a wire to 'q'"),
        (Expand({"k": K}, {"out": Wire("k", "uot")}), "unknown-output", "which has no 'uot'"),
        (Expand({"k": K}, {"out": "k"}), "bad-expansion", "an output 'out' that is no Wire"),  # type: ignore[dict-item]
        (Expand({"k": None}, {"out": Wire("k")}), "bad-expansion", "'k': None"),  # type: ignore[dict-item]
        (Expand({"a/b": K}, {"out": Wire("a/b")}), "bad-expansion", "names without slashes"),
        (Expand({"n": Make("Count", {"value": 1})}, {"out": Wire("n")}), "type-mismatch", "is CLAY, but g/n gives INT"),
        (Expand({"k": Make("Knead", {"clay": Outer("cley")})}, {"out": Wire("k")}), "bad-expansion", "input 'cley'"),
        (Expand({"k": Make("Knead", {"clay": Wire("q")})}, {"out": Wire("k")}), "bad-expansion", "a wire to 'q'"),
        (Expand({"k": Make("Kneed", {})}, {"out": Wire("k")}), "unknown-type", "there is no node type 'Kneed'"),
        (Expand({"k": Make("Knead", {"times": 99, "clay": Outer("clay")})}, {"out": Wire("k")}), "out-of-range", "99"),
        (
            Expand({"k": Make("Knead", {"clay": Outer("extra")})}, {"out": Wire("k")}),
            "missing-input",
            "clay is missing",
        ),
        (Expand({"k": Make("Knead", {"clay": Wire("k")})}, {"out": Wire("k")}), "cycle", "g/k → g/k"),
        (Expand({"k": K, "f": Make("Fire", {"clay": Wire("k")})}, {"out": Wire("k")}), "bad-expansion", "output=True"),
    ],
)
def test_an_expansion_is_checked_like_a_workflow(expansion: Expand, code: str, says: str) -> None:
    with pytest.raises(NodeFailed, match=says) as failed:
        grown(expansion)

    assert failed.value.problem.code == code
    assert failed.value.node == "g"


def test_an_expansion_takes_literals_and_links_of_its_node() -> None:
    inner = Make("Knead", {"clay": Outer("clay"), "times": Outer("times")})
    heap = Make("Heap", {"lumps": [Wire("k"), Wire("k")]})

    assert grown(Expand({"k": inner, "h": heap}, {"out": Wire("h")})).shape == "[clay~~ clay~~]"


def test_a_node_that_saves_may_expand_into_nodes_that_save_and_does_so_every_time() -> None:
    nodes = {"dig": ("Dig", {}), "g": ("Grow", {"clay": link("dig")})}
    expansion = Expand({"k": K, "f": Make("Fire", {"clay": Wire("k")})}, {"out": Wire("k")})
    work = plan(nodes, registry=expanding(expansion, output=True))
    shelf: list[str] = []

    def save(data: bytes, media_type: str, *, name: str, kind: str) -> Artifact:
        shelf.append(data.decode())
        return Context().save(data, media_type, name=name)

    run(work, around=Surroundings(save=save))
    run(work, around=Surroundings(save=save))

    assert shelf == ["clay~", "clay~"]
