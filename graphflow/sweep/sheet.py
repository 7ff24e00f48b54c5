"""Puts the pictures of a sweep on sheets: a sheet is itself a workflow, whose last node reads every run's picture.

Its nodes have the keys that they had in the runs, so all but the last are there already; and since a saved sheet
carries its workflow, it can be opened and run again like any picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, groupby
from typing import Any

from graphflow.api import File
from graphflow.api.sockets import PortType, feeds
from graphflow.document import Link, Node, OutputRef, Value, Workflow
from graphflow.document.limits import LIMITS
from graphflow.keys import CacheKey
from graphflow.registry import Registry
from graphflow.step import Plan, Source
from graphflow.sweep.axes import label
from graphflow.sweep.planned import PlannedRun, Sweep

GRID = "Grid"
SAVE = "SaveImage"
"""The node types that lay out and save a sheet. A registry without them gives no sheets: the engine draws nothing."""

PAGE = 256
"""The most runs on one sheet: all of their pictures are in memory while it is drawn."""


@dataclass(frozen=True, slots=True)
class Page:
    """The runs of one sheet with the cell of each, and what the sheet says around them."""

    runs: tuple[PlannedRun, ...]
    texts: Mapping[str, tuple[str, ...] | str]

    def about(self, name: str) -> Page:
        """Return the same sheet for one of several pictures."""
        return Page(self.runs, {**self.texts, "title": f"{self.texts['title']} · {name}"})


def find_pictures(plan: Plan, registry: Registry) -> dict[Source, str]:
    """Return where the pictures of a run come from, each with a name: what is saved, named as an output, or aimed at."""
    grid = registry.find(GRID)
    entry = grid.input("images") if grid else None
    if entry is None or registry.find(SAVE) is None:
        return {}
    names = {source.node: name for name, source in reversed([*plan.outputs.items()])}
    pictures: dict[Source, str] = {}
    for path in plan.targets:
        for source in _pictures_at(plan, path, entry.type):
            pictures.setdefault(source, names.get(path, path))
    return pictures


def pages(sweep: Sweep) -> Iterator[Page]:
    """Yield the sheets in the order of the runs: one for every value of the third dimension and those beyond."""
    title = sweep.workflow.name or "Sweep"
    for further, group in groupby(sweep.runs, key=lambda run: run.place[2:]):
        beyond = [label(dimension, at) for dimension, at in zip(sweep.dimensions[2:], further, strict=True)]
        yield from _split(sweep, tuple(group), " · ".join([title, *beyond]))


def sheet_workflow(page: Page, picture: Source, cells: Mapping[int, Sequence[int]]) -> Workflow:
    """Return the workflow of a sheet.

    `cells` gives by a run's number the cell of each picture that it made; runs that are not in it made none.
    """
    copies = _Copies()
    links = tuple(copies.add(run, picture) for run in page.runs if run.number in cells)
    places = tuple(place for run in page.runs for place in cells.get(run.number, ()))
    grid = copies.name("grid")
    copies.nodes[grid] = Node(GRID, {"images": links, **page.texts, "cells": places})
    save = copies.name("save")
    copies.nodes[save] = Node(SAVE, {"images": Link(grid, "out"), "filename_prefix": "sweep-sheet"})
    name = page.texts["title"]
    return Workflow(nodes=copies.nodes, outputs={"sheet": OutputRef(grid, "out")}, name=str(name)[: LIMITS.name])


class _Copies:
    """Copies nodes of many runs into one workflow, each key once."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self._names: dict[CacheKey, str] = {}

    def add(self, run: PlannedRun, picture: Source) -> Link:
        """Copy what makes a run's picture; return the link to it."""
        steps = run.plan.steps
        needed = {picture.node}
        for path in reversed([*steps]):  # sources stand first
            if path in needed:
                needed.update(source.node for sources in steps[path].links.values() for source in sources)
        for path, step in steps.items():
            if path not in needed or step.key in self._names:
                continue
            inputs: dict[str, Value] = {
                name: value.name if isinstance(value, File) else value
                for name, value in step.values.items()
                if value is not None
            }
            for name, sources in step.links.items():
                found = tuple(Link(self._names[steps[each.node].key], each.output) for each in sources)
                entry = step.type.input(name)
                inputs[name] = found if entry is not None and entry.arity != "one" else found[0]
            here = self.name(path)
            self._names[step.key] = here
            self.nodes[here] = Node(step.type.id, inputs, version=step.type.version)
        return Link(self._names[steps[picture.node].key], picture.output)

    def name(self, path: str) -> str:
        """Return a free name that is like this path."""
        stem = path.replace("/", "_")[: LIMITS.name - 8]
        if stem not in self.nodes:
            return stem
        return next(name for number in count(2) if (name := f"{stem}_{number}") not in self.nodes)


def _pictures_at(plan: Plan, path: str, wanted: PortType) -> Iterator[Source]:
    """Yield the pictures that a target gives or, when it is a node that saves, reads."""
    step = plan.steps[path]
    if not step.type.output:
        yield from (Source(path, port.name) for port in step.type.outputs if _is_picture(port.type, wanted))
        return
    for entry in step.type.inputs:
        if _is_picture(entry.type, wanted):
            yield from step.links.get(entry.name, ())


def _is_picture(port: PortType, wanted: PortType) -> bool:
    return port is not Any and feeds(port, wanted)


def _split(sweep: Sweep, runs: tuple[PlannedRun, ...], title: str) -> Iterator[Page]:
    """Cut the runs of one sheet into sheets that are not too large: by lines where they mean something."""
    first = sweep.dimensions[0]
    columns = tuple(label(first, at) for at in range(len(first[0].values)))
    table = len(sweep.dimensions) > 1 and len(columns) <= PAGE
    size = PAGE // len(columns) * len(columns) if table else PAGE
    for start in range(0, len(runs), size):
        part = runs[start : start + size]
        texts: dict[str, tuple[str, ...] | str] = {"title": title}
        if len(runs) > size:
            texts["title"] = f"{title} · {start // size + 1} of {-(-len(runs) // size)}"
        if table:
            rows = dict.fromkeys(run.place[1] for run in part)
            texts |= {"columns": columns, "rows": tuple(label(sweep.dimensions[1], at) for at in rows)}
        else:
            texts["captions"] = tuple(", ".join(map(label, sweep.dimensions[:2], run.place)) for run in part)
        yield Page(part, texts)
