"""The rules of the repository itself: what CI refuses, what `make` says to a machine that cannot, what is pinned."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
LONGEST_FILE = 400
LONGEST_FUNCTION = 50


def run_tests(folder: Path, source: str, *, ci: str) -> subprocess.CompletedProcess[str]:
    """Run a test file under our conftest, alone in a folder."""
    shutil.copy(REPOSITORY / "tests" / "conftest.py", folder)
    (folder / "test_it.py").write_text(f"import pytest\n{source}\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "markers=slow", str(folder)]
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_skip_without_an_allowed_reason_fails_ci(tmp_path: Path) -> None:
    result = run_tests(tmp_path, "def test_a():\n    pytest.skip('not today')", ci="true")

    assert result.returncode == 1
    assert "skipped without an allowed reason: test_it.py::test_a: not today" in result.stdout


def test_a_whole_file_that_is_skipped_fails_ci(tmp_path: Path) -> None:
    result = run_tests(tmp_path, "pytest.importorskip('no_such_module')\ndef test_a(): ...", ci="true")

    assert result.returncode != 0
    assert "skipped without an allowed reason" in result.stdout


@pytest.mark.parametrize(
    "source",
    [
        "def test_a():\n    pytest.skip('needs a GPU: there is none')\ndef test_b(): ...",
        "@pytest.mark.slow\ndef test_a():\n    assert False\ndef test_b(): ...",
        "@pytest.mark.xfail(reason='known')\ndef test_a():\n    assert False\ndef test_b(): ...",
    ],
)
def test_a_skip_with_an_allowed_reason_passes_ci(tmp_path: Path, source: str) -> None:
    assert run_tests(tmp_path, source, ci="true").returncode == 0


def test_on_a_developers_machine_a_skip_is_a_skip(tmp_path: Path) -> None:
    assert run_tests(tmp_path, "def test_a():\n    pytest.skip('not today')", ci="").returncode == 0


def make(folder: Path, python: str) -> subprocess.CompletedProcess[str]:
    """Run `make setup` in a folder that holds only what it needs, with another Python."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(REPOSITORY / name, folder)
    stranger = folder / "strange-python"
    stranger.write_text(f"#!/bin/sh\n{python}\n")
    stranger.chmod(0o755)
    command = ["make", "-C", str(folder), f"PYTHON={stranger}", "setup"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_make_says_which_python_it_needs(tmp_path: Path) -> None:
    result = make(tmp_path, 'if [ "$1" = --version ]; then echo Python 3.9.2; else exit 1; fi')

    assert result.returncode != 0
    assert "GraphFlow needs Python 3.11 or later" in result.stdout
    assert "is Python 3.9.2" in result.stdout
    assert not (tmp_path / ".venv").exists()


def test_make_says_when_there_is_no_module_for_environments(tmp_path: Path) -> None:
    result = make(tmp_path, 'case "$2" in *venv*) exit 1;; esac')

    assert result.returncode != 0
    assert "sudo apt install python3-venv" in result.stdout


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    lines = [line for line in (REPOSITORY / "constraints.txt").read_text().splitlines() if not line.startswith("#")]

    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines), "a pin is a name and one plain version"
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in lines}
    assert {re.split(r"[\[<>=]", each)[0].lower() for each in wanted} <= pinned


def sources() -> dict[Path, str]:
    """Return the text of every Python file of ours."""
    folders = ("graphflow", "nodes", "benchmarks", "tests", "docs", "examples")
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *folders]
    listed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout.split()
    paths = [REPOSITORY / name for name in listed if name.endswith(".py")]
    return {path: path.read_text(encoding="utf-8") for path in paths if path.is_file()}


def test_no_file_is_longer_than_a_reader_holds_in_mind() -> None:
    lengths = {str(path.relative_to(REPOSITORY)): len(text.splitlines()) for path, text in sources().items()}

    assert len(lengths) > 50
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    functions = {
        f"{path.relative_to(REPOSITORY)}: {found.name}": (found.end_lineno or 0) - found.lineno + 1
        for path, text in sources().items()
        for found in ast.walk(ast.parse(text))
        if isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert len(functions) > 500
    assert {name: length for name, length in functions.items() if length > LONGEST_FUNCTION} == {}
