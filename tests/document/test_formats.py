"""Files of older formats still open. A stored file stands for each format that was ever written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphflow.document import FORMAT, InputRef, Link, Node, OutputRef, View, Workflow, dump, parse
from graphflow.document.formats import STEPS
from graphflow.errors import WorkflowError

OLD = Path(__file__).parents[1] / "fixtures" / "old"


def test_the_draft_format_is_read_as_todays() -> None:
    workflow = parse((OLD / "graphflow-0.json").read_bytes())

    assert workflow == Workflow(
        name="Text to image, as the first draft wrote it",
        inputs={"prompt": InputRef("positive", "text")},
        outputs={"images": OutputRef("save", "images")},
        nodes={
            "checkpoint": Node("LoadCheckpoint", {"ckpt_name": "graphflow-tiny"}),
            "positive": Node("CLIPEncode", {"clip": Link("checkpoint", "clip"), "text": "a red house"}),
            "both": Node("Batch", {"images": (Link("one", "out"), Link("two", "out"))}),
            "save": Node("SaveImage", {"images": Link("decode", "out"), "filename_prefix": "house"}, version=1),
        },
        view={"checkpoint": View(40, 40), "positive": View(380.5, 40)},
    )


def test_saving_an_old_file_brings_it_up_to_date() -> None:
    workflow = parse((OLD / "graphflow-0.json").read_bytes())

    assert json.loads(dump(workflow))["format"] == FORMAT


def test_every_older_format_has_a_stored_file_that_still_opens() -> None:
    for name in STEPS:
        parse((OLD / f"{name.replace('/', '-')}.json").read_bytes())


@pytest.mark.parametrize(
    ("nodes", "code", "node", "input"),
    [
        ('{"n": {"type": "T", "at": "left"}}', "unknown-key", "n", None),
        ('{"n": {"type": "T", "at": ["a", "b"]}}', "wrong-type", "n", None),
        ('{"n": {"type": "T", "inputs": {"x": null}}}', "wrong-type", "n", "x"),
        ('{"n": 5}', "wrong-type", "n", None),
    ],
)
def test_what_is_wrong_in_an_old_file_is_still_found(nodes: str, code: str, node: str, input: str | None) -> None:
    with pytest.raises(WorkflowError) as caught:
        parse(f'{{"format": "graphflow/0", "nodes": {nodes}}}')

    problem = caught.value.problems[0]
    assert (problem.code, problem.node, problem.input) == (code, node, input)
