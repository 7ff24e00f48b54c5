"""The client for plain programs: the asynchronous one, on a loop of its own behind their back."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self, Unpack

from graphflow.client.async_client import AsyncClient
from graphflow.client.background import Background
from graphflow.client.connection import PATIENCE
from graphflow.client.jobs import AsyncJob
from graphflow.client.plain import Plain, PlainEach
from graphflow.client.queue import AsyncQueue
from graphflow.client.submit import Wishes
from graphflow.client.values import Source
from graphflow.client.workflows import AsyncWorkflows


class _Twin:
    """Something plain that has an asynchronous twin."""

    def __init__(self, twin: Any, background: Background) -> None:
        self.twin = twin
        self.background = background


class Job(_Twin):
    """A handle on a job: it costs nothing, and the job does not notice when it goes away."""

    @property
    def id(self) -> str:
        """The job's id."""
        return str(self.twin.id)

    def __repr__(self) -> str:
        return f"Job({self.id!r})"

    get = Plain(AsyncJob.get)
    events = PlainEach(AsyncJob.events)
    previews = PlainEach(AsyncJob.previews)
    wait = Plain(AsyncJob.wait)
    outputs = Plain(AsyncJob.outputs)
    files = Plain(AsyncJob.files)
    artifacts = Plain(AsyncJob.artifacts)
    workflow = Plain(AsyncJob.workflow)
    cancel = Plain(AsyncJob.cancel)
    retry = Plain(AsyncJob.retry)
    hold = Plain(AsyncJob.hold)
    release = Plain(AsyncJob.release)
    prioritise = Plain(AsyncJob.prioritise)
    move = Plain(AsyncJob.move)
    delete = Plain(AsyncJob.delete)
    delete_artifact = Plain(AsyncJob.delete_artifact)


class Workflows(_Twin):
    """Read, save and check workflows. A change names the revision that it is made from, so nobody's work gets lost."""

    list = Plain(AsyncWorkflows.list)
    get = Plain(AsyncWorkflows.get)
    save = Plain(AsyncWorkflows.save)
    delete = Plain(AsyncWorkflows.delete)
    rename = Plain(AsyncWorkflows.rename)
    duplicate = Plain(AsyncWorkflows.duplicate)
    revisions = Plain(AsyncWorkflows.revisions)
    restore = Plain(AsyncWorkflows.restore)
    schema = Plain(AsyncWorkflows.schema)
    validate = Plain(AsyncWorkflows.validate)
    convert = Plain(AsyncWorkflows.convert)

    def run(self, name: str, inputs: Mapping[str, Any] | None = None, **wishes: Unpack[Wishes]) -> Job:
        """Run a saved workflow with these values at its named inputs, and return the job, which is stored by then."""
        return Job(self.background.run(self.twin.run(name, inputs, **wishes)), self.background)


class Queue(_Twin):
    """See and steer what waits."""

    get = Plain(AsyncQueue.get)
    pause = Plain(AsyncQueue.pause)
    resume = Plain(AsyncQueue.resume)


class Client(_Twin):
    """Talk to a GraphFlow server: `with Client() as client: job = client.submit("txt2img")`.

    `url` is by default GRAPHFLOW_URL, else where `graphflow serve` listens; `token` is GRAPHFLOW_TOKEN, else, for a
    server on this machine, the one in the home folder. `tls` is for certificates that the system does not know.
    A call that fails for a while is tried again for `patience` seconds where that can do no harm; then, and when the
    server refuses, it raises Unreachable or ApiError. Any thread may use it.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        patience: float = PATIENCE,
    ) -> None:
        twin = AsyncClient(url, token, tls=tls, patience=patience)
        super().__init__(twin, Background())
        self.workflows = Workflows(twin.workflows, self.background)
        self.queue = Queue(twin.queue, self.background)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections, and end the loop: nothing can be asked any more."""
        if not self.background.closed:
            self.background.run(self.twin.close())
            self.background.close()

    def submit(self, workflow: Source, inputs: Mapping[str, Any] | None = None, **wishes: Unpack[Wishes]) -> Job:
        """Have a workflow run, and return the job, which is stored by then.

        An input that takes a file may be a path here, which is uploaded, or a file that a job made.
        """
        return Job(self.background.run(self.twin.submit(workflow, inputs, **wishes)), self.background)

    def job(self, id: str) -> Job:
        """Return a handle on a job by its id; nothing is asked yet."""
        return Job(self.twin.job(id), self.background)

    jobs = PlainEach(AsyncClient.jobs)
    cancel_all = Plain(AsyncClient.cancel_all)
    clear = Plain(AsyncClient.clear)
    events = PlainEach(AsyncClient.events)
    upload = Plain(AsyncClient.upload)
    fetch = Plain(AsyncClient.fetch)
    save = Plain(AsyncClient.save)
    picture = Plain(AsyncClient.picture)
    nodes = Plain(AsyncClient.nodes)
    node = Plain(AsyncClient.node)
    models = Plain(AsyncClient.models)
    system = Plain(AsyncClient.system)
    memory = Plain(AsyncClient.memory)
    free = Plain(AsyncClient.free)
    cache = Plain(AsyncClient.cache)
    clear_cache = Plain(AsyncClient.clear_cache)
