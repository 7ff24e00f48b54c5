"""Imports what a worker's nodes will need while it has nothing to do, so that the first job does not wait for it."""

from __future__ import annotations

import importlib
import logging
import time
from collections.abc import Callable, Iterable
from typing import Final

LOG: Final = logging.getLogger("graphflow.worker")
_FIRST: Final = 0.5
"""Seconds after the start: a job that waits already goes before."""
_LOOK: Final = 0.1


def preload(modules: Iterable[str], is_busy: Callable[[], bool]) -> None:
    """Import modules one by one, each when no job runs; one that fails is only noted, and its node will say why.

    The thread keeps the priority of the others. With a lower one a job that comes meanwhile would wait for a lock that
    nobody lets it have, and threads that libraries start at their import would be slow for good.
    """
    time.sleep(_FIRST)
    begun, count = time.monotonic(), 0
    for name in modules:
        while is_busy():
            time.sleep(_LOOK)
        try:
            importlib.import_module(name)
        # A pack is foreign code: what it raises while it is imported must not matter to the worker.
        except BaseException as error:  # noqa: BLE001
            LOG.warning("%s cannot be imported ahead of its use: %s: %s", name, type(error).__name__, error)
        else:
            count += 1
    LOG.info("%d modules were imported ahead of their use, in %.1f s", count, time.monotonic() - begun)
