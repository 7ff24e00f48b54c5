"""What keeps saved workflows safe: their revisions, drafts of what was not saved yet, and the bin."""

from __future__ import annotations

from http import HTTPStatus
from typing import cast

from graphflow.document import from_json, parse, to_json
from graphflow.errors import WorkflowError
from graphflow.library import ANY, Draft
from graphflow.library.saved import revision_of
from graphflow.server.catalogue.shelf import in_library
from graphflow.server.catalogue.summary import told, up_to_date
from graphflow.server.route import Call, Reply, Route
from graphflow.server.routes.workflows import NAMED, document_of, draft_entry
from graphflow.server.tags import headers_of, unchanged, wanted
from graphflow.wire.problems import ProblemItem
from graphflow.wire.workflows import (
    DeletedEntry,
    DeletedList,
    DraftDocument,
    DraftEntry,
    DraftList,
    RestoreDeleted,
    RestoreRevision,
    RevisionEntry,
    RevisionList,
    SaveDraft,
    WorkflowDocument,
)


async def list_revisions(call: Call) -> RevisionList:
    """List the states that a workflow had, the newest first; what another program wrote is among them."""
    name = call.path("name")
    revisions = await in_library(call, lambda library: library.revisions(name))
    return RevisionList(
        revisions=[RevisionEntry(id=each.id, at=each.at, cause=each.cause, size=each.size) for each in revisions]
    )


async def read_revision(call: Call) -> Reply:
    """Read a workflow as it was at a revision."""
    name, id = call.path("name"), call.path("revision")
    saved, listed, text = await in_library(
        call, lambda library: (library.read(name), library.revisions(name), library.revision(name, id))
    )
    at = next((each.at for each in listed if each.id == id), saved.modified)
    if (same := unchanged(call.request, id)) is not None:
        return same
    problems: tuple[ProblemItem, ...] = ()
    document = None
    try:
        workflow, unfit = up_to_date(parse(text), call.server.engine.registry)
        document, problems = to_json(workflow), tuple(told(unfit))
    except WorkflowError as error:
        problems = tuple(told(error.problems))
    answer = WorkflowDocument(
        name=name,
        template=saved.template,
        revision=revision_of(text),
        modified=at,
        workflow=document,
        text=None if document is not None else text.decode("utf-8", "replace"),
        problems=list(problems),
    )
    return Reply(answer, headers=headers_of(id))


async def restore_revision(call: Call) -> Reply:
    """Bring a revision back: it becomes the newest, and those between stay."""
    name, id, expect = call.path("name"), cast(RestoreRevision, call.body).revision, wanted(call.request) or ANY
    saved = await in_library(call, lambda library: library.restore(name, id, expect))
    return Reply(document_of(saved, call.server.engine.registry), headers=headers_of(saved.revision))


async def list_drafts(call: Call) -> DraftList:
    """List what was not saved yet, such as after a crash of the browser."""
    drafts = await in_library(call, lambda library: library.drafts())
    return DraftList(drafts=[draft_entry(each) for each in drafts])


async def read_draft(call: Call) -> DraftDocument:
    """Read the draft of a workflow."""
    name = call.path("name")
    draft = await in_library(call, lambda library: library.draft(name))
    problems = _problems_of(draft)
    return DraftDocument(
        name=draft.name, base=draft.base, modified=draft.modified, workflow=dict(draft.document), problems=problems
    )


async def save_draft(call: Call) -> DraftEntry:
    """Keep what is being edited, sound or not, so that no crash loses it.

    There is one draft of each workflow, which need not exist yet. Saving the workflow leaves the draft: delete it then.
    """
    name, body = call.path("name"), cast(SaveDraft, call.body)
    return draft_entry(await in_library(call, lambda library: library.save_draft(name, body.workflow, body.base)))


async def delete_draft(call: Call) -> Reply:
    """Throw a draft away."""
    name = call.path("name")
    if not await in_library(call, lambda library: library.delete_draft(name)):
        await in_library(call, lambda library: library.draft(name))  # raises: there is none
    return Reply(status=HTTPStatus.NO_CONTENT)


async def list_deleted(call: Call) -> DeletedList:
    """List the workflows in the bin, the last deleted first."""
    things = await in_library(call, lambda library: library.deleted())
    listed = [DeletedEntry(id=each.id, name=each.name, deleted=each.deleted) for each in things]
    return DeletedList(workflows=listed)


async def restore_deleted(call: Call) -> Reply:
    """Take a workflow out of the bin, with its revisions."""
    id, to = call.path("id"), cast(RestoreDeleted, call.body).to
    saved = await in_library(call, lambda library: library.undelete(id, to))
    return Reply(document_of(saved, call.server.engine.registry), headers=headers_of(saved.revision))


async def forget_deleted(call: Call) -> Reply:
    """Throw a workflow in the bin away for good."""
    id = call.path("id")
    await in_library(call, lambda library: library.forget(id))
    return Reply(status=HTTPStatus.NO_CONTENT)


async def empty_bin(call: Call) -> Reply:
    """Throw everything in the bin away for good."""
    await in_library(call, lambda library: library.empty_bin())
    return Reply(status=HTTPStatus.NO_CONTENT)


def _problems_of(draft: Draft) -> list[ProblemItem]:
    try:
        from_json(draft.document)
    except WorkflowError as error:
        return told(error.problems)
    return []


_BIN = "/api/v1/bin"
_DRAFT = f"{NAMED}/draft"
_ABSENT = (HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)
_TAKEN = (*_ABSENT, HTTPStatus.CONFLICT, HTTPStatus.INSUFFICIENT_STORAGE)

ROUTES = (
    Route("GET", f"{NAMED}/revisions", list_revisions, answer=RevisionList, problems=_ABSENT),
    Route(
        "GET", f"{NAMED}/revisions/{{revision}}", read_revision, answer=WorkflowDocument, problems=_ABSENT,
        reads=("If-None-Match",), sends=("ETag",),
    ),
    Route(
        "POST", f"{NAMED}/restore", restore_revision, body=RestoreRevision, answer=WorkflowDocument, problems=_TAKEN,
        reads=("If-Match",), sends=("ETag",),
    ),
    Route("GET", "/api/v1/drafts", list_drafts, answer=DraftList),
    Route("GET", _DRAFT, read_draft, answer=DraftDocument, problems=_ABSENT),
    Route("PUT", _DRAFT, save_draft, body=SaveDraft, answer=DraftEntry, problems=_TAKEN),
    Route("DELETE", _DRAFT, delete_draft, status=HTTPStatus.NO_CONTENT, problems=_ABSENT),
    Route("GET", _BIN, list_deleted, answer=DeletedList),
    Route("DELETE", _BIN, empty_bin, status=HTTPStatus.NO_CONTENT, problems=(HTTPStatus.INSUFFICIENT_STORAGE,)),
    Route(
        "POST", f"{_BIN}/{{id}}/restore", restore_deleted, body=RestoreDeleted, answer=WorkflowDocument,
        problems=_TAKEN, sends=("ETag",),
    ),
    Route("DELETE", f"{_BIN}/{{id}}", forget_deleted, status=HTTPStatus.NO_CONTENT, problems=_TAKEN),
)  # fmt: skip
