"""The finder of browsers: what is there goes first, and a missing one is a skip that CI does not allow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import browser
from tests.conftest import ALLOWED_SKIPS

TELL = """
import os, sys
os.getuid = lambda: 1000  # may install nothing
import tests.browser as browser
browser._runs = lambda *_: False
browser._fetched = lambda: None
print(*browser._find(), sep="|")
"""


def found_with(path: Path) -> str:
    """Return what the finder says in a process that has this PATH alone and may fetch nothing."""
    environment = {"PATH": str(path), "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-c", TELL]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("name", browser.NAMES)
def test_a_browser_on_the_path_is_taken(tmp_path: Path, name: str) -> None:
    program = tmp_path / name
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)

    assert found_with(tmp_path) == f"{program}|"


def test_without_any_the_reason_is_told_and_ci_does_not_take_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = found_with(tmp_path)
    assert told.startswith("None|there is no Chromium on PATH")

    monkeypatch.setattr(browser, "_find", lambda: (None, told))
    with pytest.raises(pytest.skip.Exception) as skipped:
        browser.chromium()
    assert not str(skipped.value).startswith(ALLOWED_SKIPS)
