"""The types that the editor compiles against are those of the server's models."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

WEB = Path(__file__).parents[2] / "web"


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("wire_schema", WEB / "scripts" / "wire_schema.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_committed_schema_is_what_the_server_says() -> None:
    committed = json.loads((WEB / "src" / "wire" / "schema.json").read_text())

    assert script().wire_schema() == committed, "run `npm run schema` in web/ and commit what it writes"


def test_messages_can_be_told_apart_by_their_kind() -> None:
    definitions = script().wire_schema()["$defs"]

    assert {"StoredMessage", "NodeList", "SubmitJob", "ServerMessage"} <= set(definitions)
    assert "kind" in definitions["Pong"]["required"]
