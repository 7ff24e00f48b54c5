"""How a job of the store looks to clients: progress, places, outputs; and what a full disk looks like."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from graphflow.errors import StorageError
from graphflow.events import NodeProgress
from graphflow.jobs import JobStore
from graphflow.jobs.dispatch import Progress
from graphflow.server.requests.job_view import show_outputs, show_progress
from tests.toy import Meeting, link, workflow

from .painting import submit, wait
from .serving import A, B, Served, serving

GRAPH = workflow(
    {"dig": ("Dig", {}), "wait": ("Wait", {"clay": link("dig")}), "fire": ("Fire", {"clay": link("wait")})}
)


@pytest.fixture
def meeting() -> Meeting:
    return Meeting()


@pytest.fixture
def served(tmp_path: Path, meeting: Meeting) -> Iterator[Served]:
    with serving(tmp_path, registry=meeting.registry) as server:
        yield server
        meeting.go_on.set()


def get(served: Served, id: str, user: str = A) -> Any:
    return served.ask("GET", f"/api/v1/jobs/{id}", user=user).json


def test_a_running_job_shows_how_far_it_is(served: Served, meeting: Meeting) -> None:
    id = submit(served, GRAPH, A)
    assert meeting.inside.wait(30)

    job = get(served, id)

    assert (job["state"], job["position"], job["attempt"]) == ("running", None, 1)
    assert job["progress"]["nodes_total"] == 3
    assert job["progress"]["nodes_done"] <= 1
    assert [each["id"] for each in served.ask("GET", "/api/v1/queue", user=A).json["running"]] == [id]
    assert served.ask("GET", "/api/v1/queue", user=B).json["running"] == []
    meeting.go_on.set()
    assert wait(served, id)["progress"] is None


def test_a_running_job_is_asked_to_stop(served: Served, meeting: Meeting) -> None:
    id = submit(served, GRAPH, A)
    assert meeting.inside.wait(30)

    assert served.ask("DELETE", f"/api/v1/jobs/{id}", user=A).code == "wrong-state"
    asked = served.ask("POST", f"/api/v1/jobs/{id}/cancel", user=A).json

    assert asked["cancelling"] or asked["state"] == "cancelled"
    assert wait(served, id)["state"] == "cancelled"


def test_progress_travels_with_its_step_and_estimate() -> None:
    last = NodeProgress(node="sampler", done=3, total=20, seconds=1.5, remaining=8.5)

    shown = show_progress(Progress(2, 4, 7, "sampler", last)).model_dump()

    assert shown == {
        "nodes_done": 4, "nodes_total": 7, "node": "sampler", "done": 3, "total": 20, "seconds": 1.5, "remaining": 8.5,
    }  # fmt: skip
    assert show_progress(Progress(2, 4, 7, "decode", None)).node == "decode"
    assert show_progress(Progress(2, 4, 7, None, None)).node is None


def test_outputs_are_files_or_values() -> None:
    file = {"sha256": "a" * 64, "media_type": "image/png", "name": "a.png", "size": 3, "width": 1, "height": 1}

    shown = show_outputs({"images": [file], "seed": {"value": 2**64 - 1, "type": "INT"}, "none": {"value": None}})

    assert [each.model_dump() for each in shown["images"]] == [file]  # type: ignore[union-attr]  # a list of files
    assert shown["seed"].model_dump() == {"value": 2**64 - 1, "type": "INT"}  # type: ignore[union-attr]  # one value


def test_a_full_disk_refuses_a_job_and_the_next_is_taken(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    full: Future[Any] = Future()
    full.set_exception(StorageError("the disk is full: the job was not stored", hint="free some space"))

    with monkeypatch.context() as broken:
        broken.setattr(JobStore, "submit", lambda store, new: full)
        refused = served.ask("POST", "/api/v1/jobs", user=A, body={"workflow": GRAPH})

    assert (refused.status, refused.code) == (507, "storage")
    assert served.ask("GET", "/api/v1/jobs", user=A).json["jobs"] == []
    submit(served, GRAPH, A)


def test_many_who_read_and_submit_at_once_get_what_is_theirs(served: Served, meeting: Meeting) -> None:
    meeting.go_on.set()
    ids: dict[str, list[str]] = {A: [], B: []}

    def work(user: str) -> None:
        ids[user] = [submit(served, GRAPH, user) for _ in range(10)]

    threads = [threading.Thread(target=work, args=(user,)) for user in ids]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    for user in ids:
        listed = served.ask("GET", "/api/v1/jobs", user=user).json["jobs"]
        assert sorted(each["id"] for each in listed) == sorted(ids[user])
