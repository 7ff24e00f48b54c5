"""Two packs may have nodes of one name: their results are never taken for each other's."""

from __future__ import annotations

from pathlib import Path

from graphflow.api import AnyNode, node
from graphflow.cache import Cache, DiskCache, MemoryCache
from graphflow.events import Event
from graphflow.explain import explain, recall, remember
from graphflow.registry import Pack, Registry
from tests.toy import finished, plan, run


def dye(colour: str) -> AnyNode:
    """Return a node called Dye, of revision 1, that gives this colour."""

    @node("Dye", keep="disk")
    def dye() -> str:
        """Give a colour."""
        return colour

    return dye


RED, BLUE = (Registry([Pack(name, (dye(name),))]) for name in ("red", "blue"))


def test_packs_with_a_node_of_the_same_name_do_not_share_results_on_disk(tmp_path: Path) -> None:
    def ask(registry: Registry) -> tuple[str, list[tuple[str, str]]]:
        events: list[Event] = []
        cache = Cache(MemoryCache(1 << 20), DiskCache(tmp_path, 1 << 20))
        outputs = run(plan({"dye": ("Dye", {})}, "dye", registry=registry), cache, events.append)
        cache.close()
        return outputs["dye"]["out"], finished(events)

    assert ask(RED) == ("red", [("dye", "ran")])
    assert ask(BLUE) == ("blue", [("dye", "ran")])
    assert ask(RED) == ("red", [("dye", "cached")])


def test_explain_says_that_the_node_is_another_packs(tmp_path: Path) -> None:
    remember(plan({"dye": ("Dye", {})}, "dye", registry=RED), "w", tmp_path)

    (verdict,) = explain(plan({"dye": ("Dye", {})}, "dye", registry=BLUE), Cache(None, None), recall("w", tmp_path))

    assert verdict.why == ("node pack: red → blue",)
