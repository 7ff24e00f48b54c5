"""Reads a workflow from wherever it is: a file, a picture that carries it, a saved name, or plain data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from graphflow.document import LIMITS, Workflow, from_json, parse
from graphflow.errors import Problem, WorkflowError
from graphflow.home import Home, find_workflow
from graphflow.migrate import migrate
from graphflow.png import is_png, read_texts
from graphflow.registry import Registry

Source: TypeAlias = "str | Path | bytes | Mapping[str, Any]"
"""A path or saved name, a file's bytes, or a workflow's JSON as plain data."""

CHUNK = "graphflow"
"""The PNG text chunk that holds the workflow, with its inputs as they were."""

PICTURE_BYTES = 256 << 20


def read_workflow(source: Source, home: Home, registry: Registry) -> Workflow:
    """Return the workflow, brought up to date; raise WorkflowError when there is none or it is malformed."""
    if isinstance(source, Mapping):
        return migrate(from_json(source), registry)
    data = source if isinstance(source, bytes) else _read_file(find_workflow(str(source), home))
    return migrate(parse(workflow_text(data)), registry)


def _read_file(path: Path) -> bytes:
    """Return a file's bytes; pictures may be larger than workflows, but not without end."""
    try:
        with path.open("rb") as file:
            data = file.read(PICTURE_BYTES + 1)
    except OSError as error:
        problem = Problem("unreadable", f"{path} cannot be read: {error.strerror}")
        raise WorkflowError([problem]) from error
    if len(data) > PICTURE_BYTES:
        raise WorkflowError([Problem("too-big", f"{path} is larger than {PICTURE_BYTES:,} bytes")])
    return data


def workflow_text(data: bytes) -> bytes | str:
    """Return the workflow's JSON: the data itself, or what a picture carries; raise WorkflowError when it has none."""
    if not is_png(data):
        return data
    try:
        texts = read_texts(data, LIMITS.bytes)
    except ValueError as error:
        raise WorkflowError([Problem("bad-picture", f"the picture cannot be read: {error}")]) from error
    if CHUNK in texts:
        return texts[CHUNK]
    if "prompt" in texts or "workflow" in texts:
        message = "this picture carries a workflow of ComfyUI, and none of GraphFlow"
        raise WorkflowError([Problem("foreign-picture", message, hint="rebuild it with GraphFlow's nodes")])
    message = "this picture carries no workflow: it was not saved by GraphFlow, or its text was stripped on the way"
    raise WorkflowError([Problem("no-workflow", message, hint="only the original PNG keeps it; screenshots do not")])
