"""Takes requests for jobs at the pace of many small ones: what was planned before is not planned again."""

from __future__ import annotations

import asyncio
import os
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from graphflow.api import AnyNode, File, Text
from graphflow.document import SUBGRAPH_PREFIX, Workflow
from graphflow.engine import Engine
from graphflow.mentions import Library
from graphflow.server.requests.submission import PREFIX, Find, Found, Prepared, body_of, find_workflow, prepare
from graphflow.step import Plan
from graphflow.wire.jobs import SubmitJob

SMALL = 16_384
"""Characters of a request that is planned at once, on the loop; larger ones go to a thread."""
REMEMBERED = 16 << 20
"""Characters of requests whose planning is remembered."""
REQUESTS = 256
"""Requests whose planning is remembered: those that differ each time are not asked for again, and only fill memory."""
WORKFLOWS = 64
"""Small workflows that are kept as they were read."""

_Stamps: TypeAlias = tuple[tuple[Path, tuple[int, int, int]], ...]


@dataclass(frozen=True, slots=True)
class Ready:
    """What the job store keeps of a request that can run: the text, and a name for people."""

    body: str
    name: str | None


class Acceptance:
    """Check requests, in threads where that may take long.

    A request that was planned is remembered, by its whole text, with the files that it reads: while none of them has
    changed, the same text needs no other plan. Of one with other inputs the workflow need not be read again. What names artifacts is planned each time, for they can be deleted.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="graphflow-planning")
        self._known: OrderedDict[tuple[str | None, str], tuple[str | None, _Stamps]] = OrderedDict()
        self._size = 0
        self._reading: dict[str, bool] = {}
        self._workflows: OrderedDict[str, Workflow] = OrderedDict()

    async def prepare(self, request: SubmitJob, engine: Engine, find: Find, nodes: int) -> Ready:
        """Return what is stored; raise WorkflowError with every problem, or LibraryError for an unknown name."""
        loop = asyncio.get_running_loop()
        if isinstance(request.workflow, str):
            found = await loop.run_in_executor(self._threads, find_workflow, request, engine)
        else:
            found = find_workflow(request, engine)
        text = body_of(found, request.inputs, request)
        names_artifacts = PREFIX in text or '"artifact"' in text
        key = (engine.home.user, text)
        known = None if names_artifacts else self._recall(key)
        if known is not None:
            return Ready(text, known[0])
        if len(text) <= SMALL and not names_artifacts and not self._reads_files(found.plain, engine):
            prepared = self._prepare(found, request, engine, find, nodes)
        else:
            prepared = await loop.run_in_executor(self._threads, prepare, found, request, engine, find, nodes)
        if not names_artifacts and prepared.body == text:
            self._remember(key, prepared)
        return Ready(prepared.body, prepared.name)

    def _prepare(self, found: Found, request: SubmitJob, engine: Engine, find: Find, nodes: int) -> Prepared:
        """Prepare a small request, with the workflow as it was read for the one before that differed in its inputs."""
        prepared = prepare(found, request, engine, find, nodes, self._workflows.get(found.text))
        self._workflows[found.text] = prepared.workflow
        self._workflows.move_to_end(found.text)
        if len(self._workflows) > WORKFLOWS:
            self._workflows.popitem(last=False)
        return prepared

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(cancel_futures=True)

    def _recall(self, key: tuple[str | None, str]) -> tuple[str | None, _Stamps] | None:
        known = self._known.get(key)
        if known is None:
            return None
        if any(_stamp(path) != stamp for path, stamp in known[1]):
            self._forget(key)
            return None
        self._known.move_to_end(key)
        return known

    def _remember(self, key: tuple[str | None, str], prepared: Prepared) -> None:
        stamps = _stamps(prepared.plan)
        if stamps is None or len(key[1]) > REMEMBERED or key in self._known:
            return
        self._known[key] = (prepared.name, stamps)
        self._size += len(key[1])
        while self._size > REMEMBERED or len(self._known) > REQUESTS:
            self._forget(next(iter(self._known)))

    def _forget(self, key: tuple[str | None, str]) -> None:
        del self._known[key]
        self._size -= len(key[1])

    def _reads_files(self, plain: Mapping[str, Any], engine: Engine) -> bool:
        """Say whether a node of a workflow may read a file, which takes long when it was never read before."""
        nodes = plain.get("nodes")
        if not isinstance(nodes, dict) or "subgraphs" in plain:
            return True
        for node in nodes.values():
            kind = node.get("type") if isinstance(node, dict) else None
            if not isinstance(kind, str) or kind.startswith(SUBGRAPH_PREFIX):
                return True
            reads = self._reading.get(kind)
            if reads is None:
                found = engine.registry.find(kind)
                if found is None:
                    continue
                reads = self._reading[kind] = _reads(found)
            if reads:
                return True
        return False


def _reads(kind: AnyNode) -> bool:
    return any(each.folder is not None or each.mentions is not None for each in kind.inputs)


def _stamps(plan: Plan) -> _Stamps | None:
    """Return how the files of a plan stand; None where that cannot be told from a few of them."""
    stamps = []
    for value in _values(plan):
        if isinstance(value, Library):
            return None
        files = value.files.values() if isinstance(value, Text) else (value,) if isinstance(value, File) else ()
        for file in files:
            stamp = _stamp(file.path)
            if stamp is None or file.path.is_dir():
                return None
            stamps.append((file.path, stamp))
    return tuple(stamps)


def _values(plan: Plan) -> Iterator[Any]:
    for step in plan.steps.values():
        for value in step.values.values():
            if isinstance(value, tuple):
                yield from value
            else:
                yield value


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        facts = os.stat(path)  # noqa: PTH116  half the time of Path.stat
    except OSError:
        return None
    return facts.st_size, facts.st_mtime_ns, facts.st_ino
