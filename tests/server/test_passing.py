"""What a server reads it lets go of: values that each job has of its own are not kept in case that they come again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated

import pytest
from pydantic import Field, TypeAdapter

from graphflow.events import NodeStarted
from graphflow.jobs.events import LASTING
from graphflow.jobs.worker.messages import Answer, Said, read_answer
from graphflow.wire.events import CLIENT_MESSAGE
from graphflow.wire.jobs import SubmitJob

MANY = 4_000


def blocks_kept(read: Callable[[int], object]) -> int:
    """Return how many pieces of memory more are held after many readings than after some."""
    for number in range(500):
        read(number)
    before = sys.getallocatedblocks()
    for number in range(500, 500 + MANY):
        read(number)
    return sys.getallocatedblocks() - before


def said(number: int) -> bytes:
    event = NodeStarted(node=f"a node of its own {number}", type=f"Type{number}")
    return Said(run=number, report=event).model_dump_json().encode()


@pytest.mark.parametrize(
    "read",
    [
        pytest.param(lambda number: read_answer(said(number), b""), id="a worker's report"),
        pytest.param(
            lambda number: LASTING.validate_json(NodeStarted(node=f"stored {number}", type="A").model_dump_json()),
            id="a stored event",
        ),
        pytest.param(
            lambda number: CLIENT_MESSAGE.validate_json(f'{{"kind": "ping", "id": "ping {number}"}}'),
            id="a client's message",
        ),
        pytest.param(
            lambda number: SubmitJob.model_validate_json(f'{{"workflow": "saved {number}", "labels": ["{number}"]}}'),
            id="a request",
        ),
    ],
)
def test_texts_that_were_read_are_not_kept(read: Callable[[int], object]) -> None:
    assert blocks_kept(read) < MANY / 20


def test_a_reader_that_keeps_texts_would_be_found_out() -> None:
    keeping: TypeAdapter[Answer] = TypeAdapter(Annotated[Answer, Field(discriminator="say")])

    assert blocks_kept(lambda number: keeping.validate_json(said(number))) > MANY
