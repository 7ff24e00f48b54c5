"""How many claims it takes until a job is claimed, from the same rules as the claims.

In the r-th round of turns each client that has so many jobs is served once, who was served longest ago first; jobs
that have to run alone go before all turns.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from itertools import count

_ALL = """SELECT id, row_number() OVER (ORDER BY alone DESC, CASE alone WHEN 1 THEN number ELSE rank END, served, client)
    FROM (SELECT id, number, alone, served, jobs.client AS client,
        row_number() OVER (PARTITION BY jobs.client, alone ORDER BY priority DESC, place) AS rank
        FROM jobs JOIN clients ON clients.client = jobs.client WHERE state = 'queued')"""
_NUMBERS = "SELECT number, id, client, alone FROM jobs WHERE state = 'queued' AND id IN ({})"
_ALONE = "SELECT number FROM jobs INDEXED BY jobs_alone WHERE state = 'queued' AND alone = 1 ORDER BY number"
_QUEUE = """SELECT number FROM jobs INDEXED BY jobs_queued WHERE state = 'queued' AND alone = 0 AND client = ?
    ORDER BY priority DESC, place"""
_TURNS = """SELECT client, (SELECT count(*) FROM jobs INDEXED BY jobs_queued
    WHERE state = 'queued' AND alone = 0 AND client = clients.client) FROM clients WHERE waiting > 0 ORDER BY served, client"""


def positions(connection: sqlite3.Connection) -> dict[str, int]:
    """Return for each queued job how many claims it takes until it is claimed, 1 for the next, in this order."""
    return dict(connection.execute(_ALL).fetchall())


def positions_of(connection: sqlite3.Connection, ids: Collection[str]) -> dict[str, int]:
    """Return the same for some jobs only: of ten thousand that wait, an index is read and not the jobs."""
    connection.execute("BEGIN")  # all questions see one state
    try:
        return _positions_of(connection, ids)
    finally:
        connection.execute("COMMIT")


def _positions_of(connection: sqlite3.Connection, ids: Collection[str]) -> dict[str, int]:
    rows = connection.execute(_NUMBERS.format(", ".join("?" * len(ids))), tuple(ids)).fetchall()
    if not rows:
        return {}
    alone = [number for (number,) in connection.execute(_ALONE)]
    turns: list[tuple[str, int]] = connection.execute(_TURNS).fetchall()
    ranks: dict[int, int] = {}
    wanted: dict[str, set[int]] = {}
    for number, _, client, is_alone in rows:
        if not is_alone:
            wanted.setdefault(client, set()).add(number)
    for client, numbers in wanted.items():
        ranks |= _ranks(connection, client, numbers)
    found = {
        id: alone.index(number) + 1 if is_alone else len(alone) + _claims_until(client, ranks[number], turns)
        for number, id, client, is_alone in rows
    }
    return dict(sorted(found.items(), key=lambda each: each[1]))


def _ranks(connection: sqlite3.Connection, client: str, wanted: set[int]) -> dict[int, int]:
    """Return the places, from 1, of some of a client's jobs among all of them that take turns."""
    left = set(wanted)
    ranks: dict[int, int] = {}
    for rank, (number,) in zip(count(1), connection.execute(_QUEUE, (client,)), strict=False):
        if number in left:
            ranks[number] = rank
            left.remove(number)
            if not left:
                break
    return ranks


def _claims_until(client: str, rank: int, turns: list[tuple[str, int]]) -> int:
    """Return in how many claims a client's job of this rank is claimed."""
    claims, rounds = 0, rank
    for other, size in turns:
        claims += min(size, rounds)
        if other == client:
            rounds = rank - 1  # those who come later in a round have one turn less by then
    return claims
