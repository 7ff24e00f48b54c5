"""The way back from a destroyed job store, as the error's hint tells it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphflow.cli import main
from graphflow.errors import StorageError
from graphflow.jobs.model import NewJob
from graphflow.jobs.store import JobStore


def test_the_command_that_the_error_names_brings_the_jobs_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, copy = tmp_path / "home", tmp_path / "copy.db"
    store = JobStore(home / "jobs")
    job, _ = store.submit(NewJob("{}")).result()
    assert main(["jobs", "backup", str(copy), "--home", str(home)]) == 0
    store.close()
    (home / "jobs" / "jobs.db").write_bytes(b"\0" * 4096)
    with pytest.raises(StorageError) as caught:
        JobStore(home / "jobs")
    assert "`graphflow jobs restore" in str(caught.value.hint)

    assert main(["jobs", "restore", str(copy), "--home", str(home)]) == 0

    assert "what was there lies in" in capsys.readouterr().out
    store = JobStore(home / "jobs")
    assert store.get(job.id) == job
    store.close()


def test_programs_get_json_and_a_failure_is_an_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["jobs", "restore", str(tmp_path / "none.db"), "--home", str(tmp_path), "--json"])

    printed = json.loads(capsys.readouterr().out)
    assert code == 1
    assert printed["kind"] == "jobs.failed"
    assert "there is no file" in printed["problems"][0]["message"]
