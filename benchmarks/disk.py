"""What a disk takes to keep something for good, and how to make it slower."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from benchmarks.measuring import Times, times

FLUSHES = 200
_PAGE = 4096

_SLOWER = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
static int after(const char *name, int fd) {
    usleep(MICROSECONDS);
    return ((int (*)(int))dlsym(RTLD_NEXT, name))(fd);
}
int fsync(int fd) { return after("fsync", fd); }
int fdatasync(int fd) { return after("fdatasync", fd); }
"""


def flushes(folder: Path) -> Times:
    """Time how long it takes until a page that is written behind a file's end is on the disk."""
    page = os.urandom(_PAGE)
    with (folder / "flushed").open("ab", buffering=0) as file:

        def flush() -> None:
            file.write(page)
            os.fsync(file.fileno())

        return times(flush, FLUSHES)


def slower(folder: Path, seconds: float) -> dict[str, str] | None:
    """Return the environment in which a program's every flush takes so much longer; None without a C compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    source, library = folder / "slower.c", folder / "slower.so"
    source.write_text(_SLOWER.replace("MICROSECONDS", str(round(seconds * 1e6))))
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return {"LD_PRELOAD": str(library)}
