"""Files as inputs of jobs: made by jobs or uploaded, one's own and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.toy import link, workflow

from .painting import REGISTRY, looked, made, painted, run, wait
from .pictures import picture
from .serving import ADMIN, A, Answer, B, Served, serving

JOBS = "/api/v1/jobs"
RED = picture(color="red")
HASH = sha256(RED).hexdigest()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path, registry=REGISTRY) as server:
        yield server


def ask(served: Served, graph: Any, user: str = A, **more: Any) -> Answer:
    return served.ask("POST", JOBS, user=user, body={"workflow": graph, **more})


def upload(served: Served, data: bytes = RED, name: str = "cat.png", user: str = A) -> Any:
    return served.ask(
        "POST", f"/api/v1/uploads?name={name}", user=user, data=data, headers={"Content-Type": "image/png"}
    ).json


def seen(served: Served, job: Any) -> bytes:
    """Return what the job's `Fire` node saved."""
    [file] = served.ask("GET", f"{JOBS}/{job['id']}/artifacts").json["artifacts"]
    return served.ask("GET", f"/api/v1/artifacts/{file['sha256']}").body


def test_what_a_job_made_is_the_input_of_the_next(served: Served) -> None:
    digest = made(served, painted(color="blue"), A)

    job = run(served, looked("cat.png"), A, inputs={"image": {"artifact": digest}})

    assert job["state"] == "done", job
    assert seen(served, job) == digest.encode()
    kept = served.ask("GET", f"{JOBS}/{job['id']}/workflow", user=A).json["workflow"]
    assert kept["nodes"]["look"]["inputs"]["image"] == f"sha256:{digest}"


def test_an_upload_is_an_input_by_its_name_and_by_its_hash(served: Served) -> None:
    told = upload(served)

    for value in (told["name"], {"artifact": told["sha256"]}):
        job = run(served, looked("none.png"), A, inputs={"image": value})
        assert job["state"] == "done", job
        assert seen(served, job) == HASH.encode()


def test_a_graph_may_name_ones_own_artifact_itself(served: Served) -> None:
    digest = made(served, painted(color="blue"), A)

    assert run(served, looked(f"sha256:{digest}"), A)["state"] == "done"


def in_a_subgraph(digest: str) -> Any:
    inner = {
        "nodes": {"look": {"type": "Look", "inputs": {"image": f"sha256:{digest}"}}},
        "outputs": {"clay": {"node": "look", "output": "out"}},
    }
    nodes = {"sub": ("subgraph:s", {}), "fire": ("Fire", {"clay": link("sub", "clay")})}
    return {**workflow(nodes), "subgraphs": {"s": inner}}


@pytest.mark.parametrize("how", ["input", "name", "graph", "subgraph"])
def test_an_artifact_of_others_is_refused_as_if_it_were_not_there(served: Served, how: str) -> None:
    digest = made(served, painted(color="blue"), A)

    def refusal(digest: str, user: str) -> Answer:
        match how:
            case "input":
                return ask(served, looked("x.png"), user, inputs={"image": {"artifact": digest}})
            case "name":
                return ask(served, looked("x.png"), user, inputs={"image": f"sha256:{digest}"})
            case "graph":
                return ask(served, looked(f"sha256:{digest}"), user)
            case _:
                return ask(served, in_a_subgraph(digest), user)

    theirs, nobodys = refusal(digest, B), refusal("0" * 63 + "1", B)

    assert (theirs.status, nobodys.status) == (422, 422)
    assert "unknown-artifact" in {each["code"] for each in theirs.json["problems"]}
    assert theirs.body.replace(digest.encode(), b"#") == nobodys.body.replace(b"0" * 63 + b"1", b"#")
    assert refusal(digest, A).status == 202


def test_an_upload_of_others_is_refused(served: Served) -> None:
    told = upload(served)

    for value in (told["name"], {"artifact": told["sha256"]}):
        assert ask(served, looked("x.png"), B, inputs={"image": value}).status == 422


def test_the_output_folder_of_others_cannot_be_named(served: Served) -> None:
    job = run(served, painted(color="blue"), A)
    name = job["outputs"]["images"][0]["name"]

    assert wait(served, ask(served, looked(f"{name} [output]"), A).json["id"])["state"] == "done"
    for user in (B, ADMIN):
        assert ask(served, looked(f"{name} [output]"), user).status == 422


@pytest.mark.parametrize(
    "name",
    ["../bob/input/cat.png", "../../users/bob/input/cat.png", "/etc/passwd", "../output/x.png [input]", "cat.png\0"],
)
def test_no_name_in_a_graph_leads_to_others(served: Served, name: str) -> None:
    upload(served, user=B)

    assert ask(served, looked(name), A).status == 422


def test_a_refusal_does_not_say_where_things_lie(served: Served, tmp_path: Path) -> None:
    refused = ask(served, looked("none.png"), B)

    assert refused.status == 422
    assert str(tmp_path).encode() not in refused.body


@pytest.mark.parametrize(
    ("digest", "code"),
    [("x", "unknown-artifact"), (7, "unknown-artifact"), (None, "unknown-artifact"), ("../../x", "unknown-artifact")],
)
def test_what_is_no_hash_is_no_artifact(served: Served, digest: Any, code: str) -> None:
    refused = ask(served, looked("x.png"), inputs={"image": {"artifact": digest}})

    assert (refused.status, refused.code) == (422, code)


def test_an_artifact_goes_only_where_a_file_of_its_kind_goes(served: Served) -> None:
    text = made(served, workflow({"write": ("Write", {"text": "words", "media_type": "text/plain"})}), A)
    art = made(served, painted(), A)

    assert ask(served, looked("x.png"), inputs={"image": {"artifact": text}}).code == "wrong-file-kind"
    assert ask(served, looked("x.png"), inputs={"title": {"artifact": art}}).code == "no-file-input"
    nodes = {"mould": ("Mould", {"mould": "m.png"}), "fire": ("Fire", {"clay": link("mould")})}
    other = workflow(nodes, inputs={"mould": {"node": "mould", "input": "mould"}})
    assert ask(served, other, inputs={"mould": {"artifact": art}}).code == "no-file-input"


def test_a_plan_is_made_again_when_a_file_it_reads_has_gone(served: Served) -> None:
    upload(served)
    graph = looked("cat.png")
    assert [ask(served, graph).status for _ in range(3)] == [202] * 3

    served.ask("DELETE", "/api/v1/uploads/cat.png", user=A)

    assert ask(served, graph).code == "no-such-file"
    upload(served, picture(color="blue"))
    assert ask(served, graph).status == 202


def test_what_one_user_planned_is_not_remembered_for_another(served: Served) -> None:
    upload(served)
    graph = looked("cat.png")

    assert [ask(served, graph, A).status, ask(served, graph, B).status, ask(served, graph, A).status] == [202, 422, 202]


def test_a_deleted_artifact_is_missed_when_the_job_is_submitted(served: Served) -> None:
    digest = made(served, painted(color="blue"), A)
    (served.server.home.artifacts / digest[:2] / digest).unlink()

    refused = ask(served, looked("x.png"), inputs={"image": {"artifact": digest}})

    assert refused.status == 422
