"""Lends a request the library of its user, off the loop, and says in a conflict what is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

from graphflow.home import shipped_workflows
from graphflow.library import Conflict, Library
from graphflow.server.problems import Refused
from graphflow.server.route import Call

T = TypeVar("T")


async def in_library(call: Call, act: Callable[[Library], T]) -> T:
    """Return what an act on the user's library returns; a conflict names in `ETag` what is there."""
    library = Library(call.server.engine_of(call.user).home.workflows, shipped_workflows())
    try:
        return await asyncio.to_thread(act, library)
    except Conflict as error:
        headers = {"ETag": f'"{error.current}"'} if error.current else {}
        raise Refused(HTTPStatus.CONFLICT, error.code, str(error), hint=error.hint, headers=headers) from error
