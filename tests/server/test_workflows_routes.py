"""The library of workflows over a real socket: saving, conflicts, revisions, drafts, the bin, and whose is what."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from graphflow.document import dump, from_json
from graphflow.library import writing
from tests.server.serving import ADMIN, A, Answer, B, Served, serving
from tests.toy import link, workflow

NEW = {"If-None-Match": "*"}
SEED = 2**64 - 1


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("home")) as served:
        yield served


def graph(title: str = "A pot") -> dict[str, Any]:
    """Return a workflow with a named input and output."""
    return workflow(
        {"dig": ("Dig", {"name": "mud", "seed": SEED}), "knead": ("Knead", {"clay": link("dig")})},
        name=title,
        inputs={"kind": {"node": "dig", "input": "name"}},
        outputs={"lump": {"node": "knead", "output": "out"}},
    )


def at(name: str, rest: str = "") -> str:
    """Return the path of a workflow, as browsers write it."""
    return f"/api/v1/workflows/{quote(name, safe='')}{rest}"


def save(server: Served, name: str, title: str, revision: str | None = None, user: str = A) -> Answer:
    """Save over a revision; without one as something new."""
    headers = {"If-Match": f'"{revision}"'} if revision else NEW
    return server.ask("PUT", at(name), user=user, body={"workflow": graph(title)}, headers=headers)


def titles(server: Served, name: str) -> list[str]:
    """Return the titles of all revisions, newest first."""
    revisions = server.ask("GET", at(name, "/revisions"), user=A).json["revisions"]
    return [
        server.ask("GET", at(name, f"/revisions/{each['id']}"), user=A).json["workflow"]["name"] for each in revisions
    ]


def test_a_save_while_another_program_holds_the_folder_may_come_again_later(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "PATIENCE", 0.1)
    first = save(server, "held", "One", user=ADMIN)

    with writing.alone(server.server.home.workflows / ".revisions" / "lock"):
        refused = save(server, "held", "Two", first.json["revision"], user=ADMIN)
    again = save(server, "held", "Two", first.json["revision"], user=ADMIN)

    assert (refused.status, refused.headers["Retry-After"], refused.code) == (503, "5", "storage-busy")
    assert (again.status, again.json["workflow"]["name"]) == (200, "Two")


def test_what_is_saved_is_the_file_that_the_command_line_runs(server: Served) -> None:
    answer = save(server, "made/here", "Mine", user=ADMIN)

    file = server.server.home.workflows / "made" / "here.json"
    assert answer.status == 201
    assert file.read_text() == dump(from_json(answer.json["workflow"]))
    assert server.server.engine.read("made/here").name == "Mine"
    assert server.ask("GET", at("made/here", "/file")).body == file.read_bytes()


def test_a_seed_of_64_bits_keeps_all_its_digits(server: Served) -> None:
    save(server, "seed", "Seed")

    answer = server.ask("GET", at("seed"), user=A)

    assert str(SEED).encode() in answer.body
    assert answer.json["workflow"]["nodes"]["dig"]["inputs"]["seed"] == SEED
    assert answer.json["workflow"]["nodes"]["dig"]["version"] == 1, "brought up to date"


def test_of_two_savers_the_second_learns_what_is_there(server: Served) -> None:
    first = save(server, "race", "base").json["revision"]
    won = save(server, "race", "mine", first)

    lost = save(server, "race", "yours", first)

    assert (won.status, lost.status, lost.code) == (200, 409, "conflict")
    assert lost.headers["ETag"] == won.headers["ETag"] == f'"{won.json["revision"]}"'
    assert titles(server, "race") == ["mine", "base"]


def test_a_save_must_say_what_it_replaces(server: Served) -> None:
    body = {"workflow": graph()}

    silent = server.ask("PUT", at("silent"), user=A, body=body)
    absent = server.ask("PUT", at("silent"), user=A, body=body, headers={"If-Match": "*"})
    vague = server.ask("PUT", at("silent"), user=A, body=body, headers={"If-Match": '"a", "b"'})

    assert (silent.status, silent.code) == (428, "no-precondition")
    assert absent.status == 404
    assert (vague.status, vague.code) == (400, "bad-header")
    assert save(server, "silent", "x").status == 201
    assert save(server, "silent", "x").code == "taken"


def test_a_workflow_that_cannot_run_is_saved_but_one_that_cannot_be_read_is_refused(server: Served) -> None:
    half = workflow({"knead": ("Knead", {"clay": link("nowhere")}), "odd": ("NoSuchNode", {})})
    broken = {**half, "nodes": {"a/b": {"type": 3}}}

    saved = server.ask("PUT", at("half"), user=A, body={"workflow": half}, headers=NEW)
    refused = server.ask("PUT", at("broken"), user=A, body={"workflow": broken}, headers=NEW)

    assert saved.status == 201
    assert refused.status == 422
    assert {each["code"] for each in refused.json["problems"]} >= {"bad-name", "wrong-type"}
    assert server.ask("GET", at("broken"), user=A).status == 404


def test_a_revision_is_brought_back(server: Served) -> None:
    old = save(server, "history", "one").json["revision"]
    save(server, "history", "two", old)

    answer = server.ask("POST", at("history", "/restore"), user=A, body={"revision": old})

    assert (answer.status, answer.json["revision"]) == (200, old)
    assert titles(server, "history") == ["one", "two", "one"]
    unknown = server.ask("POST", at("history", "/restore"), user=A, body={"revision": "0" * 64})
    assert (unknown.status, unknown.code) == (404, "unknown-revision")


def test_a_draft_is_kept_beside_what_is_saved(server: Served) -> None:
    base = save(server, "drafty", "saved").json["revision"]
    document = {"nodes": {"x/y": 1}, "seed": SEED}

    kept = server.ask("PUT", at("drafty", "/draft"), user=A, body={"workflow": document, "base": base})
    draft = server.ask("GET", at("drafty", "/draft"), user=A).json
    shown = server.ask("GET", at("drafty"), user=A, headers={"If-None-Match": f'"{base}"'})
    listed = server.ask("GET", "/api/v1/drafts", user=A).json["drafts"]

    assert (kept.status, draft["workflow"], draft["base"]) == (200, document, base)
    assert draft["problems"][0]["code"] == "wrong-format"
    assert shown.json["draft"]["base"] == base, "there is news, though the revision is the same"
    assert [each["name"] for each in listed] == ["drafty"]
    assert server.ask("DELETE", at("drafty", "/draft"), user=A).status == 204
    assert server.ask("DELETE", at("drafty", "/draft"), user=A).code == "unknown-draft"


def test_a_workflow_goes_to_the_bin_and_comes_back(server: Served) -> None:
    save(server, "binned", "one")
    thing = server.ask("DELETE", at("binned"), user=A).json

    gone = server.ask("GET", at("binned"), user=A)
    listed = server.ask("GET", "/api/v1/bin", user=A).json["workflows"]
    back = server.ask("POST", f"/api/v1/bin/{thing['id']}/restore", user=A, body={"to": "back/again"})

    assert (gone.status, gone.code) == (404, "unknown-workflow")
    assert listed == [thing]
    assert (back.status, back.json["name"]) == (200, "back/again")
    assert server.ask("POST", f"/api/v1/bin/{thing['id']}/restore", user=A, body={}).status == 404
    server.ask("DELETE", at("back/again"), user=A)
    assert server.ask("DELETE", "/api/v1/bin", user=A).status == 204
    assert server.ask("GET", "/api/v1/bin", user=A).json["workflows"] == []


def test_renaming_and_copying_take_free_names_only(server: Served) -> None:
    save(server, "old", "one")
    save(server, "other", "two")

    moved = server.ask("POST", at("old", "/rename"), user=A, body={"to": "new/old"})
    taken = server.ask("POST", at("new/old", "/rename"), user=A, body={"to": "other"})
    copied = server.ask("POST", at("new/old", "/duplicate"), user=A, body={"to": "copy"})

    assert (moved.status, moved.json["name"]) == (200, "new/old")
    assert (taken.status, taken.code) == (409, "taken")
    assert (copied.status, copied.json["revision"]) == (201, moved.json["revision"])


def test_templates_are_listed_and_copied_and_never_changed(server: Served) -> None:
    listed = server.ask("GET", "/api/v1/workflows", user=B).json["workflows"]
    template = server.ask("GET", at("txt2img"), user=B).json

    change = save(server, "txt2img", "mine", template["revision"], user=B)
    delete = server.ask("DELETE", at("txt2img"), user=B)
    copy = server.ask("POST", at("txt2img", "/duplicate"), user=B, body={"to": "txt2img"})
    own = server.ask("GET", at("txt2img"), user=B).json
    still = server.ask("GET", at("txt2img", "?source=template"), user=B).json

    entry = next(each for each in listed if each["name"] == "txt2img")
    assert (entry["template"], entry["title"]) == (True, "Text to image")
    assert "prompt" in [each["name"] for each in entry["inputs"]]
    assert (change.status, change.code, delete.status) == (409, "template", 409)
    assert (copy.status, own["template"], still["template"]) == (201, False, True)


def test_a_template_may_have_a_picture(server: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "vase.json").write_text(dump(from_json(graph("A vase"))))
    (tmp_path / "bowl.json").write_text(dump(from_json(graph("A bowl"))))
    (tmp_path / "pictures" / "vase.png").write_bytes(b"a picture")
    for module in ("graphflow.server.catalogue.shelf", "graphflow.server.routes.workflows"):
        monkeypatch.setattr(f"{module}.shipped_workflows", lambda: tmp_path)

    listed = server.ask("GET", "/api/v1/workflows", user=B).json["workflows"]
    pictures = {each["name"]: each["picture"] for each in listed if each["template"]}
    shown = server.ask("GET", at("vase", "/picture"), user=B)

    assert pictures == {"bowl": None, "vase": "/api/v1/workflows/vase/picture"}
    assert (shown.body, shown.headers["Content-Type"]) == (b"a picture", "image/png")
    assert server.ask("GET", at("bowl", "/picture"), user=B).code == "no-picture"
    assert server.ask("GET", at("none", "/picture"), user=B).code == "unknown-workflow"


def test_a_revision_of_a_template_is_what_ships(server: Served) -> None:
    template = server.ask("GET", at("img2img"), user=B).json
    listed = server.ask("GET", at("img2img", "/revisions"), user=B).json["revisions"]

    shown = server.ask("GET", at("img2img", f"/revisions/{template['revision']}"), user=B).json

    assert [each["id"] for each in listed] == [template["revision"]]
    assert (shown["template"], shown["workflow"]) == (True, template["workflow"])


def test_a_list_that_has_not_changed_is_not_sent_again(server: Served) -> None:
    first = server.ask("GET", "/api/v1/workflows", user=A)
    same = server.ask("GET", "/api/v1/workflows", user=A, headers={"If-None-Match": first.headers["ETag"]})
    save(server, "news", "news")
    news = server.ask("GET", "/api/v1/workflows", user=A, headers={"If-None-Match": first.headers["ETag"]})
    one = server.ask("GET", at("news"), user=A)
    same_one = server.ask("GET", at("news"), user=A, headers={"If-None-Match": one.headers["ETag"]})

    assert (same.status, same.body, news.status) == (304, b"", 200)
    assert (same_one.status, same_one.headers["ETag"]) == (304, one.headers["ETag"])
    entry = next(each for each in news.json["workflows"] if each["name"] == "news")
    assert entry["inputs"] == [{"name": "kind", "type": "STRING"}]
    assert entry["outputs"] == [{"name": "lump", "type": "CLAY"}]


def test_each_user_sees_their_own_workflows_only(server: Served) -> None:
    save(server, "secret", "A's", user=A)
    server.ask("PUT", at("secret", "/draft"), user=A, body={"workflow": {}})
    id = server.ask("DELETE", at("secret"), user=A).json["id"]
    save(server, "secret", "A's again", user=A)
    server.ask("PUT", at("secret", "/draft"), user=A, body={"workflow": {}})

    for user in (B, ADMIN):
        for method, path in (
            ("GET", at("secret")),
            ("GET", at("secret", "/revisions")),
            ("GET", at("secret", "/draft")),
            ("GET", at("secret", "/schema")),
            ("DELETE", at("secret")),
            ("DELETE", f"/api/v1/bin/{id}"),
        ):
            assert server.ask(method, path, user=user).status == 404, (method, path)
        names = [each["name"] for each in server.ask("GET", "/api/v1/workflows", user=user).json["workflows"]]
        assert "secret" not in names
        assert server.ask("GET", "/api/v1/bin", user=user).json["workflows"] == []
    server.ask("DELETE", at("secret", "/draft"), user=A)
    server.ask("DELETE", "/api/v1/bin", user=A)


BAD = [
    "../secret",
    "..",
    "a/../b",
    "/etc/passwd",
    "C:\\x",
    ".hidden",
    "a/.revisions/b",
    "x\0y",
    "con",
    "pot.json",
    "~x",
]


@pytest.mark.parametrize("name", BAD)
def test_names_that_lead_elsewhere_are_refused(server: Served, name: str) -> None:
    save(server, "victim", "victim")
    for answer in (
        server.ask("GET", at(name), user=A),
        save(server, name, "evil"),
        server.ask("PUT", at(name, "/draft"), user=A, body={"workflow": {}}),
        server.ask("POST", at("victim", "/rename"), user=A, body={"to": name}),
    ):
        assert answer.status in (404, 422), answer.body
        assert answer.code in ("bad-name", "not-found", "wrong-value"), answer.body


def test_a_link_that_leads_outside_is_not_followed(server: Served, tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text(dump(from_json(graph("top secret"))))
    folder = server.server.home.workflows
    folder.mkdir(exist_ok=True)
    (folder / "leak.json").symlink_to(secret)

    answer = server.ask("GET", at("leak"))
    written = save(server, "leak", "evil", user=ADMIN)

    assert (answer.status, answer.code) == (422, "file-outside")
    assert written.code == "file-outside"
    assert b"top secret" not in server.ask("GET", "/api/v1/workflows").body
    assert "top secret" in secret.read_text()


def test_a_file_that_another_program_broke_is_shown_as_it_is(server: Served) -> None:
    folder = server.server.home.workflows
    folder.mkdir(exist_ok=True)
    (folder / "broken.json").write_text("{ half")

    shown = server.ask("GET", at("broken")).json
    listed = server.ask("GET", "/api/v1/workflows").json["workflows"]

    assert (shown["workflow"], shown["text"]) == (None, "{ half")
    assert shown["problems"][0]["code"] == "not-json"
    assert next(each for each in listed if each["name"] == "broken")["problems"] == shown["problems"]
    assert save(server, "broken", "mended", shown["revision"], user=ADMIN).status == 200


def test_a_workflow_tells_what_it_takes(server: Served) -> None:
    save(server, "function", "F")

    answer = server.ask("GET", at("function", "/schema"), user=A)

    assert answer.headers["Content-Type"].startswith("application/schema+json")
    assert answer.json["properties"]["kind"] == {"type": "string", "default": "mud"}
    again = server.ask("GET", at("function", "/schema"), user=A, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status == 304


def test_looking_at_workflows_changes_nothing_on_disk(server: Served) -> None:
    save(server, "still", "still")
    root = server.server.home.root
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*") if "workflows" in path.parts}

    for path in ("/api/v1/workflows", at("still"), at("still", "/revisions"), "/api/v1/bin", "/api/v1/drafts"):
        server.ask("GET", path, user=A)

    assert {path: path.stat().st_mtime_ns for path in root.rglob("*") if "workflows" in path.parts} == before
