"""Has the store write, and goes on trying while the disk refuses: what was reported is not lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from graphflow.errors import StaleAttempt, StorageError
from graphflow.jobs.dispatch.rules import Rules
from graphflow.jobs.dispatch.tally import Tally
from graphflow.jobs.hearing import heard

T = TypeVar("T")
_LOG = logging.getLogger(__name__)


async def write(change: Callable[[], Future[T]], rules: Rules, tally: Tally) -> T | None:
    """Return what a change returns once it is on disk; None when it was for an attempt that is over."""
    pause = rules.retry
    while True:
        try:
            return await heard(change())
        except StaleAttempt:
            tally.stale += 1
            return None
        except StorageError as error:
            if pause == rules.retry:
                _LOG.warning("%s; it is tried again", error)
            tally.refusals += 1
        await asyncio.sleep(pause)
        pause = min(2 * pause, rules.longest_retry)
