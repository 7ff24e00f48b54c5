"""The OpenAPI 3.1 document, made from the route table and the models that travel: nothing is written twice."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from graphflow.server.openapi.examples import EXAMPLES
from graphflow.server.openapi.meanings import DESCRIPTION, HEADERS, NO_BODY, PATH_PARTS, SOCKET, STATUSES, USUAL
from graphflow.server.route import Access, Route
from graphflow.version import __version__
from graphflow.wire.base import Message
from graphflow.wire.events import CLIENT_MESSAGE, SERVER_MESSAGE, PreviewHeader
from graphflow.wire.problems import ProblemList

JSON = "application/json"
STREAM = "text/event-stream"
_LATER = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_WITH_BODY = (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
_PLACEHOLDER = re.compile(r"\{(\w+)(?::((?:[^{}]|\{[^{}]*\})*))?\}")
_REFERENCE = "#/components/schemas/{model}"
_Schemas = dict[tuple[type[Message], JsonSchemaMode], dict[str, Any]]


def document(routes: Iterable[Route], cookie: str = "graphflow") -> dict[str, Any]:
    """Return the OpenAPI document of a route table; `cookie` names that of a browser that logged in."""
    table = tuple(routes)
    references, schemas = _schemas(table)
    paths: dict[str, dict[str, Any]] = {}
    for route in table:
        path, _ = _path(route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, references, schemas)
    for route in table:
        if route.query is not None:  # its fields stand as parameters
            schemas.pop(_name_of(references[route.query, "validation"]), None)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "GraphFlow",
            "version": __version__,
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "The server that gave you this document."}],
        "security": [{"bearer": []}, {"cookie": []}],
        "tags": _tags(table),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {_response_name(status): _refusal(status) for status in sorted(STATUSES)},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "A token of this server."},
                "cookie": {"type": "apiKey", "in": "cookie", "name": cookie, "description": "Set by logging in."},
            },
        },
    }


def path_of(route: Route) -> str:
    """Return a route's path as the document writes it: without the patterns of its parts."""
    return _path(route.path)[0]


def _schemas(routes: Iterable[Route]) -> tuple[_Schemas, dict[str, Any]]:
    """Return a reference for each model, and the schemas that they refer to, with examples."""
    wanted: dict[tuple[type[Message], JsonSchemaMode], None] = {(ProblemList, "serialization"): None}
    for route in routes:
        for model in (route.body, route.query):
            if model is not None:
                wanted[model, "validation"] = None
        if route.answer is not None:
            wanted[route.answer, "serialization"] = None
    references, together = models_json_schema(list(wanted), ref_template=_REFERENCE)
    schemas: dict[str, Any] = dict(sorted({**together["$defs"], **_talk()}.items()))
    for name, schema in schemas.items():
        if examples := EXAMPLES.get(name.removesuffix("-Input").removesuffix("-Output")):
            schema["examples"] = list(examples)
    return {(model, mode): reference for (model, mode), reference in references.items()}, schemas  # type: ignore[misc]  # of our models only


def _talk() -> dict[str, Any]:
    """Return the schemas of what streams and WebSockets carry, which no route's own answer is."""
    schemas: dict[str, Any] = {}
    talk: tuple[tuple[str, TypeAdapter[Any], JsonSchemaMode], ...] = (
        ("ServerMessage", SERVER_MESSAGE, "serialization"),
        ("ClientMessage", CLIENT_MESSAGE, "validation"),
        ("PreviewHeader", TypeAdapter(PreviewHeader), "serialization"),
    )
    for name, adapter, mode in talk:
        schema = adapter.json_schema(ref_template=_REFERENCE, mode=mode)
        schemas |= schema.pop("$defs", {})
        schemas[name] = schema
    return schemas


def _operation(route: Route, references: _Schemas, schemas: Mapping[str, Any]) -> dict[str, Any]:
    text = inspect.cleandoc(route.handler.__doc__ or "")
    summary, _, rest = text.partition("\n\n")
    operation: dict[str, Any] = {
        "operationId": getattr(route.handler, "__name__", route.path),
        "tags": [_tag(route)],
        "summary": " ".join(summary.split()).removesuffix("."),
    }
    talk = SOCKET if route.status == HTTPStatus.SWITCHING_PROTOCOLS else ""
    if description := "\n\n".join(filter(None, (_who(route), " ".join(rest.split()), talk))):
        operation["description"] = description
    if route.access is Access.OPEN:
        operation["security"] = []
    if parameters := [*_path_parameters(route), *_query_parameters(route, references, schemas), *_headers_read(route)]:
        operation["parameters"] = parameters
    if body := _body(route, references):
        operation["requestBody"] = body
    operation["responses"] = _responses(route, references)
    return operation


def _who(route: Route) -> str:
    return "Only for administrators." if route.access is Access.ADMIN else ""


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": PATH_PARTS.get(name, f"The {name}."),
            "schema": {"type": "string", "minLength": 1} | ({"pattern": f"^(?:{pattern})$"} if pattern else {}),
        }
        for name, pattern in _path(route.path)[1]
    ]


def _query_parameters(route: Route, references: _Schemas, schemas: Mapping[str, Any]) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    model = schemas[_name_of(references[route.query, "validation"])]
    parameters = []
    for name, schema in model.get("properties", {}).items():
        stated = _without_null(schema)
        parameter = {"name": name, "in": "query", "required": name in model.get("required", ()), "schema": stated}
        if "description" in stated:
            parameter["description"] = stated.pop("description")
        parameters.append(parameter)
    return parameters


def _without_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a value in a query: it may be missing, but it cannot be null."""
    stated = {key: value for key, value in schema.items() if not (key == "default" and value is None)}
    options = [each for each in stated.get("anyOf", ()) if each != {"type": "null"}]
    if len(options) == 1:
        return {**options[0], **{key: value for key, value in stated.items() if key != "anyOf"}}
    return stated


def _headers_read(route: Route) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "header", "required": False, "description": HEADERS[name][0], "schema": HEADERS[name][1]}
        for name in route.reads
    ]


def _body(route: Route, references: _Schemas) -> dict[str, Any] | None:
    if route.body is not None:
        needed = any(each.is_required() for each in route.body.model_fields.values())
        return {"required": needed, "content": {JSON: {"schema": references[route.body, "validation"]}}}
    if route.method == "GET":
        return None
    if route.takes == (JSON,):
        return {"required": True, "description": NO_BODY, "content": {JSON: {"schema": {"const": {}}}}}
    return {"required": True, "content": {media_type: _uploaded(media_type) for media_type in route.takes}}


def _uploaded(media_type: str) -> dict[str, Any]:
    if media_type != "multipart/form-data":
        return {}  # bytes: OpenAPI 3.1 describes them by their media type alone
    return {
        "schema": {
            "type": "object",
            "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
            "required": ["file"],
        }
    }


def _responses(route: Route, references: _Schemas) -> dict[str, Any]:
    statuses = {status for status in USUAL if _may_answer(route, status)} | {
        HTTPStatus(each) for each in route.problems
    }
    others: dict[str, Any] = {str(int(each)): _reference_to(each) for each in statuses}
    success: dict[str, Any] = {"description": HTTPStatus(route.status).phrase}
    content = {media_type: _answered(media_type) for media_type in route.media_types}
    if route.answer is not None:
        content[JSON] = {"schema": references[route.answer, "serialization"]}
    if content:
        success["content"] = content
    for each in map(HTTPStatus, route.also):
        empty = each is HTTPStatus.NO_CONTENT
        others[str(int(each))] = {**({} if empty else success), "description": each.phrase}
    if "If-None-Match" in route.reads and route.method == "GET":
        others["304"] = {"description": "It is still what the tag in `If-None-Match` stands for."}
    if "Range" in route.reads:
        others["206"] = {"description": "Only the bytes that `Range` names.", "content": content}
    if route.sends:
        success["headers"] = {name: _header(name) for name in route.sends}
    return {str(int(route.status)): success, **dict(sorted(others.items()))}


def _may_answer(route: Route, status: HTTPStatus) -> bool:
    if status is HTTPStatus.UNAUTHORIZED:
        return route.access is not Access.OPEN
    if status is HTTPStatus.UNPROCESSABLE_ENTITY:
        return route.body is not None or route.query is not None or "{" in route.path
    return status not in _WITH_BODY or route.method != "GET"


def _answered(media_type: str) -> dict[str, Any]:
    """Return how one media type is answered; each `data` of an event stream is one message as JSON."""
    if media_type == STREAM:
        message = {"$ref": _REFERENCE.format(model="ServerMessage")}
        return {"schema": {"type": "string", "contentMediaType": JSON, "contentSchema": message}}
    if media_type.startswith("text/"):
        return {"schema": {"type": "string"}}
    return {"schema": {"type": "object"}} if media_type.endswith("json") else {}  # bytes need no schema


def _reference_to(status: HTTPStatus) -> dict[str, str]:
    return {"$ref": f"#/components/responses/{_response_name(status)}"}


def _refusal(status: HTTPStatus) -> dict[str, Any]:
    response: dict[str, Any] = {
        "description": STATUSES[status],
        "content": {JSON: {"schema": {"$ref": _REFERENCE.format(model="ProblemList")}}},
    }
    return response | ({"headers": {"Retry-After": _header("Retry-After")}} if status in _LATER else {})


def _header(name: str) -> dict[str, Any]:
    return {"description": HEADERS[name][0], "schema": HEADERS[name][1]}


def _tags(routes: Iterable[Route]) -> list[dict[str, str]]:
    texts: dict[str, str] = {}
    for route in routes:
        module = inspect.getmodule(route.handler)
        texts.setdefault(_tag(route), " ".join((inspect.getdoc(module) or "").split()))
    return [{"name": name, "description": text} for name, text in sorted(texts.items())]


def _tag(route: Route) -> str:
    return str(getattr(route.handler, "__module__", "")).rpartition(".")[2]


def _path(pattern: str) -> tuple[str, list[tuple[str, str | None]]]:
    """Return a path with plain placeholders, and each part's name with what aiohttp matches it against."""
    parts = [(found[1], found[2]) for found in _PLACEHOLDER.finditer(pattern)]
    return _PLACEHOLDER.sub(r"{\1}", pattern), parts


def _name_of(reference: Mapping[str, str]) -> str:
    return reference["$ref"].rpartition("/")[2]


def _response_name(status: HTTPStatus) -> str:
    return status.phrase.title().replace(" ", "").replace("-", "").replace("'", "")
