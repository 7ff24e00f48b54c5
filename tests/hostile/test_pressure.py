"""More than may be: a full queue, a client that floods, and each limit at its edge that no other test stands at."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from graphflow.server.limits import Limits
from tests.server.painting import REGISTRY, painted, run
from tests.server.pictures import picture
from tests.server.serving import A, Answer, B, Served, serving
from tests.sizes import sized, tell
from tests.toy import workflow

from .raw import MIB, request, resident, say

REFUSED = sized(500, 10_000)


def ask(served: Served, user: str = A, held: bool = True, label: str = "x", **body: object) -> Answer:
    sent = {"workflow": painted(), "held": held, "labels": [label], **body}
    return served.ask("POST", "/api/v1/jobs", user=user, body=sent)


def test_a_full_queue_says_when_to_come_back_and_costs_no_memory(tmp_path: Path) -> None:
    with serving(tmp_path / "home", registry=REGISTRY, limits=Limits(queued_jobs=5)) as served:
        taken = [ask(served).status for _ in range(5)]
        before, seconds = resident(), []
        refused = []
        for _ in range(REFUSED):
            begun = time.perf_counter()
            refused.append(ask(served))
            seconds.append(time.perf_counter() - begun)
        others = ask(served, B).status

    took, more = sorted(seconds)[REFUSED // 2] * 1000, (resident() - before) // MIB
    tell("jobs refused by a full queue", f"{REFUSED:,}, median {took:.1f} ms, {more} MiB more")
    assert taken == [202] * 5
    assert {(each.status, each.code) for each in refused} == {(429, "queue-full")}
    assert all(int(each.headers["Retry-After"]) >= 1 for each in refused)
    assert others == 202
    assert resident() - before < 100 * MIB
    assert sorted(seconds)[REFUSED // 2] < 0.5


def test_a_client_with_many_jobs_delays_anothers_first_by_one(tmp_path: Path) -> None:
    with serving(tmp_path / "home", registry=REGISTRY) as served:
        served.ask("POST", "/api/v1/queue/pause")
        for _ in range(50):
            ask(served, A, held=False)
        first = ask(served, B, held=False).json["id"]

        position = served.ask("GET", f"/api/v1/jobs/{first}", user=B).json["position"]

    assert position <= 1


def padded(length: int) -> bytes:
    return b'{"workflow":"a"}'.ljust(length)


def test_bytes_of_a_body(tmp_path: Path) -> None:
    with serving(tmp_path / "home", limits=Limits(body_bytes=1000)) as served:
        assert b"too-large" not in say(served, request(served, body=padded(1000))).data
        assert b"too-large" in say(served, request(served, body=padded(1001))).data


@pytest.mark.parametrize(("depth", "refused"), [(10, False), (11, True)])
def test_depth_of_a_body(tmp_path: Path, depth: int, refused: bool) -> None:
    with serving(tmp_path / "home", limits=Limits(depth=10)) as served:
        body = b'{"workflow":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"

        assert (b"too-deep" in say(served, request(served, body=body)).data) == refused


@pytest.mark.parametrize(("nodes", "status"), [(10, 202), (11, 422)])
def test_nodes_of_a_workflow(tmp_path: Path, nodes: int, status: int) -> None:
    with serving(tmp_path / "home", registry=REGISTRY, limits=Limits(nodes=10)) as served:
        graph = workflow({f"n{number}": ("Paint", {}) for number in range(nodes)})
        answer = served.ask("POST", "/api/v1/jobs", body={"workflow": graph, "held": True})

        assert answer.status == status
        assert status == 202 or answer.code == "too-many-nodes"


@pytest.mark.parametrize(("length", "code"), [(50, "unknown-upload"), (51, "name-too-long")])
def test_characters_of_a_name(tmp_path: Path, length: int, code: str) -> None:
    with serving(tmp_path / "home", limits=Limits(name=50)) as served:
        assert served.ask("GET", f"/api/v1/uploads/{'a' * length}").code == code


@pytest.mark.parametrize(("side", "status"), [(20, 201), (21, 413)])
def test_pixels_of_a_picture(tmp_path: Path, side: int, status: int) -> None:
    with serving(tmp_path / "home", limits=Limits(pixels=400)) as served:
        data = picture("PNG", (side, 20))
        sent = served.ask("POST", "/api/v1/uploads?name=a.png", data=data, headers={"Content-Type": "image/png"})

        assert sent.status == status
        assert status == 201 or sent.code == "too-many-pixels"


@pytest.mark.parametrize(("more", "status"), [(0, 201), (-1, 413)])
def test_bytes_of_an_upload(tmp_path: Path, more: int, status: int) -> None:
    data = picture()
    with serving(tmp_path / "home", limits=Limits(upload_bytes=len(data) + more)) as served:
        sent = served.ask("POST", "/api/v1/uploads?name=a.png", data=data, headers={"Content-Type": "image/png"})

        assert sent.status == status


def test_labels_of_a_job(tmp_path: Path) -> None:
    with serving(tmp_path / "home", registry=REGISTRY) as served:
        assert ask(served, label="x" * 100).status == 202
        assert ask(served, label="x" * 101).status == 422
        assert ask(served, labels=["x"] * 32).status == 202
        assert ask(served, labels=["x"] * 33).status == 422


def test_time_of_a_job(tmp_path: Path) -> None:
    with serving(tmp_path / "home", registry=REGISTRY) as served:
        assert run(served, painted(), time_limit=60)["state"] == "done"
        for wrong in (0, -1, "1"):
            assert ask(served, time_limit=wrong).status == 422


def test_a_list_that_is_too_long_to_ask_for(tmp_path: Path) -> None:
    with serving(tmp_path / "home") as served:
        assert served.ask("GET", "/api/v1/jobs?limit=500").status == 200
        assert served.ask("GET", "/api/v1/jobs?limit=501").status == 422
        assert served.ask("GET", f"/api/v1/jobs?cursor={2**63}").status == 422
