"""Saved workflows: plain files in the user's folder, the same that the command line runs, and templates beside them.

A name may hold folders. In a path its slashes are written %2F, as `encodeURIComponent` does: /workflows/portraits%2Fevening.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import cast
from urllib.parse import quote

from aiohttp import web

from graphflow.document import from_json, to_json
from graphflow.home import shipped_workflows
from graphflow.library import ANY, Draft, Listed, Saved
from graphflow.registry import Registry
from graphflow.server.catalogue.shelf import in_library
from graphflow.server.catalogue.summary import inputs_of, outputs_of, told, up_to_date
from graphflow.server.problems import not_found
from graphflow.server.route import Call, Reply, Route
from graphflow.server.tags import KEEP, expected, headers_of, tag_of, unchanged, wanted
from graphflow.version import __version__
from graphflow.wire.workflows import (
    DeletedEntry,
    DraftEntry,
    MoveWorkflow,
    SaveWorkflow,
    WhichWorkflow,
    WorkflowDocument,
    WorkflowEntry,
    WorkflowList,
)

PICTURES = "pictures"
"""The folder beside the templates that holds a picture of each."""


async def list_workflows(call: Call) -> Reply:
    """List the user's workflows and the templates, with their named inputs and outputs."""
    registry = call.server.engine.registry
    files = await in_library(call, lambda library: tuple(library.files()))
    tag = tag_of([__version__, *registry.names, *files])
    if (same := unchanged(call.request, tag)) is not None:
        return same
    listed = await asyncio.to_thread(lambda: [told for file in files if (told := _listed(file, registry))])
    return Reply(WorkflowList(workflows=listed), headers=headers_of(tag))


@lru_cache(maxsize=4096)
def _listed(file: Listed, registry: Registry) -> WorkflowEntry | None:
    """Return a file as it is listed; it is read once for each time that it changes."""
    saved = file.read()
    return entry(saved, registry) if saved else None


async def read_workflow(call: Call) -> Reply:
    """Read a workflow. `ETag` is its revision, to be sent back in `If-Match` when it is saved."""
    name, source = call.path("name"), cast(WhichWorkflow, call.query).source
    saved, draft = await in_library(call, lambda library: (library.read(name, source), library.find_draft(name)))
    # With a draft there is news that the revision does not tell of.
    if draft is None and (same := unchanged(call.request, saved.revision)) is not None:
        return same
    return Reply(document_of(saved, call.server.engine.registry, draft), headers=headers_of(saved.revision))


async def save_workflow(call: Call) -> Reply:
    """Save a workflow as a new revision.

    `If-Match: "REVISION"` replaces that revision and no other; `If-Match: *` whatever there is; `If-None-Match: *` makes
    a new one. When somebody else saved first the answer is 409, with the revision that is there in `ETag`. The workflow
    is written in the one way that there is, so the revision is known only from the answer.
    """
    name, expect = call.path("name"), expected(call.request)
    registry = call.server.engine.registry
    workflow, _ = up_to_date(from_json(cast(SaveWorkflow, call.body).workflow), registry)
    saved = await in_library(call, lambda library: library.save(name, workflow, expect))
    status = HTTPStatus.CREATED if expect is None else HTTPStatus.OK
    return Reply(document_of(saved, registry), status, headers_of(saved.revision))


async def delete_workflow(call: Call) -> DeletedEntry:
    """Put a workflow into the bin, with its revisions. Its draft is thrown away."""
    name, expect = call.path("name"), wanted(call.request) or ANY
    thing = await in_library(call, lambda library: library.delete(name, expect))
    return DeletedEntry(id=thing.id, name=thing.name, deleted=thing.deleted)


async def rename_workflow(call: Call) -> Reply:
    """Give a workflow another name or folder; revisions and draft go with it."""
    name, to, expect = call.path("name"), cast(MoveWorkflow, call.body).to, wanted(call.request) or ANY
    saved = await in_library(call, lambda library: library.rename(name, to, expect))
    return Reply(document_of(saved, call.server.engine.registry), headers=headers_of(saved.revision))


async def duplicate_workflow(call: Call) -> Reply:
    """Copy a workflow, or a template, to a new name."""
    name, to = call.path("name"), cast(MoveWorkflow, call.body).to
    source = cast(WhichWorkflow, call.query).source
    saved = await in_library(call, lambda library: library.duplicate(name, to, source))
    headers = headers_of(saved.revision)
    return Reply(document_of(saved, call.server.engine.registry), HTTPStatus.CREATED, headers)


async def workflow_file(call: Call) -> web.StreamResponse:
    """Download a workflow's file, as it is written on disk."""
    name, source = call.path("name"), cast(WhichWorkflow, call.query).source
    saved = await in_library(call, lambda library: library.read(name, source))
    response = web.Response(body=saved.text, content_type="application/json", headers=headers_of(saved.revision))
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in Path(name).name)
    response.headers["Content-Disposition"] = f'attachment; filename="{plain}.json"'
    return response


async def workflow_picture(call: Call) -> web.StreamResponse:
    """Show what a template makes."""
    name = call.path("name")
    await in_library(call, lambda library: library.read(name, "template"))
    path = _picture(name)
    if path is None:
        raise not_found(f"the template {name!r} has no picture", code="no-picture")
    return web.FileResponse(path, headers={"Cache-Control": KEEP, "Content-Type": "image/png"})


def entry(saved: Saved, registry: Registry) -> WorkflowEntry:
    """Return a workflow as it is listed."""
    workflow = saved.workflow
    picture = (
        f"/api/v1/workflows/{quote(saved.name, safe='')}/picture" if saved.template and _picture(saved.name) else None
    )
    return WorkflowEntry(
        name=saved.name,
        folder=saved.name.rpartition("/")[0],
        template=saved.template,
        title=workflow.name if workflow else None,
        description=workflow.description if workflow else None,
        modified=saved.modified,
        revision=saved.revision,
        nodes=len(workflow.nodes) if workflow else 0,
        inputs=inputs_of(workflow, registry) if workflow else [],
        outputs=outputs_of(workflow, registry) if workflow else [],
        picture=picture,
        problems=told(saved.problems),
    )


def document_of(saved: Saved, registry: Registry, draft: Draft | None = None) -> WorkflowDocument:
    """Return a workflow with its revision, brought up to date where that can be done."""
    workflow, problems = up_to_date(saved.workflow, registry) if saved.workflow else (None, saved.problems)
    return WorkflowDocument(
        name=saved.name,
        template=saved.template,
        revision=saved.revision,
        modified=saved.modified,
        workflow=to_json(workflow) if workflow else None,
        text=None if workflow else saved.text.decode("utf-8", "replace"),
        problems=told(problems),
        draft=draft_entry(draft) if draft else None,
    )


def draft_entry(draft: Draft) -> DraftEntry:
    """Return a draft as it is listed."""
    return DraftEntry(name=draft.name, base=draft.base, modified=draft.modified)


def _picture(name: str) -> Path | None:
    path = shipped_workflows() / PICTURES / f"{name}.png"
    return path if path.is_file() else None


NAMED = "/api/v1/workflows/{name}"
_TAKEN = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.INSUFFICIENT_STORAGE)
_READ = (HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)

ROUTES = (
    Route(
        "GET", "/api/v1/workflows", list_workflows, answer=WorkflowList, reads=("If-None-Match",), sends=("ETag",)
    ),
    Route(
        "GET", NAMED, read_workflow, query=WhichWorkflow, answer=WorkflowDocument, problems=_READ,
        reads=("If-None-Match",), sends=("ETag",),
    ),
    Route(
        "PUT", NAMED, save_workflow, body=SaveWorkflow, answer=WorkflowDocument, also=(HTTPStatus.CREATED,),
        problems=(*_TAKEN, HTTPStatus.PRECONDITION_REQUIRED), reads=("If-Match", "If-None-Match"), sends=("ETag",),
    ),
    Route("DELETE", NAMED, delete_workflow, answer=DeletedEntry, problems=_TAKEN, reads=("If-Match",)),
    Route(
        "POST", f"{NAMED}/rename", rename_workflow, body=MoveWorkflow, answer=WorkflowDocument, problems=_TAKEN,
        reads=("If-Match",), sends=("ETag",),
    ),
    Route(
        "POST", f"{NAMED}/duplicate", duplicate_workflow, body=MoveWorkflow, query=WhichWorkflow,
        answer=WorkflowDocument, status=HTTPStatus.CREATED, problems=_TAKEN, sends=("ETag",),
    ),
    Route(
        "GET", f"{NAMED}/file", workflow_file, query=WhichWorkflow, media_types=("application/json",),
        problems=_READ, sends=("ETag", "Content-Disposition"),
    ),
    Route("GET", f"{NAMED}/picture", workflow_picture, media_types=("image/png",), problems=_READ),
)  # fmt: skip
