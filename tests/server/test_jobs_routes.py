"""Jobs over HTTP: submitted, refused, seen, listed, stopped, moved and deleted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from graphflow.document import FORMAT
from tests.toy import link, workflow

from .painting import REGISTRY, painted, run, submit, wait
from .serving import ADMIN, A, B, Served, serving

JOBS = "/api/v1/jobs"
GRAPH = workflow(
    {"dig": ("Dig", {}), "fire": ("Fire", {"clay": link("dig")})},
    inputs={"seed": {"node": "dig", "input": "seed"}, "name": {"node": "dig", "input": "name"}},
    outputs={"files": {"node": "fire", "output": "files"}, "lump": {"node": "dig", "output": "out"}},
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return a server that the tests of this file share."""
    with serving(tmp_path_factory.mktemp("home"), registry=REGISTRY) as server:
        yield server


@pytest.fixture
def paused(served: Served) -> Iterator[Served]:
    """Return the server while it hands out no jobs, with an empty queue."""
    assert served.ask("POST", "/api/v1/queue/pause").status == 200
    yield served
    for user in (ADMIN, A, B):
        served.ask("POST", f"{JOBS}/cancel", user=user)
    assert served.ask("POST", "/api/v1/queue/resume").json["paused"] is False


def get(served: Served, id: str, user: str = ADMIN) -> Any:
    return served.ask("GET", f"{JOBS}/{id}", user=user).json


def act(served: Served, id: str, act: str, user: str = ADMIN, body: Any = None) -> Any:
    answer = served.ask("POST", f"{JOBS}/{id}/{act}", user=user, body=body)
    assert answer.status == 200, answer.body
    return answer.json


def problems(served: Served, body: Any, user: str = ADMIN) -> list[dict[str, Any]]:
    answer = served.ask("POST", JOBS, user=user, body=body)
    assert answer.status == 422, answer.body
    return list(answer.json["problems"])


def test_a_job_runs_and_shows_its_files_and_values(served: Served) -> None:
    answer = served.ask("POST", JOBS, body={"workflow": {**GRAPH, "name": "Pots"}, "labels": ["try"], "priority": 3})

    assert (answer.status, sorted(answer.json)) == (202, ["id", "state"])
    assert answer.headers["Location"] == f"{JOBS}/{answer.json['id']}"
    job = wait(served, answer.json["id"])
    assert (job["state"], job["attempt"], job["name"], job["labels"]) == ("done", 1, "Pots", ["try"])
    assert (job["client"], job["priority"], job["position"], job["progress"]) == ("owner", 3, None, None)
    assert job["created"] <= job["started"] <= job["finished"]
    [file] = job["outputs"]["files"]
    assert served.ask("GET", f"/api/v1/artifacts/{file['sha256']}").body == b"clay"
    assert sorted(file) == ["height", "media_type", "name", "sha256", "size", "width"]
    assert "value" in job["outputs"]["lump"]


def test_whole_numbers_of_64_bits_come_through_exactly(served: Served) -> None:
    job = run(served, GRAPH, inputs={"seed": 2**64 - 1})

    kept = served.ask("GET", f"{JOBS}/{job['id']}/workflow").json

    assert kept["workflow"]["nodes"]["dig"]["inputs"]["seed"] == 18446744073709551615
    [file] = job["outputs"]["files"]
    assert served.ask("GET", f"/api/v1/artifacts/{file['sha256']}").body == b"clay18446744073709551615"


def test_the_workflow_of_a_job_has_its_inputs_as_they_were(served: Served) -> None:
    id = submit(served, GRAPH, A, inputs={"name": "mud"}, targets=["fire"])

    kept = served.ask("GET", f"{JOBS}/{id}/workflow", user=A).json

    assert kept["workflow"]["nodes"]["dig"]["inputs"] == {"name": "mud"}
    assert kept["targets"] == ["fire"]
    assert served.ask("GET", f"{JOBS}/{id}/workflow", user=B).status == 404


def test_a_saved_workflow_runs_by_its_name(served: Served) -> None:
    folder = served.server.engine.as_user("bob").home.workflows
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mine.json").write_text(json.dumps({**GRAPH, "name": "Bob's"}))

    job = run(served, "mine", B, inputs={"name": "loam"})

    assert (job["state"], job["name"]) == ("done", "Bob's")
    assert served.ask("POST", JOBS, user=A, body={"workflow": "mine"}).code == "unknown-workflow"
    assert served.ask("POST", JOBS, user=A, body={"workflow": "mine"}).status == 404


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/passwd", "secret.json", "./secret", "a/../../secret", "..\\secret", "~/secret", "sec\0"]
)
def test_the_name_of_a_workflow_is_never_a_path(served: Served, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    home = served.server.home.root
    home.joinpath("secret.json").write_text(json.dumps(GRAPH))
    monkeypatch.chdir(home)

    answer = served.ask("POST", JOBS, body={"workflow": name})

    assert answer.status in (404, 422)
    assert b"root:" not in answer.body


def test_every_problem_is_told_at_once(served: Served) -> None:
    graph = workflow(
        {"dig": ("Dig", {"seed": "7"}), "knead": ("Knead", {"clay": link("dig"), "times": 99}), "fire": ("Fire", {})},
        inputs={"name": {"node": "dig", "input": "name"}, "times": {"node": "knead", "input": "times"}},
        outputs={"out": {"node": "knead", "output": "out"}},
    )

    found = problems(served, {"workflow": graph, "inputs": {"nmae": 1, "name": {"artifact": "0" * 64}}})

    told = {(each["code"], each["node"], each["input"]) for each in found}
    assert told >= {
        ("wrong-type", "dig", "seed"),
        ("out-of-range", "knead", "times"),
        ("no-file-input", "dig", "name"),
        ("unknown-input", None, None),
    }
    assert any(each["node"] == "fire" for each in found)


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({"seed": "7"}, "wrong-type"),
        ({"seed": 2**64}, "number-too-large"),
        ({"seed": -1}, "out-of-range"),
        ({"seed": None}, "wrong-type"),
        ({"seed": {"node": "dig", "output": "out"}}, "link-refused"),
        ({"name": {"x": 1}}, "bad-link"),
        ({"nothing": 1}, "unknown-input"),
    ],
)
def test_inputs_are_held_to_what_the_workflow_takes(served: Served, inputs: Any, code: str) -> None:
    answer = served.ask("POST", JOBS, body={"workflow": GRAPH, "inputs": inputs})

    assert answer.status == 422
    assert [each["code"] for each in answer.json["problems"]] == [code]


def test_half_a_character_is_refused(served: Served) -> None:
    raw = json.dumps({"workflow": GRAPH, "inputs": {"name": "half \ud800"}}).encode()

    assert served.ask("POST", JOBS, data=raw).status in (400, 422)


def test_a_literal_may_be_wrapped(served: Served) -> None:
    assert run(served, GRAPH, inputs={"seed": {"value": 7}, "name": {"value": "mud"}})["state"] == "done"


@pytest.mark.parametrize(
    ("body", "input"),
    [
        ({}, "workflow"),
        ({"workflow": GRAPH, "priority": "3"}, "priority"),
        ({"workflow": GRAPH, "priority": 1001}, "priority"),
        ({"workflow": GRAPH, "time_limit": 0}, "time_limit"),
        ({"workflow": GRAPH, "held": 1}, "held"),
        ({"workflow": GRAPH, "labels": ["x" * 101]}, "labels.0"),
        ({"workflow": GRAPH, "labels": ["x"] * 33}, "labels"),
        ({"workflow": GRAPH, "client": "bob"}, "client"),
        ({"workflow": 7}, "workflow"),
        ({"workflow": "x" * 201}, "workflow"),
    ],
)
def test_a_request_is_read_strictly(served: Served, body: Any, input: str) -> None:
    assert input in {each["input"] for each in problems(served, body)}


def test_labels_and_priority_may_be_as_large_as_they_may(paused: Served) -> None:
    id = submit(paused, GRAPH, labels=["x" * 100] * 32, priority=1000, time_limit=1)

    assert get(paused, id)["priority"] == 1000


@pytest.mark.parametrize(
    ("graph", "code"),
    [
        ({"format": FORMAT}, "missing-key"),
        ({"format": "other", "nodes": {}}, "wrong-format"),
        (workflow({"x": ("Nowhere", {})}), "unknown-type"),
        (workflow({}), "no-target"),
    ],
)
def test_what_is_no_workflow_is_refused(served: Served, graph: Any, code: str) -> None:
    assert [each["code"] for each in problems(served, {"workflow": graph})] == [code]


def test_only_what_is_aimed_at_has_to_be_right(served: Served) -> None:
    graph = workflow({"dig": ("Dig", {}), "fire": ("Fire", {"clay": link("dig")}), "bad": ("Fire", {})})

    assert run(served, graph, targets=["fire"])["state"] == "done"
    assert problems(served, {"workflow": graph, "targets": ["fier"]})[0]["code"] == "unknown-target"


def test_jobs_of_others_are_not_there(served: Served) -> None:
    id = run(served, GRAPH, A)["id"]
    calls = [("GET", ""), ("DELETE", ""), ("GET", "/workflow"), ("GET", "/artifacts")]
    calls += [("POST", f"/{act}") for act in ("cancel", "retry", "hold", "release")]

    for method, path in calls:
        mine = served.ask(method, f"{JOBS}/{id}{path}", user=B)
        nobodys = served.ask(method, f"{JOBS}/{'0' * 24}{path}", user=B)
        assert (mine.status, mine.code) == (404, "unknown-job"), path
        assert mine.body.replace(id.encode(), b"") == nobodys.body.replace(b"0" * 24, b""), path
    assert served.ask("PATCH", f"{JOBS}/{id}", user=B, body={"priority": 1}).status == 404
    assert served.ask("POST", f"{JOBS}/{id}/move", user=B, body={"to": "front"}).status == 404
    assert get(served, id, A)["state"] == get(served, id, ADMIN)["state"] == "done"


def test_an_ended_job_is_deleted_with_its_files(served: Served) -> None:
    job = run(served, painted(color="#123456"), A)
    sha256 = job["outputs"]["images"][0]["sha256"]

    assert served.ask("DELETE", f"{JOBS}/{job['id']}", user=A).status == 204

    assert served.ask("GET", f"{JOBS}/{job['id']}", user=A).status == 404
    assert served.ask("GET", f"/api/v1/artifacts/{sha256}", user=A).status == 404
    assert served.ask("DELETE", f"{JOBS}/{job['id']}", user=A).status == 404


def test_jobs_are_held_released_cancelled_and_tried_again(paused: Served) -> None:
    id = submit(paused, GRAPH, A, held=True)

    assert get(paused, id, A)["state"] == "held"
    assert act(paused, id, "release", A)["state"] == "queued"
    assert act(paused, id, "hold", A)["state"] == "held"
    assert paused.ask("POST", f"{JOBS}/{id}/retry", user=A).status == 409
    assert paused.ask("DELETE", f"{JOBS}/{id}", user=A).code == "wrong-state"
    assert act(paused, id, "cancel", A)["state"] == "cancelled"
    assert act(paused, id, "cancel", A)["state"] == "cancelled"
    assert paused.ask("POST", f"{JOBS}/{id}/hold", user=A).status == 409
    assert act(paused, id, "retry", A)["state"] == "queued"


def test_positions_follow_priorities_and_moves(paused: Served) -> None:
    first, second, third = (submit(paused, GRAPH, A) for _ in range(3))

    def places() -> list[int]:
        return [get(paused, id, A)["position"] for id in (first, second, third)]

    assert places() == [0, 1, 2]
    assert act(paused, third, "move", A, {"before": first})["position"] == 0
    assert places() == [1, 2, 0]
    act(paused, first, "move", A, {"to": "back"})
    assert places() == [2, 1, 0]
    changed = paused.ask("PATCH", f"{JOBS}/{first}", user=A, body={"priority": 5})
    assert (changed.status, changed.json["position"], changed.json["priority"]) == (200, 0, 5)


@pytest.mark.parametrize("body", [{}, {"before": "x", "to": "front"}, {"to": "middle"}, {"to": 1}])
def test_a_move_names_one_place(paused: Served, body: Any) -> None:
    id = submit(paused, GRAPH, A)

    assert paused.ask("POST", f"{JOBS}/{id}/move", user=A, body=body).status == 422


def test_a_job_moves_only_before_one_of_the_same_client(paused: Served) -> None:
    mine, bobs = submit(paused, GRAPH, A), submit(paused, GRAPH, B)

    assert paused.ask("POST", f"{JOBS}/{mine}/move", user=A, body={"before": bobs}).code == "unknown-job"
    assert paused.ask("POST", f"{JOBS}/{mine}/move", body={"before": bobs}).code == "wrong-client"


def test_a_client_cancels_and_clears_only_its_own(paused: Served) -> None:
    paused.ask("POST", f"{JOBS}/clear", user=A)
    mine = [submit(paused, GRAPH, A) for _ in range(3)]
    bobs = submit(paused, GRAPH, B)

    assert paused.ask("POST", f"{JOBS}/cancel", user=A).json == {"jobs": 3}
    assert get(paused, bobs, B)["state"] == "queued"
    assert paused.ask("POST", f"{JOBS}/clear", user=A).json == {"jobs": 3}
    assert paused.ask("GET", f"{JOBS}/{mine[0]}", user=A).status == 404
    assert paused.ask("POST", f"{JOBS}/cancel?client=bob", user=A).code == "not-admin"
    assert paused.ask("POST", f"{JOBS}/cancel?client=bob").json == {"jobs": 1}


def test_a_file_that_another_job_has_too_stays_when_one_is_deleted(served: Served, tmp_path: Path) -> None:
    first, second = (run(served, painted(color="#654321"), A) for _ in range(2))
    sha256 = first["outputs"]["images"][0]["sha256"]

    served.ask("DELETE", f"{JOBS}/{first['id']}", user=A)

    assert served.ask("GET", f"/api/v1/artifacts/{sha256}", user=A).status == 200
    assert get(served, second["id"], A)["state"] == "done"


def test_a_failed_job_says_where_and_why(served: Served) -> None:
    graph = workflow({"dig": ("Dig", {}), "break": ("Break", {"clay": link("dig")})})

    job = run(served, graph, targets=["break"])

    assert job["state"] == "failed"
    assert (job["problem"]["node"], job["problem"]["input"]) == ("break", "clay")
    assert job["problem"]["hint"] == "be gentle"
