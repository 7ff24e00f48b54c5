"""Says which ended jobs have to leave for what jobs made to fit into a number of bytes."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable

_ENDED = "state IN ('done', 'failed', 'cancelled')"
_SIZES = "SELECT sha256, max(size), count(DISTINCT job) FROM artifacts GROUP BY sha256"
_OLD = f"""SELECT id FROM jobs WHERE {_ENDED} AND finished < ? AND EXISTS (SELECT 1 FROM artifacts WHERE job = id)
    ORDER BY finished, number"""  # noqa: S608  a constant
_WAITED_FOR = f"SELECT body FROM jobs JOIN requests ON job = id WHERE NOT ({_ENDED}) AND instr(body, 'sha256:')"  # noqa: S608
_NAMED = re.compile(r"sha256:([0-9a-f]{64})")


def surplus(connection: sqlite3.Connection, most: int, before: float, limit: int) -> tuple[str, ...]:
    """Return the oldest ended jobs without which what is left of all jobs is `most` bytes; at most `limit` of them.

    A file that several jobs made counts once. Jobs that ended after `before` stay, and so do those that made what one
    that has not ended asks for: then more than `most` bytes are left.
    """
    rows = connection.execute(_SIZES).fetchall()
    sizes = {digest: size for digest, size, _ in rows}
    makers = {digest: count for digest, _, count in rows}
    total = sum(sizes.values())
    if total <= most:
        return ()
    wanted = _named(body for (body,) in connection.execute(_WAITED_FOR))
    chosen: list[str] = []
    for (job,) in connection.execute(_OLD, (before,)):
        made = {each for (each,) in connection.execute("SELECT sha256 FROM artifacts WHERE job = ?", (job,))}
        if made & wanted:
            continue
        chosen.append(job)
        for digest in made:
            makers[digest] -= 1
            total -= 0 if makers[digest] else sizes[digest]
        if total <= most or len(chosen) == limit:
            break
    return tuple(chosen)


def _named(bodies: Iterable[str]) -> set[str]:
    return {digest for body in bodies for digest in _NAMED.findall(body)}
