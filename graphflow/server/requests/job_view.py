"""Shows a job of the store as clients see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from graphflow.jobs import Job as StoredJob
from graphflow.jobs import JobState, JobStore
from graphflow.wire.jobs import Job, JobProgress, OutputFile, OutputValue
from graphflow.wire.problems import ProblemItem

if TYPE_CHECKING:
    from graphflow.jobs.dispatch import Dispatcher, Progress


def show_job(job: StoredJob, store: JobStore, dispatcher: Dispatcher) -> Job:
    """Return one job with its place in the queue and how far it is."""
    return show_jobs([job], store, dispatcher)[0]


def show_jobs(jobs: Iterable[StoredJob], store: JobStore, dispatcher: Dispatcher) -> list[Job]:
    """Return jobs in their order, with places and progress."""
    jobs = list(jobs)
    queued = [job.id for job in jobs if job.state is JobState.QUEUED]
    places = store.positions(queued) if queued else {}
    return [view(job, places.get(job.id), _progress(job, dispatcher)) for job in jobs]


def view(job: StoredJob, place: int | None, progress: JobProgress | None) -> Job:
    """Return a job as it travels; `place` is 1 for the one that is claimed next."""
    return Job(
        id=job.id,
        state=job.state,
        client=job.client,
        name=job.name,
        priority=job.priority,
        labels=list(job.labels),
        created=job.created,
        started=job.started,
        finished=job.finished,
        attempt=job.attempt,
        cancelling=job.cancelling,
        position=None if place is None else place - 1,
        progress=progress,
        problem=None if job.problem is None else ProblemItem.of(job.problem),
        outputs=None if job.outputs is None else show_outputs(job.outputs),
    )


def show_progress(progress: Progress) -> JobProgress:
    """Return how far a running job is, as it travels."""
    last = progress.last
    return JobProgress(
        nodes_done=progress.nodes_done,
        nodes_total=progress.nodes_total,
        node=progress.node,
        done=None if last is None else last.done,
        total=None if last is None else last.total,
        seconds=None if last is None else last.seconds,
        remaining=None if last is None else last.remaining,
    )


def show_outputs(outputs: Mapping[str, Any]) -> dict[str, list[OutputFile] | OutputValue]:
    """Return named outputs as they travel: files, or one value."""
    return {
        name: [OutputFile.model_validate(each) for each in output]
        if isinstance(output, list)
        else OutputValue.model_validate(output)
        for name, output in outputs.items()
    }


def _progress(job: StoredJob, dispatcher: Dispatcher) -> JobProgress | None:
    if job.state is not JobState.RUNNING:
        return None
    progress = dispatcher.progress_of(job.id)
    return None if progress is None or progress.attempt != job.attempt else show_progress(progress)
