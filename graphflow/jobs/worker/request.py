"""Reads what a job asks for from its stored body, as strictly as a workflow file."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphflow.document import Workflow, from_json
from graphflow.document.load import Unreadable, load
from graphflow.errors import Problem, WorkflowError
from graphflow.migrate import migrate
from graphflow.registry import Registry

_REMEMBERED: Final = 64
_REMEMBERED_LENGTH: Final = 1 << 18
_KEYS: Final = frozenset({"workflow", "inputs", "targets", "deterministic"})


@dataclass(frozen=True, slots=True)
class Request:
    """A workflow to run with these values at its named inputs.

    `targets` computes only these nodes or outputs. A `deterministic` job shares no forward with others, so that its
    results are bit-equal whatever else runs.
    """

    workflow: Workflow
    inputs: Mapping[str, Any]
    targets: tuple[str, ...] | None = None
    deterministic: bool = False


class Workflows:
    """Workflows that were read lately: many jobs differ in their inputs only. Safe between threads."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._read: OrderedDict[str, Workflow] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, data: Any) -> Workflow:
        """Return a workflow from plain data, brought up to date; raise WorkflowError."""
        text = repr(data)  # 1, 1.0, True and "1" differ in it
        if len(text) > _REMEMBERED_LENGTH:
            return migrate(from_json(data), self._registry)
        with self._lock:
            workflow = self._read.pop(text, None)
        if workflow is None:
            workflow = migrate(from_json(data), self._registry)
        with self._lock:
            self._read[text] = workflow
            if len(self._read) > _REMEMBERED:
                self._read.popitem(last=False)
        return workflow


def read_request(body: str, workflows: Workflows) -> Request:
    """Return what a job's body asks for; raise WorkflowError with every problem."""
    problems: list[Problem] = []
    data = load(body, problems)
    if not isinstance(data, dict) or "workflow" not in data:
        raise WorkflowError([*problems, _malformed("a job's body is an object with a workflow in it")])
    problems.extend(_malformed(f"a job's body has no {key!r}") for key in data.keys() - _KEYS)
    inputs, targets, deterministic = data.get("inputs", {}), data.get("targets"), data.get("deterministic", False)
    if not isinstance(inputs, dict):
        problems.append(_malformed("inputs must be an object of values by name"))
        inputs = {}
    if targets is not None and not _are_names(targets):
        problems.append(_malformed("targets must be a list of names"))
    if not isinstance(deterministic, bool):
        problems.append(_malformed("deterministic must be true or false"))
    problems.extend(_unreadable(inputs))
    try:
        workflow = workflows.read(data["workflow"])
    except WorkflowError as error:
        raise WorkflowError([*problems, *error.problems]) from error
    if problems:
        raise WorkflowError(problems)
    return Request(workflow, inputs, None if targets is None else tuple(targets), deterministic)


def _malformed(message: str) -> Problem:
    return Problem("bad-request", message)


def _are_names(targets: Any) -> bool:
    return isinstance(targets, list) and all(isinstance(each, str) for each in targets)


def _unreadable(inputs: Mapping[str, Any]) -> Iterator[Problem]:
    for name, value in inputs.items():
        for each in value if isinstance(value, list) else (value,):
            if isinstance(each, Unreadable):
                yield Problem("not-finite", f"the input {name!r} is {each.text:.40}, which is no number", input=name)
