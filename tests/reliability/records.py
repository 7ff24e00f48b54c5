"""What a server left behind, read beside its own code: the database, the artifacts, the output folder."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

ENDED = ("done", "failed", "cancelled")


@dataclass(frozen=True)
class Stored:
    """A job's row with its events: (n, attempt, time, event), in order."""

    id: str
    state: str
    key: str | None
    attempts: int
    outputs: Any
    problem: Any
    events: tuple[tuple[int, int, float, dict[str, Any]], ...]

    def states(self) -> list[str]:
        """The states that it went through."""
        return [event["state"] for _, _, _, event in self.events if event["kind"] == "job.state"]


@contextmanager
def opened(home: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(home / "jobs" / "jobs.db")) as database:
        yield database


def stored_jobs(home: Path) -> dict[str, Stored]:
    """Return all jobs by id."""
    with opened(home) as database:
        events: dict[str, list[tuple[int, int, float, dict[str, Any]]]] = {}
        for job, n, attempt, at, body in database.execute("SELECT job, n, attempt, at, body FROM events ORDER BY seq"):
            events.setdefault(job, []).append((n, attempt, at, json.loads(body)))
        rows = database.execute("SELECT id, state, idempotency_key, attempt, outputs, problem FROM jobs").fetchall()
    return {
        id: Stored(id, state, key, attempts, _json(outputs), _json(problem), tuple(events.get(id, ())))
        for id, state, key, attempts, outputs, problem in rows
    }


def broken(home: Path) -> list[str]:
    """Return all that is wrong with a home whose server has stopped and whose jobs should all have ended."""
    with opened(home) as database:
        check = database.execute("PRAGMA integrity_check").fetchone()[0]
    faults = [] if check == "ok" else [f"integrity_check says {check}"]
    for job in stored_jobs(home).values():
        numbers = [n for n, *_ in job.events]
        if numbers != list(range(1, len(numbers) + 1)):
            faults.append(f"the events of job {job.id} have a gap or a double: {numbers}")
        if job.state not in ENDED:
            faults.append(f"job {job.id} never ended: {job.state}")
        elif Counter(job.states())[job.state] != 1 or job.states()[-1] != job.state:
            faults.append(f"job {job.id} ended more than once: {job.states()}")
        if job.state == "failed" and not (job.problem or {}).get("message"):
            faults.append(f"job {job.id} failed without a reason")
        faults += missing_artifacts(home, job)
    return faults


def missing_artifacts(home: Path, job: Stored) -> list[str]:
    """Return what a done job promises and the folder does not hold."""
    faults = []
    for digest in files_of(job):
        path = home / "artifacts" / digest[:2] / digest
        path = path if path.exists() else next((home / "jobs").rglob(digest), path)
        if not path.exists() or sha256(path.read_bytes()).hexdigest() != digest:
            faults.append(f"the artifact {digest} of job {job.id} is not there, or is damaged")
    return faults


def files_of(job: Stored) -> list[str]:
    """Return the hashes of the files among a job's outputs."""
    outputs: Mapping[str, Any] = job.outputs or {}
    return [str(each["sha256"]) for value in outputs.values() if isinstance(value, list) for each in value]


def _json(text: str | None) -> Any:
    return None if text is None else json.loads(text)
