"""Says what a worker holds in memory, and frees it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from graphflow.api import Held
from graphflow.engine import Engine
from graphflow.jobs.worker.seam import WorkerStatus

EVERYTHING: Final = 1 << 62


def status_of(engine: Engine) -> WorkerStatus:
    """Return what an engine's resources and its cache hold, the resident bytes of this process, and its device."""
    held = engine.resources.held()
    memory = engine.cache.memory
    if memory is not None:
        figures = memory.statistics()
        why = f"{figures.entries:,} results, to be used again; at most {figures.budget:,} bytes"
        held.append(Held("results", figures.bytes, "memory", why))
    return WorkerStatus(tuple(held), resident_bytes(), engine.resources.device_memory())


def free(engine: Engine, wanted: int | None) -> int:
    """Free so many bytes, by default all that can be spared, models before results; return how many were freed."""
    left = EVERYTHING if wanted is None else wanted
    freed = engine.resources.release(left)
    if freed < left and engine.cache.memory is not None:
        freed += engine.cache.memory.release(left - freed)
    return freed


def resident_bytes() -> int:
    """Return the bytes of memory that this process takes now; where the system does not say, the most it took."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return _peak_bytes()
    return pages * os.sysconf("SC_PAGE_SIZE")


def _peak_bytes() -> int:
    if sys.platform == "win32":
        return 0
    import resource  # not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
