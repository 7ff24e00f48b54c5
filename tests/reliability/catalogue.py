"""All scenarios with their short and their long sizes, and the sabotages that each is known to notice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from tests.reliability import (
    acks,
    cancels,
    chaos,
    deaths,
    lost_files,
    real_model,
    reconnects,
    restarts,
    shutdowns,
    slow_clients,
    soak,
    zombies,
)
from tests.reliability.report import Report

Size = TypeVar("Size")


@dataclass(frozen=True)
class Scenario:
    """What is shown, how, and which sabotage turns it red (named as in `tests/reliability/sabotage`)."""

    title: str
    short: Callable[[Path], Report]
    long: Callable[[Path], Report]
    control: str = "none"


def _sized(title: str, run: Callable[[Path, Size], Report], short: Size, long: Size, control: str = "none") -> Scenario:
    return Scenario(title, lambda folder: run(folder, short), lambda folder: run(folder, long), control)


def _killer(folder: Path) -> Report:
    return deaths.killer(folder, 15)


def _api() -> dict[str, Scenario]:
    """Return what happens to the server."""
    return {
        "acks": _sized(
            "The API is killed under load: what was acknowledged is there, once",
            *(acks.kills, acks.SHORT, acks.FULL, "early-ack"),
        ),
        "keys": _sized(
            "One idempotency key a hundred times at once, also across a kill",
            *(acks.keys, acks.SHORT, acks.FULL, "no-keys"),
        ),
        "restart": _sized(
            "A long queue, and a log that was never brought into the database",
            *(restarts.restart, restarts.SHORT, restarts.FULL, "slow-start"),
        ),
        "chaos": _sized(
            "API and workers are killed at random: every job ends",
            *(chaos.kills, chaos.SHORT, chaos.FULL, "no-recovery"),
        ),
        "stops": _sized("SIGTERM in the middle of work", shutdowns.stops, shutdowns.SHORT, shutdowns.FULL, "rude-stop"),
        "hurries": _sized(
            "A second SIGTERM while a node hears nothing",
            *(shutdowns.refusals_and_hurries, shutdowns.SHORT, shutdowns.FULL),
        ),
        "two-servers": Scenario("Two servers on one home", restarts.two_servers, restarts.two_servers),
        "newer-database": Scenario(
            "An older program on a newer database", restarts.newer_database, restarts.newer_database
        ),
    }


def _workers() -> dict[str, Scenario]:
    """Return what happens to workers and to the jobs that they run."""
    fences = "no-fence with hasty-burial and slow-landing"
    return {
        "worker-deaths": _sized(
            "The worker is killed at random under load", deaths.random_kills, deaths.SHORT, deaths.FULL
        ),
        "named-deaths": _sized(
            "The worker is killed at named points", deaths.named_kills, deaths.SHORT, deaths.FULL, fences
        ),
        "killer": Scenario("One job that kills each worker, among fifteen good ones", _killer, _killer, "never-blamed"),
        "late-writes": _sized(
            "A worker sleeps, is declared dead, and wakes up on an open line",
            *(zombies.late_writes, zombies.SHORT, zombies.FULL, "no-fence"),
        ),
        "leases": _sized("A worker sleeps past its lease", zombies.past_the_lease, zombies.SHORT, zombies.FULL),
        "cancels": _sized("Cancels at random moments", cancels.at_random, cancels.SHORT, cancels.FULL, "deaf-worker"),
        "not-obeyed": _sized(
            "A cancel that a node does not hear", cancels.not_obeyed, cancels.SHORT, cancels.FULL, "no-journals"
        ),
        "real-model": _sized(
            "The model that ships, killed and cancelled in the middle of sampling",
            *(real_model.kills, real_model.SHORT, real_model.FULL),
        ),
        "batches": Scenario(
            "One of two jobs that share their forwards is cancelled", real_model.batches, real_model.batches
        ),
        "cache-writes": Scenario(
            "A stop and a kill during a write to the cache",
            *(shutdowns.during_a_cache_write, shutdowns.during_a_cache_write),
        ),
        "lost-files": Scenario(
            "An artifact is deleted behind the server's back",
            *(lost_files.deleted_artifacts, lost_files.deleted_artifacts),
        ),
    }


def catalogue(minutes: float) -> dict[str, Scenario]:
    """Return the scenarios by name; the soak lasts so many minutes."""
    lasting = replace(soak.FULL, seconds=minutes * 60)
    return {
        **_api(),
        **_workers(),
        "reconnects": _sized(
            "Clients that come back with after=N, also across kills of the API",
            *(reconnects.at_random, reconnects.SHORT, reconnects.FULL, "late-streams"),
        ),
        "slow-clients": _sized(
            "Clients that never read, or vanish without a word",
            *(slow_clients.beside_bad_ones, slow_clients.SHORT, slow_clients.FULL, "in-turn, hoarding"),
        ),
        "soak": _sized("Mixed work with kills and reconnects for a long time", soak.soak, soak.SHORT, lasting),
    }
