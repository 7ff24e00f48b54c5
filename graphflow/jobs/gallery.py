"""Questions about artifacts as those who made them see them: whose they are, and the newest first."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from graphflow.jobs.model import KeptArtifact

_COLUMNS = (
    "artifacts.job, artifacts.attempt, node, artifacts.name, purpose, sha256, media_type, size, width, height, "
    "artifacts.created, jobs.client, artifacts.rowid"
)
_FIND = f"""SELECT {_COLUMNS} FROM artifacts JOIN jobs ON jobs.id = artifacts.job
    WHERE sha256 = ?1 AND (?2 IS NULL OR jobs.client = ?2) ORDER BY artifacts.rowid DESC LIMIT 1"""  # noqa: S608  a constant
_LIST = f"""SELECT {_COLUMNS} FROM artifacts CROSS JOIN jobs ON jobs.id = artifacts.job
    WHERE (?1 IS NULL OR artifacts.rowid < ?1) AND (?2 IS NULL OR jobs.client = ?2)
    AND (?3 IS NULL OR artifacts.job = ?3) AND (?4 IS NULL OR purpose = ?4)
    AND (?5 IS NULL OR media_type = ?5 OR (substr(?5, -2) = '/*' AND media_type LIKE substr(?5, 1, length(?5) - 1) || '%'))
    ORDER BY artifacts.rowid DESC LIMIT ?6"""  # noqa: S608  a constant; by itself SQLite would sort a client's artifacts


@dataclass(frozen=True, slots=True)
class Shown:
    """An artifact with whose it is and when it was kept, in seconds since 1970; `number` orders them."""

    artifact: KeptArtifact
    created: float
    client: str
    number: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which artifacts are listed: all that agree with every field that is set; `media_type` may end in `/*`."""

    client: str | None = None
    job: str | None = None
    purpose: str | None = None
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class Gallery:
    """Some artifacts, newest first, and the `before` of the next page; None when there are no more."""

    artifacts: tuple[Shown, ...]
    before: int | None


def find_artifact(connection: sqlite3.Connection, sha256: str, client: str | None) -> Shown | None:
    """Return the newest artifact with these bytes that a client's jobs made, or any job; None when none did."""
    row = connection.execute(_FIND, (sha256, client)).fetchone()
    return None if row is None else _shown(row)


def list_artifacts(connection: sqlite3.Connection, wanted: Wanted, before: int | None, limit: int) -> Gallery:
    """Return a page of artifacts, newest first. A page is stable: artifacts that come meanwhile do not shift it."""
    facts = (before, wanted.client, wanted.job, wanted.purpose, wanted.media_type, limit + 1)
    rows = connection.execute(_LIST, facts).fetchall()
    found = tuple(_shown(row) for row in rows[:limit])
    return Gallery(found, found[-1].number if len(rows) > limit else None)


def _shown(row: tuple[object, ...]) -> Shown:
    *facts, created, client, number = row
    return Shown(KeptArtifact(*facts), created, client, number)  # type: ignore[arg-type]  # the columns' types
