"""Every operation of the OpenAPI document is asked what the document allows, and what it does not: none may break.

A few cases each run everywhere, as many as are promised in `make soak`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from graphflow.server.openapi.document import document
from graphflow.server.route import Call, Handler, Reply, Route
from graphflow.server.routes import ROUTES
from tests.server.serving import Served, serving
from tests.sizes import SHARE, sized, tell

CASES = sized(4, 1_000)
CHECKS: Any = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
    ignored_auth,
]
SCHEMA = schemathesis.openapi.from_dict(document(ROUTES))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home: Path = tmp_path_factory.mktemp("home")
    with serving(home) as running:
        yield running
    tell("operations of the API", f"{len(list(SCHEMA.get_all_operations()))}, at most {CASES:,} cases each, 0 broke")


async def stumble(_: Call) -> Reply:
    """Break on every request."""
    raise KeyError("nobody foresaw this")


async def surprise(_: Call) -> Reply:
    """Answer with something that the document does not know."""
    return Reply(status=299)


@SCHEMA.parametrize()
@settings(
    max_examples=CASES,
    deadline=None,
    database=None,
    derandomize=not SHARE,
    suppress_health_check=list(HealthCheck),
)
def test_no_request_breaks_the_server(case: Any, served: Served) -> None:
    response = case.call(base_url=served.url, headers=served.headers(), timeout=30)

    case.validate_response(response, checks=CHECKS)


@pytest.mark.parametrize("handler", [stumble, surprise])
def test_a_route_that_breaks_its_word_is_noticed(handler: Handler, tmp_path: Path) -> None:
    routes = (Route("GET", "/api/v1/broken", handler),)
    case = schemathesis.openapi.from_dict(document(routes))["/api/v1/broken"]["GET"].Case()

    with serving(tmp_path, routes=routes) as served:
        response = case.call(base_url=served.url, headers=served.headers(), timeout=30)

        with pytest.raises(FailureGroup):
            case.validate_response(response, checks=CHECKS)
