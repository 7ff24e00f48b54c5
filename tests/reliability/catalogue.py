"""All scenarios with their short and their long sizes, and the sabotages that each is known to notice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
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
from tests.reliability.suites import Suite, tests_of

Size = TypeVar("Size")


@dataclass(frozen=True)
class Scenario:
    """What is shown, how, and which sabotage turns it red (named as in `tests/reliability/sabotage`).

    Those that run `beside` others hang on no times; they come last, at once, for the soak lasts long anyway.
    """

    title: str
    short: Callable[[Path], Report]
    long: Callable[[Path], Report]
    control: str = "none"
    beside: bool = False


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
            *(shutdowns.refusals_and_hurries, shutdowns.SHORT, shutdowns.FULL, "one-signal"),
        ),
        "two-servers": Scenario("Two servers on one home", restarts.two_servers, restarts.two_servers, "no-lock"),
        "newer-database": Scenario(
            "An older program on a newer database", restarts.newer_database, restarts.newer_database, "any-version"
        ),
    }


def _workers() -> dict[str, Scenario]:
    """Return what happens to workers and to the jobs that they run."""
    fences = "no-fence with hasty-burial and slow-landing"
    return {
        "worker-deaths": _sized(
            "The worker is killed at random under load", deaths.random_kills, deaths.SHORT, deaths.FULL, "slow-burial"
        ),
        "named-deaths": _sized(
            "The worker is killed at named points", deaths.named_kills, deaths.SHORT, deaths.FULL, f"{fences}, no-names"
        ),
        "killer": Scenario("One job that kills each worker, among fifteen good ones", _killer, _killer, "never-blamed"),
        "late-writes": _sized(
            "A worker sleeps, is declared dead, and wakes up on an open line",
            *(zombies.late_writes, zombies.SHORT, zombies.FULL, "no-fence"),
        ),
        "leases": _sized(
            "A worker sleeps past its lease", zombies.past_the_lease, zombies.SHORT, zombies.FULL, "lease=3600"
        ),
        "cancels": _sized("Cancels at random moments", cancels.at_random, cancels.SHORT, cancels.FULL, "deaf-worker"),
        "not-obeyed": _sized(
            "A cancel that a node does not hear", cancels.not_obeyed, cancels.SHORT, cancels.FULL, "no-journals"
        ),
        "real-model": _sized(
            "The model that ships, killed and cancelled in the middle of sampling",
            *(real_model.kills, real_model.SHORT, real_model.FULL, "no-journals"),
        ),
        "batches": Scenario(
            "One of two jobs that share their forwards is cancelled",
            *(real_model.batches, real_model.batches, "deaf-worker"),
        ),
        "cache-writes": Scenario(
            "A stop and a kill during a write to the cache",
            *(shutdowns.during_a_cache_write, shutdowns.during_a_cache_write, "careless-cache"),
        ),
        "lost-files": Scenario(
            "An artifact is deleted behind the server's back",
            *(lost_files.deleted_artifacts, lost_files.deleted_artifacts, "blind-trust"),
        ),
    }


def catalogue(minutes: float) -> dict[str, Scenario]:
    """Return the scenarios by name; the soak lasts so many minutes."""
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
        **_beside(minutes),
    }


def _beside(minutes: float) -> dict[str, Scenario]:
    """Return what runs for long: the soak, and folders of tests with the numbers that ten minutes have room for."""
    lasting = replace(soak.FULL, seconds=minutes * 60)
    tens, limit = minutes / 10, max(60 * minutes, 300)
    power = ["tests/faults/test_power_cuts.py", "tests/faults/test_power_cuts_files.py"]
    disks = ["tests/faults/test_full_disks.py", "tests/faults/test_corrupt_files.py"]
    machine, requests = ["tests/faults/test_machine.py"], ["tests/server/test_schemathesis.py"]
    suites = {
        "power-cuts": ("The power is cut under all that is kept", Suite("2", power, 1.0, 0.6 * limit)),
        "disks": ("Disks that are full, and files that somebody damaged", Suite("9, 10", disks, 1.0, 0.2 * limit)),
        "machine": ("Anything is asked at any time, with kills", Suite("4, 30", machine, 0.25, 0.7 * limit)),
        "hostile": ("Hostile input", Suite("13, 14, 22-25, 29", ["tests/hostile"], 1.0, 0.4 * limit)),
        "requests": ("What the API's document allows, and what not", Suite("30", requests, 0.1, 0.5 * limit)),
    }
    title = "Mixed work with kills and reconnects for a long time"
    soaking = _sized(title, soak.soak, soak.SHORT, lasting, "leaky-streams")
    named = {"soak": replace(soaking, beside=True)}
    for name, (title, suite) in suites.items():
        little, much = replace(suite, share=0.0, patience=600.0), replace(suite, share=min(suite.share * tens, 1.0))
        named[name] = Scenario(
            title, partial(tests_of, suite=little), partial(tests_of, suite=much), "by tests beside them", beside=True
        )
    return named
