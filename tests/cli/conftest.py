"""Ways to call the command line in this process, and toy workflows to call it with."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from graphflow.cli import main
from tests.toy import link, workflow

TOY = Path(__file__).parent.parent / "toy.py"


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The JSON objects that it printed, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


Say = Callable[..., Said]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the command a home of its own, and a folder to stand in."""
    monkeypatch.setenv("GRAPHFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("GRAPHFLOW_MODELS", raising=False)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "home"


@pytest.fixture
def graphflow(home: Path, capfd: pytest.CaptureFixture[str]) -> Say:
    """Call the command line with the toy pack, and hear what it says. Whatever happens, there is no traceback."""

    def say(*arguments: str | Path) -> Said:
        capfd.readouterr()
        code = main([str(each) for each in arguments])
        heard = capfd.readouterr()
        if "--debug" not in arguments:
            assert "Traceback" not in heard.err + heard.out
        return Said(code, heard.out, heard.err)

    return say


@pytest.fixture
def write(home: Path) -> Callable[..., Path]:
    """Write a workflow file; returns its path."""

    def write(stem: str, nodes: Mapping[str, tuple[str, Mapping[str, Any]]], **more: Any) -> Path:
        path = Path(f"{stem}.json")
        path.write_text(json.dumps(workflow(nodes, **more)))
        return path

    return write


@pytest.fixture
def pots(write: Callable[..., Path]) -> Path:
    """A workflow that fires one pot: its inputs are `colour` and `times`."""
    return write(
        "pots",
        {
            "dig": ("Dig", {"name": "red"}),
            "knead": ("Knead", {"clay": link("dig"), "times": 2}),
            "fire": ("Fire", {"clay": link("knead"), "prefix": "pot"}),
        },
        name="Pots",
        inputs={"colour": {"node": "dig", "input": "name"}, "times": {"node": "knead", "input": "times"}},
    )
