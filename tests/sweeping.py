"""A toy studio for sweeps: nodes that count their calls, and a Grid and a SaveImage made of text."""

from __future__ import annotations

from collections import Counter
from typing import Any

from graphflow.api import SILENT, AnyNode, Context, NodeError, node
from graphflow.registry import Pack, Registry
from tests.toy import PACK, Clay, Saved, link, workflow


class Studio:
    """Toy nodes that note every call of theirs. `Heat` breaks at 13 degrees."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.registry = Registry([PACK, Pack("studio", (*_shaping(self.calls), *_showing(self.calls)))])


def _shaping(calls: Counter[str]) -> tuple[AnyNode, ...]:
    """Return the nodes that make lumps of clay and weigh them."""

    @node("Source", category="toy")
    def source(*, name: str = "clay", broken: bool = False) -> Clay:
        """Dig, upstream of everything."""
        calls["Source"] += 1
        if broken:
            raise NodeError("nothing to dig")
        return Clay(name)

    @node("Roll", category="toy", keep="never")
    def roll(clay: Clay, *, times: int = 1) -> Clay:
        """Roll a lump; nobody keeps the result."""
        calls["Roll"] += 1
        return Clay(f"{clay.shape}{times}")

    @node("Heat", category="toy")
    def heat(clay: Clay, *, degrees: float = 1.0) -> Clay:
        """Heat a lump."""
        calls["Heat"] += 1
        if degrees == 13:
            raise NodeError(f"{clay.shape} burst", input="degrees")
        return Clay(f"{clay.shape}@{degrees:g}")

    @node("Weight", category="toy")
    def weight(clay: Clay) -> int:
        """Weigh a lump."""
        return len(clay.shape)

    return source, roll, heat, weight


def _showing(calls: Counter[str]) -> tuple[AnyNode, ...]:
    """Return the nodes that save lumps, and lay them out."""

    @node("SaveImage", category="toy", output=True)
    def save(images: Clay, *, filename_prefix: str = "pot", ctx: Context = SILENT) -> Saved:
        """Save a lump, with the workflow that made it."""
        calls["SaveImage"] += 1
        text = f"{images.shape}\n{ctx.metadata['graphflow']}"
        return Saved([ctx.save(text.encode(), "text/plain", name=filename_prefix)])

    @node("Grid", category="toy")
    def grid(
        images: list[Clay],
        *,
        columns: tuple[str, ...] = (),
        rows: tuple[str, ...] = (),
        captions: tuple[str, ...] = (),
        title: str = "",
        cells: tuple[int, ...] = (),
    ) -> Clay:
        """Write lumps below each other, each with its cell."""
        calls["Grid"] += 1
        shown = " ".join(f"{cell}:{each.shape}" for cell, each in zip(cells, images, strict=True))
        return Clay(f"{title} | {'/'.join(columns)} | {'/'.join(rows)} | {'/'.join(captions)} | {shown}")

    return save, grid


POT: dict[str, Any] = workflow(
    {
        "source": ("Source", {"name": "a"}),
        "roll": ("Roll", {"clay": link("source"), "times": 1}),
        "heat": ("Heat", {"clay": link("roll"), "degrees": 1.0}),
        "weight": ("Weight", {"clay": link("heat")}),
        "save": ("SaveImage", {"images": link("heat")}),
    },
    name="Pots",
    inputs={
        "name": {"node": "source", "input": "name"},
        "broken": {"node": "source", "input": "broken"},
        "times": {"node": "roll", "input": "times"},
        "degrees": {"node": "heat", "input": "degrees"},
    },
    outputs={"files": {"node": "save", "output": "files"}, "weight": {"node": "weight", "output": "out"}},
)
"""Source -> Roll(times) -> Heat(degrees) -> SaveImage: `times` is upstream of `degrees`."""
