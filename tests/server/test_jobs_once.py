"""The same key makes one job, however often and from however many sides it is sent; limits of a submission."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from graphflow.server.limits import Limits
from tests.toy import link, workflow

from .painting import REGISTRY, submit, wait
from .serving import ADMIN, A, Answer, B, Served, serving

JOBS = "/api/v1/jobs"
GRAPH = workflow({"dig": ("Dig", {}), "fire": ("Fire", {"clay": link("dig")})})


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path, registry=REGISTRY, limits=Limits(nodes=5, depth=20, body_bytes=20_000)) as server:
        yield server


def send(served: Served, key: str | None, user: str = A, **more: Any) -> Answer:
    body = {"workflow": GRAPH, **more}
    return served.ask("POST", JOBS, user=user, body=body, headers={"Idempotency-Key": key})


def test_a_hundred_at_once_make_one_job(served: Served) -> None:
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: send(served, "once"), range(100)))

    assert {answer.status for answer in answers} == {202}
    assert len({answer.json["id"] for answer in answers}) == 1
    assert len(served.ask("GET", JOBS, user=A).json["jobs"]) == 1


def test_without_a_key_each_makes_a_job(served: Served) -> None:
    assert len({send(served, None).json["id"] for _ in range(3)}) == 3


def test_a_key_answers_with_the_state_by_then(served: Served) -> None:
    id = send(served, "k").json["id"]
    wait(served, id)

    again = send(served, "k")

    assert (again.status, again.json) == (202, {"id": id, "state": "done"})


def test_a_key_for_another_request_is_a_conflict(served: Served) -> None:
    id = send(served, "k").json["id"]

    for more in ({"priority": 1}, {"labels": ["x"]}, {"targets": ["fire"]}, {"held": True}):
        refused = send(served, "k", **more)
        assert (refused.status, refused.code) == (409, "idempotency-conflict"), more
    assert send(served, "k").json["id"] == id


def test_keys_of_two_users_are_two_keys(served: Served) -> None:
    assert send(served, "k").json["id"] != send(served, "k", B).json["id"]


def test_a_key_holds_though_the_request_could_not_be_planned_any_more(served: Served) -> None:
    folder = served.server.engine.as_user("ada").home.workflows
    folder.mkdir(parents=True)
    saved = folder / "mine.json"
    saved.write_text(json.dumps(GRAPH))
    id = send(served, "k", workflow="mine").json["id"]

    saved.unlink()

    assert send(served, "k", workflow="mine").json["id"] == id
    assert send(served, "other", workflow="mine").status == 404


def test_a_refused_request_leaves_its_key_free(served: Served) -> None:
    assert send(served, "k", targets=["nowhere"]).status == 422
    assert send(served, "k").status == 202


@pytest.mark.parametrize(("key", "status"), [("x" * 200, 202), ("x" * 201, 400), ("", 400)])
def test_a_key_has_a_length(served: Served, key: str, status: int) -> None:
    assert send(served, key).status == status


def chain(length: int) -> dict[str, Any]:
    nodes: dict[str, Any] = {"n0": ("Dig", {})}
    nodes |= {f"n{n}": ("Knead", {"clay": link(f"n{n - 1}")}) for n in range(1, length - 1)}
    return workflow({**nodes, "fire": ("Fire", {"clay": link(f"n{length - 2}")})})


def test_a_workflow_may_have_so_many_nodes_and_not_one_more(served: Served) -> None:
    assert wait(served, submit(served, chain(5), ADMIN))["state"] == "done"

    refused = served.ask("POST", JOBS, body={"workflow": chain(6)})

    assert (refused.status, refused.code) == (422, "too-many-nodes")
    assert "5 are allowed" in refused.json["problems"][0]["message"]


def test_nodes_in_subgraphs_count_as_well(served: Served) -> None:
    inner = {"nodes": chain(5)["nodes"]}

    refused = served.ask("POST", JOBS, body={"workflow": {**chain(3), "subgraphs": {"s": inner}}})

    assert refused.code == "too-many-nodes"


def test_what_is_nested_too_deep_or_too_large_is_refused(served: Served) -> None:
    def deep(levels: int) -> Answer:
        raw = b'{"workflow": %s1%s}' % (b"[" * levels, b"]" * levels)
        return served.ask("POST", JOBS, data=raw)

    assert (deep(20).status, deep(20).code) == (400, "too-deep")
    assert deep(19).status == 422
    large = served.ask("POST", JOBS, data=b'{"workflow": "%s"}' % (b"x" * 20_000))
    assert (large.status, large.code) == (413, "too-large")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b'{"workflow": "a", "workflow": "b"}',
        b'{"workflow": NaN}',
        b'{"workflow": "a", "priority": Infinity}',
        b'{"workflow": "\xff"}',
        b'{"workflow": {"nodes": {"a": {}, "a": {}}}}',
    ],
)
def test_json_with_two_meanings_or_none_is_refused(served: Served, raw: bytes) -> None:
    assert served.ask("POST", JOBS, data=raw).status in (400, 422)
