"""`graphflow schema`: workflow files, node types or one workflow's inputs as JSON Schema, the HTTP API as OpenAPI."""

from __future__ import annotations

import importlib
from argparse import Namespace

from graphflow.cli.open_engine import open_engine
from graphflow.cli.terminal import print_json
from graphflow.document import workflow_schema
from graphflow.schema import inputs_schema, nodes_schema


def run(parsed: Namespace) -> int:
    """Print the schema that was asked for."""
    if parsed.what == "document":
        print_json(workflow_schema(), indent=2)
        return 0
    if parsed.what == "api":
        # The server's routes take time to import, which the other schemas should not spend.
        return int(importlib.import_module("graphflow.cli.schema_of_api").run(parsed))
    with open_engine(parsed, caching=False) as engine:
        if parsed.what == "nodes":
            print_json(nodes_schema(engine.registry), indent=2)
        else:
            print_json(inputs_schema(engine.read(parsed.what), engine.registry), indent=2)
    return 0
