"""A workflow as a function: checked, converted and described over HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from graphflow.document import dump, from_json
from tests.server.serving import A, Answer, B, Served, serving
from tests.toy import link, workflow

VALIDATE = "/api/v1/workflows/validate"
CONVERT = "/api/v1/workflows/convert"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("home")
    moulds = home / "models" / "moulds"
    moulds.mkdir(parents=True)
    (moulds / "big.mould").write_text("size 5")
    os.utime(moulds / "big.mould", (1, 1))
    with serving(home) as served:
        yield served


SOUND = workflow(
    {
        "dig": ("Dig", {}),
        "press": ("Press", {"clay": link("dig"), "mould": "big.mould"}),
        "fire": ("Fire", {"clay": link("press")}),
        "idle": ("Dig", {}),
    },
    inputs={"kind": {"node": "dig", "input": "name"}},
    outputs={"files": {"node": "fire", "output": "files"}},
)


def check(server: Served, graph: Any, **more: Any) -> Answer:
    return server.ask("POST", VALIDATE, user=A, body={"workflow": graph, **more})


def test_a_sound_workflow_tells_what_would_run_and_what_is_known_of_it(server: Served) -> None:
    answer = check(server, SOUND, inputs={"kind": "mud"})

    assert answer.json["sound"]
    nodes = {each["node"]: each for each in answer.json["nodes"]}
    assert list(nodes) == ["dig", "press", "fire"]
    assert nodes["press"]["outputs"] == [{"name": "out", "type": "CLAY", "list": False, "facts": {"size": 5}}]
    assert [each["cached"] for each in nodes.values()] == [False, False, False]
    assert answer.json["inputs"] == [{"name": "kind", "type": "STRING"}]
    assert answer.json["outputs"] == [{"name": "files", "type": "ARTIFACT"}]


def test_every_template_is_sound_with_no_torch_in_the_server(tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
sys.modules["torch"] = None  # whoever imports it fails
from graphflow.registry import load_registry
from tests.server.serving import A, serving
with serving(Path({str(tmp_path)!r}), registry=load_registry()) as server:
    for each in server.ask("GET", "/api/v1/workflows", user=A).json["workflows"]:
        answer = server.ask("POST", {VALIDATE!r}, user=A, body={{"workflow": each["name"]}}).json
        print(each["name"], answer["problems"], all(port["type"] for port in each["inputs"] + each["outputs"]))
"""
    repository = Path(__file__).parents[2]
    command = [sys.executable, "-c", program]

    ended = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)

    lines = ended.stdout.splitlines()
    assert ended.returncode == 0, ended.stderr
    assert len(lines) >= 29
    assert [line for line in lines if not line.endswith(" [] True")] == []


def test_every_problem_comes_at_once_with_its_place(server: Served) -> None:
    graph = workflow({"knead": ("Knead", {"times": 99}), "odd": ("Dgi", {}), "fire": ("Fire", {"clay": link("knead")})})

    answer = check(server, graph, inputs={"nope": 1}, targets=["fire", "odd"])

    assert answer.status == 200
    assert not answer.json["sound"]
    places = {(each["code"], each["node"], each["input"]) for each in answer.json["problems"]}
    assert ("missing-input", "knead", "clay") in places
    assert ("unknown-type", "odd", None) in places
    assert "unknown-input" in {code for code, _, _ in places}


def test_an_unreadable_document_has_problems_and_an_unknown_name_is_not_found(server: Served) -> None:
    unreadable = check(server, {"format": "graphflow/9"})
    unknown = check(server, "no-such-workflow")

    assert unreadable.json["problems"][0]["code"] == "wrong-format"
    assert (unknown.status, unknown.code) == (404, "unknown-workflow")


def test_users_do_not_learn_where_things_lie_on_the_disk(server: Served) -> None:
    graph = workflow({"dig": ("Dig", {}), "press": ("Press", {"clay": link("dig"), "mould": "none.mould"})})
    graph["outputs"] = {"out": {"node": "press", "output": "out"}}
    body = {"workflow": graph}

    theirs = server.ask("POST", VALIDATE, user=A, body=body)
    admins = server.ask("POST", VALIDATE, body=body)

    home = str(server.server.home.root)
    assert [each["code"] for each in theirs.json["problems"]] == ["no-such-file"]
    assert home not in theirs.body.decode()
    assert home in admins.body.decode(), "the negative control"


def test_a_result_on_disk_need_not_be_computed_again(server: Served) -> None:
    engine = server.server.engine
    _, plan = engine.plan(engine.read(SOUND))
    step = plan.steps["press"]
    assert engine.cache.disk is not None
    engine.cache.disk.put(step.key, step.type, {"out": "x"}, 10)
    engine.cache.disk.flush()

    nodes = {each["node"]: each for each in check(server, SOUND).json["nodes"]}

    assert {name: (each["cached"], each["needed"]) for name, each in nodes.items()} == {
        "dig": (False, False),
        "press": (True, True),
        "fire": (False, True),
    }


def save(server: Served, name: str, graph: Any) -> None:
    path = f"/api/v1/workflows/{name.replace('/', '%2F')}"
    answer = server.ask("PUT", path, user=A, body={"workflow": graph}, headers={"If-None-Match": "*"})
    assert answer.status == 201, answer.body


def test_a_saved_workflow_is_run_with_its_inputs_by_name(server: Served) -> None:
    save(server, "press/one", SOUND)

    ticket = server.ask(
        "POST", "/api/v1/workflows/press%2Fone/run?held=true&label=a&label=b", user=A, body={"kind": "silt"}
    )

    assert (ticket.status, ticket.json["state"]) == (202, "held")
    job = server.server.store.get(ticket.json["id"])
    assert (job.client, job.labels) == (A, ("a", "b"))
    body = json.loads(server.server.store.body(job.id))
    assert body["inputs"] == {"kind": "silt"}
    assert body["workflow"]["nodes"]["press"]["type"] == "Press"


def test_running_is_refused_as_submitting_is(server: Served) -> None:
    save(server, "press/two", SOUND)
    run = "/api/v1/workflows/press%2Ftwo/run"

    wrong = server.ask("POST", run, user=A, body={"kind": 3, "nope": 1})
    foreign = server.ask("POST", run, user=B, body={})
    key = {"Idempotency-Key": "once"}
    once = [server.ask("POST", f"{run}?held=true", user=A, body={}, headers=key) for _ in range(2)]
    other = server.ask("POST", f"{run}?held=true", user=A, body={"kind": "silt"}, headers=key)

    assert wrong.status == 422
    assert {each["code"] for each in wrong.json["problems"]} == {"wrong-type", "unknown-input"}
    assert foreign.status == 404
    assert once[0].json["id"] == once[1].json["id"]
    assert other.status == 409


def picture(text: str) -> bytes:
    """Return a PNG without pixels that carries a workflow, written without our own code."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    carried = b"graphflow\0\1\0\0\0" + zlib.compress(text.encode())
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)) + chunk(b"iTXt", carried) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["application/json", "application/octet-stream", "image/png"])
def test_a_workflow_is_read_out_of_a_picture_or_a_file(server: Served, kind: str) -> None:
    text = dump(from_json(SOUND))
    data = picture(text) if kind == "image/png" else text.encode()

    answer = server.ask("POST", CONVERT, user=A, data=data, headers={"Content-Type": kind})

    assert answer.status == 200
    assert from_json(answer.json["workflow"]).inputs == from_json(SOUND).inputs
    assert answer.json["workflow"]["nodes"]["dig"]["version"] == 1


def test_old_nodes_are_brought_up_to_date(server: Served) -> None:
    old = {"format": "graphflow/1", "nodes": {"g": {"type": "Glaze", "version": 1, "inputs": {"color": "blue"}}}}

    answer = server.ask("POST", CONVERT, user=A, body=old)

    assert answer.json["workflow"]["nodes"]["g"] == {"type": "Glaze", "version": 2, "inputs": {"colour": "blue"}}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not-json"),
        (b"\x89PNG\r\n\x1a\n", "bad-picture"),
        (b'{"3": {"class_type": "KSampler", "inputs": {}}}', "wrong-format"),
        (b"[" * 5000, "too-deep"),
        (b'{"format": "graphflow/1", "nodes": {}, "nodes": {}}', "duplicate-key"),
        (b"\xff\xfe", "not-utf8"),
    ],
)
def test_what_holds_no_workflow_is_refused_with_its_reason(server: Served, data: bytes, code: str) -> None:
    answer = server.ask("POST", CONVERT, user=A, data=data, headers={"Content-Type": "application/octet-stream"})

    assert (answer.status, answer.code) == (422, code)


def test_the_documents_have_schemas(server: Served, tmp_path: Path) -> None:
    document = server.ask("GET", "/api/v1/schema/document", user=A)
    nodes = server.ask("GET", "/api/v1/schema/nodes", user=A)
    again = server.ask("GET", "/api/v1/schema/nodes", user=A, headers={"If-None-Match": nodes.headers["ETag"]})

    assert document.json["properties"]["format"]
    assert "Knead" in nodes.json["$defs"]
    assert again.status == 304
