"""The files that nodes may choose: checkpoints and other models, pictures to load; what they are, and which are missing.

A name may hold folders. In a path its slashes are written %2F: /models/checkpoints/sd15%2Fdreamy.safetensors.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import cast

from graphflow.files import FileProblem
from graphflow.server.catalogue.model_files import entries, entry, find, folders_named, takers
from graphflow.server.catalogue.node_entries import folder_entry
from graphflow.server.catalogue.privacy import without_paths
from graphflow.server.problems import Refused, not_found
from graphflow.server.route import Call, Reply, Route
from graphflow.server.tags import headers_of, tag_of, unchanged
from graphflow.wire.models import ModelEntry, ModelFolder, ModelFolderList, ModelList, ModelQuery


async def list_model_folders(call: Call) -> ModelFolderList:
    """List the kinds of files that nodes take, and which inputs take them."""
    engine = call.server.engine_of(call.user)

    def look() -> list[ModelFolder]:
        named = list(takers(engine.registry))
        folders = []
        for name in sorted({each.folder.name for each in named}):
            marks = list(dict.fromkeys(each.folder for each in named if each.folder.name == name))
            files = {file for mark in marks for file in engine.files.choices(mark)}
            used_by = [f"{each.node}.{each.input}" for each in named if each.folder.name == name]
            places = [str(root) for root in engine.files.roots(name)] if call.user.admin else None
            fits = [folder_entry(mark) for mark in marks]
            folders.append(ModelFolder(name=name, files=len(files), fits=fits, used_by=used_by, places=places))
        return folders

    return ModelFolderList(folders=await asyncio.to_thread(look))


async def list_models(call: Call) -> Reply:
    """List the files of one kind with size, time and what their headers say; by default all that some node takes."""
    query, engine = cast(ModelQuery, call.query), call.server.engine_of(call.user)
    folders = folders_named(call.path("folder"), engine.registry, query.node, query.input)
    listed = await asyncio.to_thread(entries, folders, engine, admin=call.user.admin)
    tag = tag_of(listed)
    return unchanged(call.request, tag) or Reply(ModelList(models=listed), headers=headers_of(tag))


async def read_model(call: Call) -> ModelEntry:
    """Read what is known of one file. `sha256` is null until it was computed."""
    return await asyncio.to_thread(_read, call, hashing=False)


async def hash_model(call: Call) -> ModelEntry:
    """Compute a file's SHA-256, which may take a minute, and remember it until the file changes."""
    return await asyncio.to_thread(_read, call, hashing=True)


def _read(call: Call, *, hashing: bool) -> ModelEntry:
    engine, name = call.server.engine_of(call.user), call.path("name")
    folders = folders_named(call.path("folder"), engine.registry)
    if name.startswith(_ARTIFACT):  # a file name in a workflow, but nothing that is chosen from a list
        raise not_found(f"there is no file {name!r}", code="no-such-file")
    try:
        folder = find(folders, name, engine)
        digest = engine.files.find(folder, name).sha256 if hashing else None
    except FileProblem as error:
        missing = error.code == "no-such-file"
        [told] = without_paths(error.problems, engine, call.user)
        status = HTTPStatus.NOT_FOUND if missing else HTTPStatus.UNPROCESSABLE_ENTITY
        raise Refused(status, told.code, told.message, hint=told.hint) from error
    known = entry(folder, name, engine, admin=call.user.admin)
    return known.model_copy(update={"sha256": digest}) if digest else known  # a fresh file's is not remembered yet


_ARTIFACT = "sha256:"
_FOLDER = "/api/v1/models/{folder}"
_ABSENT = (HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)

ROUTES = (
    Route("GET", "/api/v1/models", list_model_folders, answer=ModelFolderList),
    Route(
        "GET", _FOLDER, list_models, query=ModelQuery, answer=ModelList, problems=_ABSENT, reads=("If-None-Match",),
        sends=("ETag",),
    ),
    Route("GET", f"{_FOLDER}/{{name}}", read_model, answer=ModelEntry, problems=_ABSENT),
    Route("POST", f"{_FOLDER}/{{name}}/hash", hash_model, answer=ModelEntry, problems=_ABSENT),
)  # fmt: skip
