"""Finds a Chromium for the tests of the pages: one that is there, else Debian's, else Playwright's own."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from functools import lru_cache
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""How it is started: without what asks the network, and as root too."""
_PATIENCE = 600


def chromium() -> Path:
    """Return the browser's program; skip the test where none can be had. In CI such a skip fails the run."""
    found, why = _find()
    if found is None:
        pytest.skip(f"no browser: {why}")
    return found


@lru_cache(maxsize=1)
def _find() -> tuple[Path | None, str]:
    if on_path := _on_path():
        return on_path, ""
    with (Path(tempfile.gettempdir()) / f"graphflow-browser-{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the tests run in several processes, and one of them installs
        if found := _on_path() or _from_debian() or _playwrights_own():
            return found, ""
    return None, "there is no Chromium on PATH, apt-get installs none here, and Playwright has none and can fetch none"


def _on_path() -> Path | None:
    return next((Path(found) for name in NAMES if (found := shutil.which(name))), None)


def _from_debian() -> Path | None:
    if os.getuid() != 0 or shutil.which("apt-get") is None:
        return None
    if not _runs("apt-get", "install", "-y", "--no-install-recommends", "chromium"):
        _runs("apt-get", "update")
        _runs("apt-get", "install", "-y", "--no-install-recommends", "chromium")
    return _on_path()


def _playwrights_own() -> Path | None:
    if (found := _fetched()) is None:
        _runs(sys.executable, "-m", "playwright", "install", "chromium")
        found = _fetched()
    return found


def _fetched() -> Path | None:
    """Return the browser that Playwright keeps, asked in a process of its own: its loop would stay in ours."""
    ask = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    told = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=False)
    path = Path(told.stdout.strip() or ".")
    return path if path.is_file() else None


def _runs(*command: str) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        told = subprocess.run(command, env=environment, capture_output=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return False
    return told.returncode == 0
