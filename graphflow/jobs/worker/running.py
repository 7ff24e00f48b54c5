"""Runs one attempt at a job, from its stored body to its ending: what all workers do, each in its own way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from graphflow.api import Artifact
from graphflow.api.context import Purpose
from graphflow.artifacts import OutputFolder
from graphflow.engine import Engine
from graphflow.errors import NodeFailed, Problem, RunCancelled
from graphflow.events import ArtifactSaved, Event, NodeFinished, NodeLogged
from graphflow.execute import Surroundings, execute
from graphflow.jobs.blobs import BlobFolder
from graphflow.jobs.events import ArtifactKept
from graphflow.jobs.worker.failures import problem_of
from graphflow.jobs.worker.journals import forget_journals, journals_of
from graphflow.jobs.worker.keeping import Keeper
from graphflow.jobs.worker.lines import Lines
from graphflow.jobs.worker.names import Names
from graphflow.jobs.worker.outputs import job_outputs
from graphflow.jobs.worker.request import Request, Workflows, read_request
from graphflow.jobs.worker.seam import Ending, GaveBack, JobDone, JobFailed, JobStopped, Report, Task
from graphflow.jobs.worker.texts import plain
from graphflow.journal import Journals
from graphflow.manifest import picture_metadata
from graphflow.step import Source

Tell = Callable[[Report], None]


@dataclass(slots=True, eq=False)
class Stop:
    """Whether, and why, a running job is to stop at its next step. A wish to cancel goes before giving it back."""

    why: Literal["cancelled", "given back"] | None = None

    def cancel(self) -> None:
        """End the job."""
        self.why = "cancelled"

    def give_back(self) -> None:
        """Leave the job to another attempt."""
        self.why = self.why or "given back"

    def __call__(self) -> bool:
        """Say whether to stop: what the executor calls `cancelled`."""
        return self.why is not None


@dataclass(slots=True, eq=False)
class Bench:
    """What the tasks of one worker share. While `watched` is False no previews are drawn."""

    engine: Engine
    blobs: BlobFolder
    watched: bool = False
    workflows: Workflows = field(init=False)
    _folders: dict[Path, OutputFolder] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Remember workflows in the words of the engine's node types."""
        self.workflows = Workflows(self.engine.registry)

    def is_watched(self) -> bool:
        """Say whether anybody looks at previews now."""
        return self.watched

    def folder(self, root: Path) -> OutputFolder:
        """Return a folder of saved files; it remembers the next free number."""
        return self._folders.setdefault(root, OutputFolder(root))


def run_task(bench: Bench, task: Task, stop: Stop, tell: Tell) -> Ending:
    """Run an attempt at a job and return how it ended; never raise. `tell` hears what happens on the way."""
    try:
        ending: Ending = _Attempt(bench, task, stop, tell).run()
    except RunCancelled as cancelled:
        ending = _stopped(task, stop, cancelled)
    # Node packs are foreign code that may even exit: a job must end, and its worker live on for the others.
    except BaseException as error:  # noqa: BLE001
        ending = JobFailed(problem=problem_of(task.job, error))
    if not isinstance(ending, GaveBack):
        forget_journals(bench.engine.home, [task.job])
    return ending


def _stopped(task: Task, stop: Stop, cancelled: RunCancelled) -> Ending:
    match stop.why:
        case "cancelled":
            return JobStopped()
        case "given back":
            return GaveBack()
        case None:
            problem = Problem("node-failed", f"a node said that the job was cancelled, but nobody asked: {cancelled}")
            return JobFailed(problem=problem_of(task.job, NodeFailed("", "", problem)))


class _Attempt:
    def __init__(self, bench: Bench, task: Task, stop: Stop, tell: Tell) -> None:
        self.bench = bench
        self.task = task
        self.stop = stop
        self.tell = tell
        self.engine = bench.engine.as_user(task.user)
        home = self.engine.home
        folders: dict[Purpose, OutputFolder] = {
            "output": bench.folder(home.output),
            "preview": bench.folder(home.temp),
        }
        names = Names(home.names, task.job)
        self.keeper = Keeper(bench.blobs, folders, names, task.kept, first=task.attempt == 1)
        self.lines = Lines()

    def run(self) -> JobDone:
        """Do all of the work; raise whatever stops it."""
        if self.stop():
            raise RunCancelled("the job was stopped before it began")
        request = read_request(self.task.body, self.bench.workflows)
        workflow, plan = self.engine.plan(request.workflow, request.inputs, request.targets)
        texts = picture_metadata(workflow, plan, self.engine.registry)
        around = self.surroundings(request, texts)
        by_node = execute(plan, self.engine.cache, self.hear, self.stop, around)
        return JobDone(outputs=job_outputs(plan, by_node, self.describe, self.warn))

    def surroundings(self, request: Request, texts: Mapping[str, str]) -> Surroundings:
        home = self.engine.home
        journals = Journals(journals_of(home, self.task.job)) if self.engine.caching else None
        return Surroundings(
            save=self.keeper.save,
            resources=self.engine.resources,
            metadata=texts,
            watched=self.bench.is_watched,
            files=self.engine.files,
            journals=journals,
            deterministic=request.deterministic,
        )

    def hear(self, event: Event) -> None:
        """Pass on what the executor says, with files known by their hashes and texts that can be written."""
        match event:
            case ArtifactSaved():
                self.tell(self.keeper.kept(event))
            case NodeLogged():
                if (line := self.lines.take(event.node, event.message)) is not None:
                    self.tell(event.model_copy(update={"message": line}))
            case NodeFinished() if event.reason is not None:
                self.tell(event.model_copy(update={"reason": plain(event.reason)}))
            case _:
                self.tell(event)

    def describe(self, source: Source, artifact: Artifact) -> dict[str, str | int | None]:
        """Describe a file of an output; one that another job's node saved a moment ago becomes this job's too."""
        described = self.keeper.describe(artifact)
        if not self.keeper.has(artifact):
            self.tell(
                ArtifactKept(
                    node=source.node,
                    purpose="output",
                    sha256=artifact.sha256,
                    media_type=artifact.media_type,
                    size=artifact.size,
                    name=artifact.name,
                )
            )
        return described

    def warn(self, source: Source, message: str) -> None:
        self.tell(NodeLogged(node=source.node, message=message))
