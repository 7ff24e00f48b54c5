"""`graphflow schema api`: the HTTP API as an OpenAPI document."""

from __future__ import annotations

from argparse import Namespace

from graphflow.cli.terminal import print_json
from graphflow.server.openapi.document import document
from graphflow.server.routes import ROUTES


def run(_: Namespace) -> int:
    """Print the document."""
    print_json(document(ROUTES), indent=2)
    return 0
