"""The OpenAPI document says what the server does: every route, every model, and examples that fit."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from graphflow.cli import main
from graphflow.engine import Engine
from graphflow.server.openapi.document import document, path_of
from graphflow.server.openapi.examples import EXAMPLES
from graphflow.server.route import Access, Call, Reply, Route
from graphflow.server.routes import ROUTES
from graphflow.wire.base import Message
from tests.server.serving import serving

METHODS = ("get", "post", "put", "patch", "delete")
DOCUMENT = document(ROUTES)


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method in METHODS:
            if method in methods:
                yield method.upper(), path, methods[method]


def test_the_document_is_openapi_3_1() -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_a_document_with_a_hole_is_not() -> None:
    broken = json.loads(json.dumps(DOCUMENT))
    del broken["info"]["title"]

    assert list(OpenAPIV31SpecValidator(broken).iter_errors()) != []


def test_routes_and_operations_are_the_same_set() -> None:
    assert Counter((route.method, path_of(route)) for route in ROUTES) == Counter(
        (method, path) for method, path, _ in operations()
    )


def test_every_operation_has_a_name_of_its_own_and_says_what_it_does() -> None:
    names = Counter(operation["operationId"] for _, _, operation in operations())

    assert [each for each, count in names.items() if count > 1] == []
    assert [path for _, path, operation in operations() if len(operation["summary"]) < 10] == []


def test_only_what_is_open_can_be_asked_without_a_token() -> None:
    opened = {(method, path) for method, path, operation in operations() if operation.get("security") == []}

    assert opened == {(route.method, path_of(route)) for route in ROUTES if route.access is Access.OPEN}
    assert DOCUMENT["security"] == [{"bearer": []}, {"cookie": []}]
    refused = {(method, path) for method, path, operation in operations() if "401" not in operation["responses"]}
    assert refused <= opened


def test_every_part_of_a_path_and_every_refusal_is_described() -> None:
    for method, path, operation in operations():
        named = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"}
        assert {part[1:-1] for part in path.split("/") if part.startswith("{")} == named, (method, path)
        for status, answer in operation["responses"].items():
            assert int(status) < 400 or answer["$ref"].startswith("#/components/responses/"), (method, path)


def test_every_example_fits_its_schema() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    shown = [(name, example) for name, schema in schemas.items() for example in schema.get("examples", ())]

    assert {name for name, _ in shown} == set(EXAMPLES)
    for each, example in shown:
        rooted = {"$ref": f"#/components/schemas/{each}", "components": DOCUMENT["components"]}
        Draft202012Validator(rooted).validate(example)


def test_the_workflows_of_the_examples_can_be_run(tmp_path: Path) -> None:
    shown = [each["workflow"] for each in EXAMPLES["SubmitJob"]]
    named = [each for each in EXAMPLES["SubmitJob"] if isinstance(each["workflow"], str)]

    with Engine(tmp_path) as engine:
        plans = [engine.plan(engine.read(each))[1] for each in shown if not isinstance(each, str)]
        for each in named:
            assert set(each["inputs"]) <= set(engine.read(each["workflow"]).inputs)

    assert [set(each.targets) for each in plans] == [{"save"}]
    assert len(named) == 2


class Found(Message):
    """What was found."""

    word: str


class Wanted(Message):
    """What is looked for."""

    many: list[str] | None = None
    least: int = 3


async def find(call: Call) -> Found:
    """Find a word.

    It is looked for everywhere.
    """
    return Found(word=call.path("name"))


async def keep(_: Call) -> web.StreamResponse | Reply:
    """Keep bytes."""
    return Reply(status=201)


def test_a_route_is_described_by_what_it_declares() -> None:
    found = Route("GET", "/find/{name:[a-z]{2}}", find, query=Wanted, answer=Found, problems=(404,), sends=("ETag",))
    kept = Route("POST", "/keep", keep, takes=("image/png",), status=201, access=Access.ADMIN, reads=("If-Match",))

    paths = document((found, kept), cookie="biscuit")["paths"]

    asked = paths["/find/{name}"]["get"]
    assert (asked["operationId"], asked["summary"]) == ("find", "Find a word")
    assert asked["description"] == "It is looked for everywhere."
    parameters = {each["name"]: each for each in asked["parameters"]}
    assert parameters["name"]["schema"]["pattern"] == "^(?:[a-z]{2})$"
    assert parameters["many"]["schema"]["type"] == "array"
    assert parameters["least"]["schema"]["default"] == 3
    assert asked["responses"]["200"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Found"}
    assert asked["responses"]["404"] == {"$ref": "#/components/responses/NotFound"}
    assert "ETag" in asked["responses"]["200"]["headers"]
    sent = paths["/keep"]["post"]
    assert "Only for administrators." in sent["description"]
    assert list(sent["requestBody"]["content"]) == ["image/png"]
    assert [each["name"] for each in sent["parameters"]] == ["If-Match"]
    assert {"201", "413", "415"} <= set(sent["responses"])


def test_the_command_line_prints_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "api"]) == 0

    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(DOCUMENT))


def test_the_server_gives_the_document_and_again_only_when_it_changed(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        first = served.ask("GET", "/api/v1/openapi.json")
        again = served.ask("GET", "/api/v1/openapi.json", headers={"If-None-Match": first.headers["Etag"]})
        other = served.ask("GET", "/api/v1/openapi.json", headers={"If-None-Match": '"of-old"'})

    assert first.json["paths"] == json.loads(json.dumps(DOCUMENT["paths"]))
    assert first.json["components"]["securitySchemes"]["cookie"]["name"].startswith("graphflow-")
    assert (again.status, again.body) == (304, b"")
    assert other.status == 200


def test_the_interactive_page_is_made_of_files_of_this_server_without_inline_script(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        page = served.ask("GET", "/api/v1/docs")
        linked = [part.split('"')[0] for mark in ('src="', 'href="') for part in page.body.decode().split(mark)[1:]]
        fetched = {each: served.ask("GET", f"/api/v1/{each}") for each in linked}
        unknown = served.ask("GET", "/api/v1/docs/..%2fdocs.py")

    assert page.status == 200
    assert "'unsafe-inline'" not in page.headers["Content-Security-Policy"]
    assert b"<script>" not in page.body
    assert b"<style" not in page.body
    assert {each: answer.status for each, answer in fetched.items()} == dict.fromkeys(linked, 200)
    kinds = {each: answer.headers["Content-Type"].partition(";")[0] for each, answer in fetched.items()}
    assert kinds["docs/docs.js"] == kinds["docs/swagger-ui-bundle.js"] == "text/javascript"
    assert kinds["docs/swagger-ui.css"] == "text/css"
    assert (unknown.status, unknown.code) == (404, "not-found")
