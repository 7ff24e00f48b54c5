"""The node types that are installed, and the schemas of the documents that are made of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from aiohttp import web

from graphflow.document import workflow_schema
from graphflow.errors import did_you_mean
from graphflow.registry import Registry
from graphflow.schema import nodes_schema
from graphflow.server.catalogue.node_entries import list_of, node_entry
from graphflow.server.problems import not_found
from graphflow.server.route import Call, Reply, Route
from graphflow.server.tags import headers_of, tag_of, unchanged
from graphflow.version import __version__
from graphflow.wire.nodes import NodeEntry, NodeList

SCHEMA = "application/schema+json"


async def list_nodes(call: Call) -> Reply:
    """List all node types with their inputs and outputs, and which type of link may feed which."""
    registry = call.server.engine.registry
    tag = _tag(registry)
    return unchanged(call.request, tag) or Reply(list_of(registry), headers=headers_of(tag))


async def read_node(call: Call) -> NodeEntry:
    """Read one node type, by its own name or by another that it goes by."""
    registry, id = call.server.engine.registry, call.path("id")
    kind = registry.find(id)
    if kind is None:
        hint = did_you_mean(id, registry.names) or "is its node pack installed?"
        raise not_found(f"there is no node type {id!r}", code="unknown-type", hint=hint)
    return node_entry(kind, registry)


async def document_schema(call: Call) -> web.StreamResponse | Reply:
    """Return the JSON Schema of a workflow file."""
    return _schema(call, workflow_schema())


async def node_schemas(call: Call) -> web.StreamResponse | Reply:
    """Return the JSON Schema of the inputs of every node type, as they stand in a workflow file."""
    return _schema(call, nodes_schema(call.server.engine.registry))


@lru_cache(maxsize=4)
def _tag(registry: Registry) -> str:
    return tag_of([__version__, list_of(registry)])


def _schema(call: Call, schema: Mapping[str, Any]) -> web.StreamResponse | Reply:
    tag = tag_of([__version__, schema])
    if (same := unchanged(call.request, tag)) is not None:
        return same
    return web.json_response(schema, content_type=SCHEMA, headers=headers_of(tag))


_KEPT: Mapping[str, Any] = {"reads": ("If-None-Match",), "sends": ("ETag",)}

ROUTES = (
    Route("GET", "/api/v1/nodes", list_nodes, answer=NodeList, **_KEPT),
    Route("GET", "/api/v1/nodes/{id}", read_node, answer=NodeEntry, problems=(HTTPStatus.NOT_FOUND,)),
    Route("GET", "/api/v1/schema/document", document_schema, media_types=(SCHEMA,), **_KEPT),
    Route("GET", "/api/v1/schema/nodes", node_schemas, media_types=(SCHEMA,), **_KEPT),
)
