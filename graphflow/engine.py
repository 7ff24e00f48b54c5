"""The whole engine in one process, without a server: reads workflows, plans them, and runs them in a home folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from graphflow.api import Artifact, Resources
from graphflow.api.context import Purpose
from graphflow.artifacts import OutputFolder
from graphflow.cache import Budgets, Cache, DiskCache, MemoryCache
from graphflow.call import Save
from graphflow.document import Workflow
from graphflow.events import ArtifactSaved, Event
from graphflow.execute import Surroundings, always, execute, never
from graphflow.files import Files, model_roots
from graphflow.home import Home, find_home
from graphflow.inputs import set_inputs
from graphflow.journal import Journals
from graphflow.manifest import picture_metadata
from graphflow.plan import make_plan
from graphflow.read import Source, read_workflow
from graphflow.registry import Registry, load_registry
from graphflow.results import Results
from graphflow.step import Plan
from graphflow.sweep import Axis, Dimension, SweepResults, plan_sweep, run_sweep

_USUAL = Budgets()


class Engine:
    """Node packs, files, cache and resources, kept between runs: make one and run many workflows with it.

    `home` is the folder that holds all state (by default GRAPHFLOW_HOME or the user's data folder). `packs` are
    further node packs by path. Without `caching` nothing is read from, or written to, the cache, and a run that was
    killed begins anew; `budgets` say how many bytes of results are kept. Use it as a context manager, or call `close`.
    """

    def __init__(
        self,
        home: Home | Path | str | None = None,
        *,
        registry: Registry | None = None,
        packs: Sequence[Path] = (),
        device: str = "auto",
        caching: bool = True,
        budgets: Budgets = _USUAL,
    ) -> None:
        self.home = home if isinstance(home, Home) else find_home(Path(home) if home else None, os.environ)
        self.registry = registry or load_registry(packs)
        roots = model_roots(self.home, self.registry.model_roots)
        self.files = Files(roots, self.home.cache / "digests.json", self.home.artifacts)
        self.cache = Cache(
            MemoryCache(budgets.memory) if caching else None,
            DiskCache(self.home.cache / "results", budgets.disk) if caching else None,
        )
        self.resources = Resources(device)
        self.caching = caching
        self._users: dict[str, Engine] = {}

    def as_user(self, folder: str | None) -> Engine:
        """Return the engine with the input, output, temp and workflow folders of a user; None is the home's owner.

        Registry, cache, resources and digests are shared, so close only this one. Raise ValueError for a name that
        cannot be a folder's.
        """
        if folder is None:
            return self
        if folder not in self._users:
            other = copy(self)
            other.home = self.home.of_user(folder)
            other.files = self.files.with_roots(model_roots(other.home, self.registry.model_roots))
            self._users[folder] = other
        return self._users[folder]

    def read(self, source: Source) -> Workflow:
        """Return the workflow in a file, a picture, saved under a name, or in plain data; raise WorkflowError."""
        return read_workflow(source, self.home, self.registry)

    def plan(
        self, workflow: Workflow, inputs: Mapping[str, Any] | None = None, targets: Sequence[str] | None = None
    ) -> tuple[Workflow, Plan]:
        """Return the workflow with these inputs set, and the work to do; raise WorkflowError with all problems."""
        resolved = set_inputs(workflow, inputs or {}, self.registry)
        return resolved, make_plan(resolved, self.registry, self.files, targets=targets)

    def run(
        self,
        source: Source | Workflow,
        inputs: Mapping[str, Any] | None = None,
        *,
        targets: Sequence[str] | None = None,
        out: Path | str | None = None,
        emit: Callable[[Event], None] | None = None,
        cancelled: Callable[[], bool] = never,
    ) -> Results:
        """Run a workflow and return its named outputs.

        `inputs` are the workflow's named inputs. Saved files go to `out`, by default the home's `output` folder.
        Raises WorkflowError, NodeFailed, RunCancelled or StorageError.
        """
        workflow = source if isinstance(source, Workflow) else self.read(source)
        resolved, plan = self.plan(workflow, inputs, targets)
        return self.execute(resolved, plan, out=out, emit=emit, cancelled=cancelled)

    def sweep(
        self,
        source: Source | Workflow,
        axes: Mapping[str, Iterable[Any]],
        *,
        mode: Literal["grid", "zip"] = "grid",
        inputs: Mapping[str, Any] | None = None,
        targets: Sequence[str] | None = None,
        out: Path | str | None = None,
        emit: Callable[[int, Event], None] | None = None,
        cancelled: Callable[[], bool] = never,
    ) -> SweepResults:
        """Run a workflow for many values of its inputs, and return all runs; nodes that they share run once.

        A `grid` runs every combination, the first axis fastest; `zip` takes the first value of each axis, then the
        second, and so on. `emit` gets the run's number, from 1, with each event. A run that fails does not stop the
        others; when `cancelled` says so, those to come are left out. Pictures come on sheets, and a table of all
        runs as CSV. Raises WorkflowError with every problem before anything runs.
        """
        workflow = source if isinstance(source, Workflow) else self.read(source)
        listed = [Axis(name, tuple(values)) for name, values in axes.items()]
        dimensions: list[Dimension] = [tuple(listed)] if mode == "zip" and listed else [(axis,) for axis in listed]
        sweep = plan_sweep(self, workflow, dimensions, inputs, targets)
        return run_sweep(self, sweep, Path(out) if out else self.home.output, emit=emit, cancelled=cancelled)

    def execute(
        self,
        workflow: Workflow,
        plan: Plan,
        *,
        out: Path | str | None = None,
        emit: Callable[[Event], None] | None = None,
        cancelled: Callable[[], bool] = never,
        previews: bool = False,
        cache: Cache | None = None,
    ) -> Results:
        """Run what `plan` returned: see `run`. Without `previews` no time is spent on drawing any.

        `cache` stands in for the engine's own.
        """
        saved: list[ArtifactSaved] = []

        def watch(event: Event) -> None:
            if isinstance(event, ArtifactSaved):
                saved.append(event)
            if emit is not None:
                emit(event)

        around = Surroundings(
            _saver(Path(out) if out else self.home.output, self.home.temp),
            self.resources,
            picture_metadata(workflow, plan, self.registry),
            always if previews else never,
            self.files,
            Journals(self.home.journals) if self.caching else None,
        )
        by_node = execute(plan, cache or self.cache, watch, cancelled, around)
        outputs = {
            name: by_node[source.node][source.output] for name, source in plan.outputs.items() if source.node in by_node
        }
        return Results(outputs, tuple(saved))

    def close(self) -> None:
        """Finish writing the cache and let go of models."""
        self.cache.close()
        self.resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def run(
    source: Source | Workflow,
    inputs: Mapping[str, Any] | None = None,
    *,
    home: Path | str | None = None,
    device: str = "auto",
    targets: Sequence[str] | None = None,
    out: Path | str | None = None,
    emit: Callable[[Event], None] | None = None,
) -> Results:
    """Run one workflow and return its named outputs as Python values.

    `source` is a file's path, a saved workflow's name, a picture that carries its workflow, plain data, or what
    `Flow.workflow()` built. To run many, make an `Engine` once: it keeps models in memory.
    """
    with Engine(home, device=device) as engine:
        return engine.run(source, inputs, targets=targets, out=out, emit=emit)


def _saver(output: Path, temp: Path) -> Save:
    folders: Mapping[Purpose, OutputFolder] = {"output": OutputFolder(output), "preview": OutputFolder(temp)}

    def save(data: bytes, media_type: str, *, name: str, kind: Purpose, node: str) -> Artifact:  # noqa: ARG001  all files of a run share a folder
        return folders[kind].save(data, media_type, name)

    return save
