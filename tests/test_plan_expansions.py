"""What a node returns to be run in its place is planned by the same rules."""

from __future__ import annotations

from typing import Any

import pytest

from graphflow.api import Artifact, Context, Expand, Make, Outer, Wire, node
from graphflow.errors import NodeFailed
from graphflow.execute import Surroundings
from graphflow.registry import Pack, Registry
from tests.toy import PACK, Clay, link, plan, run


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

    def save(data: bytes, media_type: str, *, name: str, kind: str, node: str) -> Artifact:
        shelf.append(data.decode())
        return Context().save(data, media_type, name=name)

    run(work, around=Surroundings(save=save))
    run(work, around=Surroundings(save=save))

    assert shelf == ["clay~", "clay~"]
