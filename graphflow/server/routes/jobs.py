"""Jobs: submit them, see them, stop them, try them again, move and delete them."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from http import HTTPStatus
from typing import cast

from graphflow.document import to_json
from graphflow.errors import QueueFull, UnknownJob, WorkflowError
from graphflow.inputs import set_inputs
from graphflow.jobs import Job as StoredJob
from graphflow.jobs import NewJob
from graphflow.jobs.gallery import Wanted
from graphflow.jobs.hearing import heard
from graphflow.jobs.model import Deleted
from graphflow.jobs.reading import Filter
from graphflow.server.catalogue.privacy import without_paths
from graphflow.server.files.input_folder import InputFolder
from graphflow.server.problems import Refused, busy
from graphflow.server.requests.artifact_view import show_artifact
from graphflow.server.requests.belongings import Belongings
from graphflow.server.requests.job_view import show_job, show_jobs
from graphflow.server.route import Call, Reply, Route
from graphflow.server.streams.following import whose
from graphflow.wire.artifacts import ArtifactList
from graphflow.wire.jobs import (
    ChangeJob,
    Job,
    JobPage,
    JobQuery,
    JobRequest,
    JobsChanged,
    JobTicket,
    MoveJob,
    SubmitJob,
    WhoseJobs,
)

KEY = "Idempotency-Key"
LONGEST_KEY = 200
_MOST_ARTIFACTS = 10_000
"""Of one job, listed at once."""


async def submit_job(call: Call) -> Reply:
    """Store a job that runs a workflow, and answer as soon as it is safe on disk.

    Everything is checked before: a workflow that cannot run is answered with 422 and all of its problems. With an
    Idempotency-Key the same request makes one job, however often it is sent, and is answered in the same way with the
    state in which the job is by then; the same key with another request is refused with 409.
    """
    request, server, user = cast(SubmitJob, call.body), call.server, call.user
    key = _key(call)
    new = NewJob(
        "",
        client=user.name,
        priority=request.priority,
        labels=tuple(request.labels),
        idempotency_key=key,
        time_limit=request.time_limit,
        held=request.held,
        fingerprint=None if key is None else request.model_dump_json(),
    )
    known = server.store.submitted(new)
    if known is not None:
        return _ticket(known)
    engine = server.engine_of(user)
    mine = Belongings(server.store, server.blobs, InputFolder(engine.home.input, engine.files), user.name)
    try:
        ready = await server.acceptance.prepare(request, engine, mine.find, server.limits.nodes)
    except WorkflowError as error:
        raise WorkflowError(without_paths(error.problems, engine, user)) from None
    try:
        job, _ = await heard(server.store.submit(replace(new, body=ready.body, name=ready.name)))
    except QueueFull as full:
        raise busy(full.code, str(full), server.dispatcher.tally.speed.seconds(user.name), hint=full.hint) from full
    return _ticket(job)


async def read_job(call: Call) -> Job:
    """Return a job: its state, its place in the queue, how far it is, what went wrong, and its outputs."""
    return await asyncio.to_thread(lambda: _shown(call, _own(call)))


async def list_jobs(call: Call) -> JobPage:
    """Return jobs, newest first, page by page; an administrator sees everybody's and may choose a `client`."""
    query, store = cast(JobQuery, call.query), call.server.store
    wanted = Filter(
        client=whose(call.user, query.client),
        states=query.state,
        label=query.label,
        name=query.name,
        created_from=query.created_from,
        created_before=query.created_before,
    )

    def page() -> JobPage:
        found = store.list(wanted, query.cursor, query.limit)
        return JobPage(jobs=show_jobs(found.jobs, store, call.server.dispatcher), next=found.before)

    return await asyncio.to_thread(page)


async def delete_job(call: Call) -> Reply:
    """Delete a job that has ended, with its events; its files go with it, unless another job has the same."""
    job = _own(call)
    await _drop(call, await heard(call.server.store.delete(job.id)))
    return Reply(status=HTTPStatus.NO_CONTENT)


async def cancel_job(call: Call) -> Job:
    """Cancel a waiting job, or ask a running one to stop at its next step; asking again changes nothing."""
    job = await heard(call.server.store.cancel(_own(call).id))
    return _shown(call, job)


async def retry_job(call: Call) -> Job:
    """Queue a failed or cancelled job again, behind the others."""
    job = await heard(call.server.store.retry(_own(call).id))
    return _shown(call, job)


async def hold_job(call: Call) -> Job:
    """Keep a queued job back until it is released."""
    job = await heard(call.server.store.hold(_own(call).id))
    return _shown(call, job)


async def release_job(call: Call) -> Job:
    """Put a held job back to its place in the queue."""
    job = await heard(call.server.store.release(_own(call).id))
    return _shown(call, job)


async def change_job(call: Call) -> Job:
    """Give a waiting job another priority: among the jobs of a client the highest goes first."""
    priority = cast(ChangeJob, call.body).priority
    job = await heard(call.server.store.prioritise(_own(call).id, priority))
    return _shown(call, job)


async def move_job(call: Call) -> Job:
    """Put a waiting job before another of the same client, or to the front or the back of that client's."""
    move, job = cast(MoveJob, call.body), _own(call)
    if move.before is not None:
        _own(call, move.before)
    moved = call.server.store.reorder(job.id, move.before, move.to or "back")
    return _shown(call, await heard(moved))


async def cancel_jobs(call: Call) -> JobsChanged:
    """Cancel all of one's jobs that have not ended; an administrator may name another `client`."""
    jobs = await heard(call.server.store.cancel_all(_whose(call)))
    return JobsChanged(jobs=len(jobs))


async def clear_jobs(call: Call) -> JobsChanged:
    """Delete all of one's jobs that have ended, with their events; an administrator may name another `client`."""
    deleted = await heard(call.server.store.clear(_whose(call)))
    await _drop(call, deleted)
    return JobsChanged(jobs=len(deleted.jobs))


async def read_job_workflow(call: Call) -> JobRequest:
    """Return the workflow that a job runs, with its inputs set as they were when it was submitted."""
    return await asyncio.to_thread(_request, call)


async def list_job_artifacts(call: Call) -> ArtifactList:
    """Return all files that a job's nodes saved, in their order, those of earlier attempts as well."""
    job = _own(call)
    page = await asyncio.to_thread(call.server.store.artifacts, Wanted(job=job.id), None, _MOST_ARTIFACTS)
    return ArtifactList(artifacts=[show_artifact(each) for each in reversed(page.artifacts)])


async def delete_job_artifact(call: Call) -> Reply:
    """Delete a file of a job that has ended, unless another job has the same; the job and its other files stay."""
    job = _own(call)
    await _drop(call, await heard(call.server.store.delete_artifact(job.id, call.path("sha256"))))
    return Reply(status=HTTPStatus.NO_CONTENT)


def _key(call: Call) -> str | None:
    given = call.request.headers.getall(KEY, [])
    if not given:
        return None
    if len(given) > 1 or not 0 < len(given[0]) <= LONGEST_KEY or not given[0].isprintable():
        message = f"{KEY} must be one text of at most {LONGEST_KEY} characters"
        raise Refused(HTTPStatus.BAD_REQUEST, "bad-idempotency-key", message, hint="a UUID does well")
    return given[0]


def _ticket(job: StoredJob) -> Reply:
    where = {"Location": f"/api/v1/jobs/{job.id}"}
    return Reply(JobTicket(id=job.id, state=job.state), HTTPStatus.ACCEPTED, where)


def _own(call: Call, id: str | None = None) -> StoredJob:
    """Return the job of the path; raise UnknownJob for one that is somebody else's, as for one that is not there."""
    id = call.path("id") if id is None else id
    job = call.server.store.get(id)
    if not (call.user.admin or job.client == call.user.name):
        raise UnknownJob(id)
    return job


def _shown(call: Call, job: StoredJob) -> Job:
    return show_job(job, call.server.store, call.server.dispatcher)


def _whose(call: Call) -> str:
    """Return whose jobs are changed all at once: an administrator means their own as well, unless they say whose."""
    return whose(call.user, cast(WhoseJobs, call.query).client) or call.user.name


async def _drop(call: Call, deleted: Deleted) -> None:
    """Delete the files of deleted jobs that no other job has; those still fresh go later."""

    def drop() -> None:
        for sha256 in deleted.orphans:
            if not call.server.store.needs(sha256):  # a job that waits may have been given it
                call.server.thumbnails.forget(sha256)
                call.server.blobs.delete(sha256)

    if deleted.orphans:
        await asyncio.to_thread(drop)


def _request(call: Call) -> JobRequest:
    job, engine = _own(call), call.server.engine
    kept = json.loads(call.server.store.body(job.id))
    workflow = set_inputs(engine.read(kept["workflow"]), kept.get("inputs") or {}, engine.registry)
    return JobRequest(workflow=to_json(workflow), targets=kept.get("targets"))


_GONE = (HTTPStatus.NOT_FOUND,)
_STATE = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.INSUFFICIENT_STORAGE)
_FULL = (HTTPStatus.INSUFFICIENT_STORAGE,)

ROUTES = (
    Route(
        "POST",
        "/api/v1/jobs",
        submit_job,
        body=SubmitJob,
        answer=JobTicket,
        status=HTTPStatus.ACCEPTED,
        problems=_STATE,
        reads=(KEY,),
        sends=("Location",),
    ),
    Route("GET", "/api/v1/jobs", list_jobs, query=JobQuery, answer=JobPage),
    Route("POST", "/api/v1/jobs/cancel", cancel_jobs, query=WhoseJobs, answer=JobsChanged, problems=_FULL),
    Route("POST", "/api/v1/jobs/clear", clear_jobs, query=WhoseJobs, answer=JobsChanged, problems=_FULL),
    Route("GET", "/api/v1/jobs/{id}", read_job, answer=Job, problems=_GONE),
    Route("DELETE", "/api/v1/jobs/{id}", delete_job, status=HTTPStatus.NO_CONTENT, problems=_STATE),
    Route("PATCH", "/api/v1/jobs/{id}", change_job, body=ChangeJob, answer=Job, problems=_STATE),
    Route("POST", "/api/v1/jobs/{id}/cancel", cancel_job, answer=Job, problems=_STATE),
    Route("POST", "/api/v1/jobs/{id}/retry", retry_job, answer=Job, problems=_STATE),
    Route("POST", "/api/v1/jobs/{id}/hold", hold_job, answer=Job, problems=_STATE),
    Route("POST", "/api/v1/jobs/{id}/release", release_job, answer=Job, problems=_STATE),
    Route("POST", "/api/v1/jobs/{id}/move", move_job, body=MoveJob, answer=Job, problems=_STATE),
    Route("GET", "/api/v1/jobs/{id}/workflow", read_job_workflow, answer=JobRequest, problems=_GONE),
    Route("GET", "/api/v1/jobs/{id}/artifacts", list_job_artifacts, answer=ArtifactList, problems=_GONE),
    Route(
        "DELETE",
        "/api/v1/jobs/{id}/artifacts/{sha256}",
        delete_job_artifact,
        status=HTTPStatus.NO_CONTENT,
        problems=_STATE,
    ),
)
