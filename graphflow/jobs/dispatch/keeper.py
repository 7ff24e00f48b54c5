"""Lets go of what is too old: ended jobs with their events and journals, and bytes that nobody has any more."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from graphflow.errors import StorageError, UnknownJob
from graphflow.jobs.blobs import BlobFolder
from graphflow.jobs.hearing import heard
from graphflow.jobs.model import ENDED, Deleted
from graphflow.jobs.store import JobStore
from graphflow.jobs.worker.names import sweep_names

DAY = 86_400.0
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Retention:
    """Ended jobs are kept for `seconds`, and the newest `most` of them. Times are in seconds.

    What they made is kept within `bytes`, None for as much as it is; jobs that ended less than `fresh` ago stay whatever
    that says, so that their files can be fetched. That is looked after `every` so often; each `sweep_every` all bytes are held against all jobs, for what was missed.
    """

    seconds: float = 30 * DAY
    most: int = 10_000
    bytes: int | None = None
    fresh: float = 3600.0
    every: float = 600.0
    sweep_every: float = DAY


_DEFAULT = Retention()


class Keeper:
    """Keep a home from growing without end. `forget` is told what is deleted, on another thread.

    `names` is the folder where workers note what they call their files. `chore` is done each time as well, on another
    thread.
    """

    def __init__(
        self,
        store: JobStore,
        blobs: BlobFolder,
        retention: Retention = _DEFAULT,
        forget: Callable[[Deleted], None] = lambda _: None,
        names: Path | None = None,
        chore: Callable[[], object] = lambda: None,
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._retention = retention
        self._forget = forget
        self._names = names
        self._chore = chore
        self._task: asyncio.Task[None] | None = None
        self._halt = asyncio.Event()

    def start(self) -> None:
        """Begin to look after the home, at once and then again and again."""
        self._task = asyncio.create_task(self._run(), name="keeper")

    async def stop(self) -> None:
        """End when what is under way is done."""
        self._halt.set()
        if self._task is not None:
            await self._task

    async def tidy(self) -> int:
        """Delete ended jobs beyond what is kept, with what only they had; return how many."""
        gone = 0
        while not self._halt.is_set():
            deleted = await self._delete_some()
            if not deleted.jobs:
                break
            gone += len(deleted.jobs)
            await asyncio.to_thread(self._let_go, deleted)
        if self._names is not None:
            await asyncio.to_thread(sweep_names, self._names, self._is_over)
        return gone

    async def sweep(self) -> int:
        """Delete all bytes that no job has or waits for; return how many files went."""
        return await asyncio.to_thread(self._blobs.sweep, self._store.needs)

    async def _run(self) -> None:
        clock = asyncio.get_running_loop().time
        sweep_at = clock()
        while not self._halt.is_set():
            try:
                await self.tidy()
                await asyncio.to_thread(self._chore)
                if clock() >= sweep_at:
                    sweep_at = clock() + self._retention.sweep_every
                    await self.sweep()
            except (StorageError, OSError) as error:
                _LOG.warning("old jobs could not be deleted: %s; it is tried again later", error)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._halt.wait(), self._retention.every)

    async def _delete_some(self) -> Deleted:
        rule = self._retention
        deleted = await heard(self._store.retain(rule.seconds, rule.most))
        if deleted.jobs or rule.bytes is None:
            return deleted
        surplus = await asyncio.to_thread(self._store.surplus, rule.bytes, time.time() - rule.fresh)
        return await heard(self._store.discard(surplus)) if surplus else deleted

    def _is_over(self, job: str) -> bool:
        try:
            return self._store.get(job).state in ENDED
        except UnknownJob:
            return True

    def _let_go(self, deleted: Deleted) -> None:
        self._forget(deleted)
        for digest in deleted.orphans:
            if not self._store.needs(digest):
                self._blobs.delete(digest)
