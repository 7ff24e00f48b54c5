"""Bodies of jobs are read strictly; a workflow that was read lately is read once for all jobs with other inputs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from graphflow.errors import WorkflowError
from graphflow.jobs.worker import request as module
from graphflow.jobs.worker.request import Workflows, read_request
from tests.jobs.worker.rig import body
from tests.toy import REGISTRY, workflow


@pytest.fixture
def workflows() -> Workflows:
    return Workflows(REGISTRY)


def codes(text: str) -> set[str]:
    with pytest.raises(WorkflowError) as caught:
        read_request(text, Workflows(REGISTRY))
    return {each.code for each in caught.value.problems}


def test_everything_that_may_stand_in_a_body_is_read(workflows: Workflows) -> None:
    asked = body({"dig": ("Dig", {})}, inputs={"seed": 2**64 - 1}, targets=["dig"], deterministic=True)

    request = read_request(asked, workflows)

    assert (request.inputs, request.targets, request.deterministic) == ({"seed": 2**64 - 1}, ("dig",), True)
    assert list(request.workflow.nodes) == ["dig"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ('"inputs": []', "bad-request"),
        ('"inputs": null', "bad-request"),
        ('"inputs": {"x": NaN}', "not-finite"),
        ('"inputs": {"x": [1, -Infinity]}', "not-finite"),
        ('"inputs": {"x": 1, "x": 2}', "duplicate-key"),
        ('"targets": "dig"', "bad-request"),
        ('"targets": [1]', "bad-request"),
        ('"deterministic": 1', "bad-request"),
        ('"deterministic": 0', "bad-request"),
        ('"priority": 1', "bad-request"),
    ],
)
def test_anything_else_is_refused(more: str, code: str) -> None:
    text = json.dumps(workflow({"dig": ("Dig", {})}))

    assert code in codes(f'{{"workflow": {text}, {more}}}')


def test_all_problems_are_told_at_once() -> None:
    assert codes('{"workflow": {"format": "graphflow/1", "nodes": 7}, "inputs": {"x": NaN}}') >= {"not-finite"}
    assert len(codes('{"workflow": {"format": "graphflow/1", "nodes": 7}, "inputs": {"x": NaN}}')) == 2


def test_jobs_that_differ_in_their_inputs_share_the_workflow_that_was_read(workflows: Workflows) -> None:
    first, second = (read_request(body({"dig": ("Dig", {})}, inputs={"x": n}), workflows) for n in (1, 2))

    assert first.workflow is second.workflow


@pytest.mark.parametrize("values", [(1, 1.0), (1, True), (1, "1"), (2**53, 2**53 + 1), (0.0, -0.0)])
def test_workflows_that_differ_are_told_apart(workflows: Workflows, values: tuple[Any, Any]) -> None:
    first, second = (read_request(body({"dig": ("Dig", {"seed": value})}), workflows).workflow for value in values)

    assert repr(first.nodes["dig"].inputs) != repr(second.nodes["dig"].inputs)


def test_what_is_remembered_does_not_grow_without_end(workflows: Workflows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_REMEMBERED", 3)
    bodies = [body({"dig": ("Dig", {"seed": n})}) for n in range(5)]
    read = [read_request(each, workflows).workflow for each in bodies]

    again = [read_request(each, workflows).workflow for each in reversed(bodies)]

    assert [old is new for old, new in zip(reversed(read), again, strict=True)] == [True] * 3 + [False] * 2
