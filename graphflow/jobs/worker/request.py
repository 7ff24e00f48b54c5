"""Reads what a job asks for from its stored body, as strictly as a workflow file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphflow.document import Workflow, from_json
from graphflow.document.load import Unreadable, load
from graphflow.errors import Problem, WorkflowError

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


def read_request(body: str) -> Request:
    """Return what a job's body asks for; raise WorkflowError with every problem."""
    problems: list[Problem] = []
    data = load(body, problems)
    if not isinstance(data, dict) or "workflow" not in data:
        raise WorkflowError([*problems, _malformed("a job's body is an object with a workflow in it")])
    problems.extend(_malformed(f"a job's body has no {key!r}") for key in data.keys() - _KEYS)
    inputs = data.get("inputs") or {}
    targets, deterministic = data.get("targets"), data.get("deterministic") or False
    if not isinstance(inputs, dict):
        problems.append(_malformed("inputs must be an object of values by name"))
        inputs = {}
    if targets is not None and not _are_names(targets):
        problems.append(_malformed("targets must be a list of names"))
    if not isinstance(deterministic, bool):
        problems.append(_malformed("deterministic must be true or false"))
    problems.extend(_unreadable(inputs))
    try:
        workflow = from_json(data["workflow"])
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
