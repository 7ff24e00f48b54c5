"""Toy nodes and short ways to run them: the engine's tests need no torch and no picture."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from graphflow.api import (
    SILENT,
    Artifact,
    Blocked,
    Checked,
    Choice,
    Context,
    Expand,
    Facts,
    File,
    Folder,
    Lazy,
    Make,
    Name,
    NodeError,
    Outer,
    Problem,
    Range,
    Seed,
    Socket,
    Wire,
    node,
)
from graphflow.cache import Cache, MemoryCache, Outputs
from graphflow.document import from_json
from graphflow.events import Event, NodeFinished, NodeStarted
from graphflow.execute import Surroundings, execute, never
from graphflow.files import Files
from graphflow.plan import make_plan
from graphflow.registry import Pack, Registry
from graphflow.step import Plan


@dataclass(frozen=True)
class Clay(Socket, name="CLAY"):
    """A lump that remembers what was done to it."""

    shape: str

    @property
    def nbytes(self) -> int:
        return 1000 + len(self.shape)

    def store(self) -> bytes:
        return self.shape.encode()

    @classmethod
    def restore(cls, data: bytes) -> Clay:
        return cls(data.decode())


@dataclass(frozen=True)
class Pot(Clay, name="POT"):
    """A kind of clay: feeds whatever clay may feed."""


class Halves(NamedTuple):
    left: Clay
    right: Clay


class Saved(NamedTuple):
    files: list[Artifact]


@node("Dig", category="toy")
def dig(*, name: str = "clay", seed: Annotated[int, Seed()] = 0) -> Clay:
    """Dig up a lump."""
    return Clay(f"{name}{seed or ''}")


@node("Knead", category="toy")
def knead(clay: Clay, *, times: Annotated[int, Range(1, 10)] = 1, ctx: Context = SILENT) -> Clay:
    """Knead a lump."""
    shape = clay.shape
    for _ in ctx.track(range(times)):
        shape += "~"
    return Clay(shape)


@node("Join", category="toy")
def join(a: Clay, *, b: Clay, glue: Annotated[str, Choice(("mud", "slip"))] = "mud") -> Clay:
    """Join two lumps."""
    return Clay(f"({a.shape}{'+' if glue == 'mud' else '*'}{b.shape})")


@node("Heap", category="toy")
def heap(lumps: tuple[Clay, ...]) -> Clay:
    """Heap up any number of lumps."""
    return Clay("[" + " ".join(each.shape for each in lumps) + "]")


@node("Throw", category="toy")
def throw(clay: Clay) -> Pot:
    """Throw a pot."""
    return Pot(f"pot of {clay.shape}")


@node("NeedPot", category="toy")
def need_pot(pot: Pot) -> Clay:
    """Take a pot, and nothing else."""
    return Clay(f"used {pot.shape}")


@node("Cut", category="toy")
def cut(clay: Clay) -> Halves:
    """Cut a lump in two."""
    return Halves(Clay(f"{clay.shape}<"), Clay(f">{clay.shape}"))


@node("Slice", category="toy")
def slice_(clay: Clay, *, count: int = 2) -> list[Clay]:
    """Slice a lump; each slice goes its own way."""
    return [Clay(f"{clay.shape}#{index}") for index in range(count)]


@node("Stack", category="toy")
def stack(clays: list[Clay]) -> Clay:
    """Stack all slices again."""
    return Clay("|".join(each.shape for each in clays))


@node("Pick", category="toy", also=("Choose",))
def pick(on: bool, *, if_true: Lazy[Any], if_false: Lazy[Any]) -> Any:
    """Take one of two, and leave the other alone."""
    return if_true() if on else if_false()


@node("Gate", category="toy")
def gate(clay: Clay, *, open: bool = True) -> Clay | Blocked:  # noqa: A002  an input's name
    """Let a lump through, or not."""
    return clay if open else Blocked("the gate is shut")


@node("Break", category="toy")
def break_(clay: Clay) -> Clay:
    """Fail on purpose."""
    raise NodeError(f"{clay.shape} broke", input="clay", hint="be gentle")


@node("Crash", category="toy")
def crash(clay: Clay) -> Clay:
    """Fail by mistake."""
    raise KeyError(clay.shape)


@node("Scale", category="toy")
def scale(
    *,
    factor: Annotated[float, Range(0, 4)] = 1.0,
    weights: tuple[float, ...] = (),
    odd: Annotated[int, Name("odd.name.")] = 0,
) -> float:
    """Return a number."""
    return factor * (1 + sum(weights)) + odd


@node("Count", category="toy")
def count(*, value: int) -> int:
    """Return a whole number."""
    return value


@node("Repeat", category="toy")
def repeat(clay: Clay, *, times: int = 2) -> Clay | Expand:
    """Knead often, by growing a chain of Knead nodes."""
    if times == 0:
        return clay
    nodes = {"k0": Make("Knead", {"clay": Outer("clay")})}
    for index in range(1, times):
        nodes[f"k{index}"] = Make("Knead", {"clay": Wire(f"k{index - 1}")})
    return Expand(nodes, {"out": Wire(f"k{times - 1}")})


@node("Dive", category="toy")
def dive(clay: Clay) -> Clay | Expand:
    """Expand into itself without end."""
    return Expand({"deeper": Make("Dive", {"clay": Outer("clay")})}, {"out": Wire("deeper")})


@node("Fire", category="toy", output=True)
def fire(clay: Clay, *, prefix: str = "pot", ctx: Context = SILENT) -> Saved:
    """Fire a lump and put it on the shelf."""
    return Saved([ctx.save(clay.shape.encode(), "text/plain", name=prefix)])


def inspect_mould(path: Path) -> Facts:
    """Read which size a mould has from its first line."""
    text = path.read_text()
    if not text.startswith("size "):
        raise ValueError("this is no mould: it does not say its size")
    return {"size": int(text.split()[1])}


def check_press(values: Mapping[str, Any], facts: Mapping[str, Facts]) -> Checked:
    """Give on the mould's size, and refuse clay of another."""
    size, have = facts["mould"]["size"], facts.get("clay", {}).get("size")
    if have is not None and have != size:
        return Checked((Problem("size-mismatch", f"the mould has size {size}, the clay {have}", input="clay"),))
    return Checked(facts={"out": {"size": size}})


@node("Press", category="toy", check=check_press)
def press(clay: Clay, *, mould: Annotated[File, Folder("moulds", (".mould",), inspect=inspect_mould)]) -> Clay:
    """Press a lump into a mould."""
    return Clay(f"{clay.shape} in {mould.path.read_text().strip()}")


MIGRATED = {1: lambda inputs: {("colour" if name == "color" else name): value for name, value in inputs.items()}}


@node("Glaze", category="toy", version=2, migrations=MIGRATED)
def glaze(clay: Clay, *, colour: str = "white") -> Clay:
    """Glaze a lump; the input was called `color` in version 1."""
    return Clay(f"{colour} {clay.shape}")


NODES = (
    dig, knead, join, heap, throw, need_pot, cut, slice_, stack, pick, gate, break_, crash, scale, count, repeat, dive,
    fire, press, glaze,
)  # fmt: skip

PACK = Pack("toy", NODES)
REGISTRY = Registry([PACK])
NO_FILES = Files({}, None)


def link(node: str, output: str = "out") -> dict[str, str]:
    """Write a link as it stands in a file."""
    return {"node": node, "output": output}


def workflow(nodes: Mapping[str, tuple[str, Any]], **more: Any) -> dict[str, Any]:
    """Write a workflow's JSON from `{name: (type, inputs)}`."""
    written = {name: {"type": kind, "inputs": dict(inputs)} for name, (kind, inputs) in nodes.items()}
    return {"format": "graphflow/1", "nodes": written, **more}


def plan(
    nodes: Mapping[str, tuple[str, Any]],
    *targets: str,
    registry: Registry = REGISTRY,
    files: Files = NO_FILES,
    **more: Any,
) -> Plan:
    """Plan a toy workflow; without targets its savers and named outputs are meant."""
    return make_plan(from_json(workflow(nodes, **more)), registry, files, targets=targets or None)


def fresh_cache() -> Cache:
    """Return a cache in memory that holds all that a test makes."""
    return Cache(MemoryCache(1 << 30), None)


def run(
    plan: Plan,
    cache: Cache | None = None,
    emit: Callable[[Event], None] | None = None,
    cancelled: Callable[[], bool] = never,
    around: Surroundings | None = None,
) -> dict[str, Outputs]:
    """Execute a plan, by default on a fresh cache and unheard."""
    return execute(plan, cache or fresh_cache(), emit or (lambda event: None), cancelled, around)


def finished(events: list[Event]) -> list[tuple[str, str]]:
    """Return which nodes finished, in order, and how."""
    return [(event.node, event.how) for event in events if isinstance(event, NodeFinished)]


def started(events: list[Event]) -> list[str]:
    """Return which nodes were computed, in order."""
    return [event.node for event in events if isinstance(event, NodeStarted)]


class Meeting:
    """A node type that waits inside its call, so that a test can act while it runs."""

    def __init__(self) -> None:
        self.inside = threading.Event()
        self.go_on = threading.Event()
        self.calls = 0
        self.fails = 0

        @node("Wait", category="toy", revision=id(self) % 2**31)
        def wait(clay: Clay, *, ctx: Context = SILENT) -> Clay:
            """Wait until the test says go on."""
            self.calls += 1
            self.inside.set()
            while not self.go_on.wait(0.005):
                ctx.stop_if_cancelled()
            if self.fails:
                self.fails -= 1
                raise NodeError("the one who computed this failed")
            return Clay(f"{clay.shape}.")

        self.registry = Registry([PACK, Pack("meeting", (wait,))])


CHAIN: dict[str, tuple[str, dict[str, Any]]] = {
    "dig": ("Dig", {}),
    "knead": ("Knead", {"clay": link("dig")}),
    "throw": ("Throw", {"clay": link("knead")}),
}


def with_knead(times: int) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return the chain, kneaded so many times."""
    return {**CHAIN, "knead": ("Knead", {"clay": link("dig"), "times": times})}
