"""Turns a request into what the job store keeps: the workflow found, inputs resolved, everything checked and planned."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any, TypeAlias

from graphflow.api import Input
from graphflow.document import SUBGRAPH_PREFIX, Literal, Node, Workflow, to_json
from graphflow.document.literals import read_value
from graphflow.document.model import Link
from graphflow.engine import Engine
from graphflow.errors import Problem, WorkflowError
from graphflow.home import shipped_workflows
from graphflow.inputs import declared_input, find_input, set_inputs
from graphflow.library import Library
from graphflow.server.requests.belongings import Belonging
from graphflow.step import Plan
from graphflow.wire.jobs import SubmitJob

Find: TypeAlias = Callable[[str], Belonging | None]
"""Finds a file of the caller's by its hash; None when there is none, or when it is somebody else's."""

PREFIX = "sha256:"
_WRITE = json.JSONEncoder(separators=(",", ":")).encode
_NOWHERE = PREFIX + 64 * "0"
"""The name of an artifact that cannot be: it stands in for those that the caller may not see, while planning."""


@dataclass(frozen=True, slots=True)
class Found:
    """The workflow of a request: as plain data, as the text of these, and under which name it was saved if it was."""

    plain: Mapping[str, Any]
    text: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request that can run: the text that is stored, the workflow's name for people, what was read and planned."""

    body: str
    name: str | None
    plan: Plan
    workflow: Workflow


def body_of(found: Found, inputs: Mapping[str, Any], request: SubmitJob) -> str:
    """Return the text that a job is stored as: whole numbers keep all their digits, and every byte is ASCII."""
    more = ',"deterministic":true' if request.deterministic else ""
    return f'{{"workflow":{found.text},"inputs":{_WRITE(inputs)},"targets":{_WRITE(request.targets)}{more}}}'


def find_workflow(request: SubmitJob, engine: Engine) -> Found:
    """Return the workflow of a request; a saved one by its name, which is never a path.

    Raise LibraryError when there is none of this name, or WorkflowError when its file is damaged.
    """
    if not isinstance(request.workflow, str):
        return Found(request.workflow, _WRITE(request.workflow))
    saved = Library(engine.home.workflows, shipped_workflows()).read(request.workflow)
    if saved.workflow is None:
        raise WorkflowError(saved.problems)
    plain = to_json(saved.workflow)
    return Found(plain, _WRITE(plain), saved.name)


def prepare(
    found: Found,
    request: SubmitJob,
    engine: Engine,
    find: Find,
    nodes: int,
    workflow: Workflow | None = None,
) -> Prepared:
    """Check a request and plan it; raise WorkflowError with every problem.

    `nodes` are allowed at most. `workflow` is what the same text was read as before, where it was.
    """
    workflow = workflow or engine.read(found.plain)
    _check_size(workflow, nodes)
    problems: list[Problem] = []
    inputs = _Inputs(workflow, engine, find, problems).read(request.inputs)
    hidden = _hide_strangers(_set(workflow, inputs, engine, problems), find)
    try:
        _, plan = engine.plan(hidden.workflow, None, request.targets)
    except WorkflowError as error:
        told = [each for each in error.problems if _NOWHERE[:40] not in each.message]
        raise WorkflowError(dict.fromkeys([*problems, *hidden.problems, *told])) from None
    if problems or hidden.problems:
        raise WorkflowError([*problems, *hidden.problems])
    return Prepared(body_of(found, inputs, request), workflow.name or found.name, plan, workflow)


def _check_size(workflow: Workflow, most: int) -> None:
    nodes = len(workflow.nodes) + sum(len(each.nodes) for each in workflow.subgraphs.values())
    if nodes > most:
        message = f"the workflow has {nodes:,} nodes; {most:,} are allowed"
        raise WorkflowError([Problem("too-many-nodes", message, hint="run it in parts")])


def _set(workflow: Workflow, inputs: Mapping[str, Any], engine: Engine, problems: list[Problem]) -> Workflow:
    """Set each input by itself, so that all that are wrong are told."""
    for name, value in inputs.items():
        try:
            workflow = set_inputs(workflow, {name: value}, engine.registry)
        except WorkflowError as error:
            problems.extend(error.problems)
    return workflow


class _Inputs:
    """Reads the values of named inputs as a workflow's literals, and turns artifacts into names of files."""

    def __init__(self, workflow: Workflow, engine: Engine, find: Find, problems: list[Problem]) -> None:
        self.workflow = workflow
        self.registry = engine.registry
        self.find = find
        self.problems = problems

    def read(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values as they are stored; those that cannot be are left out and reported."""
        read: dict[str, Any] = {}
        for name, value in values.items():
            before = len(self.problems)
            plain = self._value(name, value)
            if len(self.problems) == before:
                read[name] = plain
        return read

    def _value(self, name: str, value: Any) -> Any:
        if isinstance(value, dict) and value.keys() == {"artifact"}:
            return self._artifact(name, value["artifact"])
        if isinstance(value, list) and any(isinstance(each, dict) and "artifact" in each for each in value):
            return [self._value(name, each) for each in value]
        found: list[Problem] = []
        literal = read_value(value, "", name, found)
        if not found and _holds_a_link(literal):
            found.append(Problem("link-refused", "an input's value cannot be a link", hint="give the value itself"))
        self.problems.extend(replace(each, node=None, input=name) for each in found)
        return _plain(literal)

    def _artifact(self, name: str, digest: Any) -> str | None:
        ref = find_input(self.workflow, name, self.registry)
        if ref is None:
            return ""  # the name is reported when it is set
        declared = declared_input(self.workflow, ref, self.registry)
        mine = self.find(digest) if isinstance(digest, str) else None
        problem = _why_no_file(declared, mine, digest)
        if problem is not None:
            self.problems.append(replace(problem, node=ref.node, input=ref.input))
            return None
        return None if mine is None else mine.value


def _why_no_file(declared: Input | None, mine: Belonging | None, digest: Any) -> Problem | None:
    """Say why an artifact cannot be the value of an input, or return None when it can."""
    if declared is None or declared.folder is None:
        return Problem("no-file-input", "this input takes no file", hint="give the value itself, not an artifact")
    if declared.folder.name != "input":
        what = declared.folder.name
        return Problem("no-file-input", f"this input takes a file from {what}, not an artifact", hint="give its name")
    if mine is None:
        return unknown_artifact(str(digest))
    endings = declared.folder.suffixes
    if endings and PurePosixPath(mine.name).suffix.lower() not in endings:
        message = f"the artifact {mine.name!r} is none of the files that fit here: {' or '.join(endings)}"
        return Problem("wrong-file-kind", message)
    return None


def unknown_artifact(digest: str) -> Problem:
    """Return the problem of an artifact that is not there, or not the caller's: the two are not told apart."""
    shown = digest if len(digest) <= 80 else f"{digest[:79]}…"
    return Problem("unknown-artifact", f"you have no artifact {shown!r}", hint="upload or make it again")


def _plain(literal: Any) -> Any:
    """Return a literal as JSON has it."""
    if isinstance(literal, tuple):
        return [_plain(each) for each in literal]
    if isinstance(literal, Mapping):
        return {key: _plain(each) for key, each in literal.items()}
    return literal


def _holds_a_link(value: Any) -> bool:
    return isinstance(value, Link) or (isinstance(value, tuple) and any(isinstance(each, Link) for each in value))


@dataclass(frozen=True, slots=True)
class _Hidden:
    workflow: Workflow
    problems: tuple[Problem, ...]


def _hide_strangers(workflow: Workflow, find: Find) -> _Hidden:
    """Replace artifacts that are not the caller's: planning would say of them more than that."""
    problems: list[Problem] = []
    nodes = _hide_in(workflow.nodes, "", find, problems)
    subgraphs = {
        name: replace(each, nodes=_hide_in(each.nodes, f"{SUBGRAPH_PREFIX}{name}/", find, problems))
        for name, each in workflow.subgraphs.items()
    }
    if not problems:
        return _Hidden(workflow, ())
    return _Hidden(replace(workflow, nodes=nodes, subgraphs=subgraphs), tuple(problems))


def _hide_in(nodes: Mapping[str, Node], prefix: str, find: Find, problems: list[Problem]) -> Mapping[str, Node]:
    hidden: dict[str, Node] = {}
    for name, node in nodes.items():
        for input, value in node.inputs.items():
            strange = [each for each in _names(value) if find(each.removeprefix(PREFIX)) is None]
            if strange:
                problems.append(replace(unknown_artifact(strange[0]), node=prefix + name, input=input))
                inputs = {**hidden.get(name, node).inputs, input: _replaced(value, frozenset(strange))}
                hidden[name] = replace(node, inputs=inputs)
    return {**nodes, **hidden} if hidden else nodes


def _names(value: Any) -> Iterable[str]:
    """Yield what in a literal looks like the name of an artifact."""
    if type(value) is str:
        if value.startswith(PREFIX) and len(value) == len(_NOWHERE):
            yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _names(each)


def _replaced(value: Literal | Any, strange: frozenset[str]) -> Any:
    if isinstance(value, tuple):
        return tuple(_replaced(each, strange) for each in value)
    return _NOWHERE if value in strange else value
