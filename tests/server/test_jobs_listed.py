"""Lists of jobs: filters, pages, whose; and the queue as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from graphflow.server.limits import Limits
from tests.toy import link, workflow

from .painting import REGISTRY, run, submit
from .serving import ADMIN, A, B, Served, serving

JOBS = "/api/v1/jobs"
GRAPH = workflow({"dig": ("Dig", {}), "fire": ("Fire", {"clay": link("dig")})})


@pytest.fixture
def paused(tmp_path: Path) -> Iterator[Served]:
    """Return a fresh server that hands out no jobs."""
    with serving(tmp_path, registry=REGISTRY, limits=Limits(queued_jobs=4)) as server:
        assert server.ask("POST", "/api/v1/queue/pause").json["paused"] is True
        yield server


def listed(served: Served, query: str = "", user: str = A) -> list[str]:
    answer = served.ask("GET", f"{JOBS}?{query}", user=user)
    assert answer.status == 200, answer.body
    return [job["id"] for job in answer.json["jobs"]]


def test_jobs_are_listed_newest_first_and_only_ones_own(paused: Served) -> None:
    first, second = submit(paused, GRAPH, A), submit(paused, GRAPH, A)
    bobs = submit(paused, GRAPH, B)

    assert listed(paused) == [second, first]
    assert listed(paused, user=B) == [bobs]
    assert listed(paused, user=ADMIN) == [bobs, second, first]
    assert listed(paused, "client=bob", user=ADMIN) == [bobs]
    assert paused.ask("GET", f"{JOBS}?client=bob", user=A).code == "not-admin"


def test_jobs_are_listed_by_state_label_name_and_time(paused: Served) -> None:
    held = submit(paused, {**GRAPH, "name": "Pots"}, A, held=True, labels=["try", "kiln"])
    plain = submit(paused, GRAPH, A, labels=["try"])
    created = paused.ask("GET", f"{JOBS}/{plain}", user=A).json["created"]

    assert listed(paused, "state=held") == [held]
    assert listed(paused, "state=held&state=queued") == [plain, held]
    assert listed(paused, "state=done") == []
    assert listed(paused, "label=kiln") == [held]
    assert listed(paused, "label=try&state=queued") == [plain]
    assert listed(paused, "name=Pots") == [held]
    assert listed(paused, f"created_from={created!r}") == [plain]
    assert listed(paused, f"created_before={created!r}") == [held]


def test_pages_join_without_a_gap_while_jobs_come(paused: Served) -> None:
    ids = [submit(paused, GRAPH, A) for _ in range(3)]

    page = paused.ask("GET", f"{JOBS}?limit=2", user=A).json
    submit(paused, GRAPH, A)
    rest = paused.ask("GET", f"{JOBS}?limit=2&cursor={page['next']}", user=A).json

    assert [job["id"] for job in (*page["jobs"], *rest["jobs"])] == ids[::-1]
    assert rest["next"] is None
    assert [job["position"] for job in page["jobs"]] == [2, 1]


@pytest.mark.parametrize(
    "query",
    ["state=lost", "limit=0", "limit=501", "limit=x", "cursor=-1", "created_from=nan", "order=up", "limit=1&limit=2"],
)
def test_a_wrong_filter_is_refused(paused: Served, query: str) -> None:
    assert paused.ask("GET", f"{JOBS}?{query}", user=A).status in (400, 422)


def test_the_queue_is_full_at_its_limit_and_open_again_below(paused: Served) -> None:
    ids = [submit(paused, GRAPH, A) for _ in range(4)]

    full = paused.ask("POST", JOBS, user=A, body={"workflow": GRAPH})

    assert (full.status, full.code) == (429, "queue-full")
    assert 1 <= int(full.headers["Retry-After"]) <= ceil(paused.server.dispatcher.tally.speed.seconds(A))
    submit(paused, GRAPH, B)
    paused.ask("POST", f"{JOBS}/{ids[0]}/cancel", user=A)
    submit(paused, GRAPH, A)


def test_the_queue_shows_what_waits_of_ones_own(paused: Served) -> None:
    submit(paused, GRAPH, A)
    submit(paused, GRAPH, B, held=True)

    def counts(user: str) -> dict[str, Any]:
        queue = paused.ask("GET", "/api/v1/queue", user=user).json
        return {state: number for state, number in queue["counts"].items() if number}

    assert (counts(A), counts(B)) == ({"queued": 1}, {"held": 1})
    assert counts(ADMIN) == {"queued": 1, "held": 1}


def test_only_an_administrator_pauses_the_queue_and_it_goes_on_afterwards(paused: Served) -> None:
    for act in ("pause", "resume"):
        assert paused.ask("POST", f"/api/v1/queue/{act}", user=A).code == "not-admin"
    assert paused.ask("GET", "/api/v1/queue", user=A).json["paused"] is True

    id = submit(paused, GRAPH, A)
    assert paused.ask("GET", f"{JOBS}/{id}", user=A).json["state"] == "queued"
    assert paused.ask("POST", "/api/v1/queue/resume").json["paused"] is False

    assert run(paused, GRAPH, B)["state"] == "done"
