"""A disk that is full is said, costs nothing that was promised, and is forgotten as soon as there is room again."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from graphflow.jobs import store as store_module
from tests.reliability.sabotage.store import EarlyWriter
from tests.server.painting import REGISTRY, painted, run, submit, wait
from tests.server.pictures import picture
from tests.server.serving import ADMIN, Answer, Served, serving
from tests.sizes import tell
from tests.toy import link, workflow

from .small import KIB, empty, fill, small_disk

BACK = 5.0
"""Seconds in which all works again: one is promised, and the machine may be busy."""


def assert_told(answer: Answer) -> None:
    """Hold an answer to 507, with a sentence and a way out, and without a path for those whom it does not concern."""
    assert answer.status == 507, answer.body
    [problem] = answer.json["problems"]
    assert "disk is full" in problem["message"] or "no space left" in problem["message"], problem
    assert "space" in problem["hint"] or "free some" in problem["hint"], problem


def soon(act: Callable[[], Answer]) -> float:
    """Return after how many seconds something is taken again."""
    begun = time.monotonic()
    while (answer := act()).status >= 400:
        assert time.monotonic() - begun < BACK, answer.body
        time.sleep(0.05)
    return time.monotonic() - begun


def dug(number: int) -> dict[str, Any]:
    return workflow({"dig": ("Dig", {"name": f"{number} " + "x" * 4000}), "fire": ("Fire", {"clay": link("dig")})})


def held(served: Served, number: int) -> Answer:
    return served.ask("POST", "/api/v1/jobs", body={"workflow": dug(number), "held": True})


def test_a_store_without_room_refuses_and_keeps_what_it_promised(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with small_disk(home / "jobs", 3 * KIB) as disk, serving(home, registry=REGISTRY) as served:
        fill(disk, leave=400)
        promised: list[str] = []
        while (answer := held(served, len(promised))).status == 202:
            promised.append(answer.json["id"])
            assert len(promised) < 2000

        assert_told(answer)
        assert_told(held(served, 0))
        for id in promised:
            assert served.ask("GET", f"/api/v1/jobs/{id}").json["state"] == "held"
        assert served.ask("GET", "/api/v1/jobs").status == 200
        assert served.ask("GET", "/api/v1/events").status == 200
        empty(disk)
        seconds = soon(lambda: held(served, 1))

        done = run(served, painted())
        tell(
            "jobs promised until a small disk was full",
            f"{len(promised)}, the next {seconds:.2f} s after there was room",
        )
        assert promised
        assert done["state"] == "done"
        with closing(sqlite3.connect(f"file:{disk}/jobs.db?mode=ro", uri=True)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert {id for (id,) in connection.execute("SELECT id FROM jobs")} >= set(promised)


def test_a_store_that_answers_before_it_commits_would_be_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "Writer", EarlyWriter)
    home = tmp_path / "home"
    with small_disk(home / "jobs", 3 * KIB) as disk, serving(home, registry=REGISTRY) as served:
        fill(disk, leave=100)
        answers = [held(served, number) for number in range(60)]
        empty(disk)
        soon(lambda: held(served, 60))
        with closing(sqlite3.connect(f"file:{disk}/jobs.db?mode=ro", uri=True)) as connection:
            stored = {id for (id,) in connection.execute("SELECT id FROM jobs")}

    assert {each.json["id"] for each in answers if each.status == 202} - stored


def test_a_job_that_runs_while_the_store_has_no_room_ends_when_there_is_some(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with small_disk(home / "jobs", 3 * KIB) as disk, serving(home, registry=REGISTRY) as served:
        waiting = [held(served, number).json["id"] for number in range(3)]
        while served.server.dispatcher.workers[0].jobs:
            time.sleep(0.01)
        released = served.ask("POST", f"/api/v1/jobs/{waiting[0]}/release")
        fill(disk)
        time.sleep(0.5)  # whatever it does now, it does on a full disk
        empty(disk)

        assert released.status == 200
        assert wait(served, waiting[0])["state"] in ("done", "failed")
        for id in waiting[1:]:
            assert served.ask("POST", f"/api/v1/jobs/{id}/release").status == 200
            assert wait(served, id)["state"] == "done"


def test_pictures_without_room_fail_their_job_and_say_so(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with small_disk(home / "output", 2 * KIB) as disk, serving(home, registry=REGISTRY) as served:
        before = run(served, painted(color="green"))
        fill(disk)
        failed = run(served, painted(color="red", side=300))
        assert before["outputs"] == served.ask("GET", f"/api/v1/jobs/{before['id']}").json["outputs"]
        empty(disk)
        after = run(served, painted(color="red", side=301))

        assert failed["state"] == "failed"
        assert "full" in failed["problem"]["message"] or "space" in failed["problem"]["message"], failed["problem"]
        assert failed["problem"]["node"] == "paint"
        assert after["state"] == "done"
        assert not list(disk.glob("**/*.part"))


def test_a_cache_without_room_costs_nothing_but_time(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with small_disk(home / "cache", 1 * KIB) as disk, serving(home, registry=REGISTRY) as served:
        fill(disk)
        states = [run(served, dug(number))["state"] for number in range(5)]
        made = run(served, painted())
        [digest] = [each["sha256"] for each in made["outputs"]["images"]]
        small = served.ask("GET", f"/api/v1/artifacts/{digest}/thumbnail")

        assert states == ["done"] * 5
        assert small.status == 200


def test_uploads_and_workflows_without_room_are_refused_and_what_was_saved_stays(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with small_disk(home, 8 * KIB) as disk, serving(home, registry=REGISTRY) as served:
        saved = put(served, "pot", dug(1), "If-None-Match")
        sent = upload(served, "small.png", (4, 4))
        fill(disk)

        assert_told(put(served, "pot", dug(2), "If-Match"))
        assert_told(upload(served, "large.png", (900, 900)))
        assert_told(held(served, 3))
        assert served.ask("GET", "/api/v1/workflows/pot").json["workflow"] == saved.json["workflow"]
        assert served.ask("GET", "/api/v1/uploads/small.png").status == 200
        assert served.ask("GET", "/api/v1/me", user=ADMIN).status == 200
        empty(disk)

        assert (saved.status, sent.status) == (201, 201)
        soon(lambda: put(served, "pot", dug(2), "If-Match"))
        soon(lambda: upload(served, "large.png", (900, 900)))
        soon(lambda: held(served, 3))


def put(served: Served, name: str, graph: Any, condition: str) -> Answer:
    return served.ask("PUT", f"/api/v1/workflows/{name}", body={"workflow": graph}, headers={condition: "*"})


def upload(served: Served, name: str, size: tuple[int, int]) -> Answer:
    noise = picture("PNG", size, compress_level=0)
    return served.ask("POST", f"/api/v1/uploads?name={name}", data=noise, headers={"Content-Type": "image/png"})


def test_submit_is_refused_where_the_whole_home_has_no_room_and_taken_later(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with small_disk(home, 8 * KIB) as disk, serving(home, registry=REGISTRY) as served:
        first = submit(served, painted())
        wait(served, first)
        fill(disk)
        [tag] = [each["sha256"] for each in wait(served, first)["outputs"]["images"]]

        assert served.ask("GET", f"/api/v1/artifacts/{tag}").status == 200
        login = served.ask("POST", "/api/v1/login", user=None, body={"secret": served.tokens[ADMIN]})
        assert_told(login)
        empty(disk)
        again = served.ask("POST", "/api/v1/login", user=None, body={"secret": served.tokens[ADMIN]})
        assert again.status == 204
