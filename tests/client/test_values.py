"""How what a program has becomes what is sent."""

from __future__ import annotations

from typing import Any

import pytest

from graphflow.build import Flow
from graphflow.client.values import as_source, as_value
from graphflow.wire.artifacts import Artifact, Upload
from graphflow.wire.jobs import OutputFile
from tests.toy import dig, knead

SHA = "ab" * 32
FACTS: dict[str, Any] = {"sha256": SHA, "media_type": "image/png", "name": "a.png", "size": 3, "width": 1, "height": 1}
ARTIFACT = Artifact(**FACTS, purpose="output", job="j", node="save", created=None)


@pytest.mark.parametrize("file", [OutputFile(**FACTS), Upload(**FACTS, created=1.0), ARTIFACT])
def test_a_file_on_the_server_is_named_by_its_hash(file: object) -> None:
    assert as_value(file) == {"artifact": SHA}
    assert as_value([file, "b.png"]) == [{"artifact": SHA}, "b.png"]


@pytest.mark.parametrize("plain", [7, 2**64 - 1, 0.5, True, "text", None, {"value": {"a": 1}}])
def test_plain_values_stay_as_they_are(plain: object) -> None:
    assert as_value(plain) == plain


def test_a_workflow_that_was_built_is_sent_as_its_file() -> None:
    flow = Flow("A lump")
    flow.add(knead)(flow.add(dig)(name="red"), times=2)

    sent = as_source(flow.workflow())

    assert isinstance(sent, dict)
    assert sent["format"] == "graphflow/1"
    assert sent["nodes"]["dig"]["inputs"] == {"name": "red"}
    assert as_source("saved") == "saved"
