"""The threads that read and write files beside the loop: a few on every machine, and all there from the start."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Final

from graphflow.jobs import JobStore

THREADS: Final = 6
"""Python would take four more than there are processors, and begin each when it is first missed."""
_PATIENCE: Final = 10.0


async def begin_threads(store: JobStore) -> None:
    """Give the running loop its threads, each of which has asked the store something.

    A thread, its part of the heap and its connection take most of a megabyte that is never given back; so that is held
    from the first minute, and not in steps over hours. On a machine that is too slow just now some begin later.
    """
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="graphflow-files"))
    together = Barrier(THREADS)

    def begin() -> None:
        with suppress(BrokenBarrierError):
            together.wait(_PATIENCE)
        store.last_seq()

    await asyncio.gather(*(asyncio.to_thread(begin) for _ in range(THREADS)))
