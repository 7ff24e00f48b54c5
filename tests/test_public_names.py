"""What others may rely on, name by name, and that relying on it loads nothing heavy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import graphflow
import graphflow.api

PROGRAMS = {"Engine", "Flow", "Results", "__version__", "run"}
"""For programs that run workflows."""

PACKS = {
    *("node", "resource"),  # decorators
    *("Range", "Choice", "Seed", "Multiline", "Name", "Folder", "Mentions"),  # marks
    *("Socket", "Artifact", "File", "Text", "Lazy", "Context", "SILENT"),  # what signatures hold
    *("Expand", "Make", "Wire", "Outer", "Blocked"),  # what nodes return beside values
    *("Check", "Checked", "Facts", "Problem", "why_unsavable"),  # checking before anything runs
    *("Held", "DeviceMemory", "Resource", "Resources"),  # what workers hold
    *("NodeError", "RunCancelled"),  # what nodes raise
    *("AnyNode", "NodeType", "Input", "Output"),  # what a node is, for tools that list them
}
"""For node packs. A name that is added here is a promise; one that is taken away breaks packs."""


@pytest.mark.parametrize(("module", "names"), [(graphflow, PROGRAMS), (graphflow.api, PACKS)])
def test_the_public_names_are_these(module: ModuleType, names: set[str]) -> None:
    assert set(module.__all__) == names
    assert len(module.__all__) == len(names)
    for name in names:
        assert getattr(module, name) is not None


def test_a_name_that_is_not_there_is_said_as_python_says_it() -> None:
    with pytest.raises(AttributeError, match="module 'graphflow' has no attribute 'Enigne'"):
        graphflow.Enigne  # noqa: B018


HEAVY = ("torch", "diffusers", "transformers", "safetensors", "numpy", "PIL", "networkx")


def python(code: str) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).parents[1]
    return subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    "modules", ["graphflow, graphflow.engine, graphflow.build, graphflow.explain", "graphflow.api"]
)
def test_the_engine_is_imported_where_nothing_heavy_can_be(modules: str) -> None:
    blocked = f"import sys; sys.modules.update(dict.fromkeys({HEAVY}))"

    done = python(f"{blocked}; import {modules}")

    assert done.returncode == 0, done.stderr


def test_a_pack_that_imports_the_api_loads_neither_executor_nor_document() -> None:
    done = python("import graphflow.api, sys; print(*(each for each in sys.modules if each.startswith('graphflow')))")

    loaded = {each.split(".")[1] for each in done.stdout.split() if "." in each}
    assert loaded == {"api", "errors", "version"}
