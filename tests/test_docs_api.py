"""What docs/api.md shows works: its blocks run against a real `graphflow serve` with the model that ships."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from graphflow.wire.problems import ProblemList
from tests.server.launching import Launched, launched
from tests.test_docs import REPOSITORY, blocks

PAGE = REPOSITORY / "docs" / "api.md"
SECONDS = 240


@dataclass(frozen=True)
class Desk:
    """A folder to work in beside a running server."""

    folder: Path
    server: Launched

    @property
    def environment(self) -> dict[str, str]:
        """What the page has set by the time that its blocks run."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GRAPHFLOW_")}
        ours = {"GRAPHFLOW_URL": self.server.url, "GRAPHFLOW_TOKEN": self.server.token, "OMP_NUM_THREADS": "1"}
        return {**kept, **ours, "GRAPHFLOW_HOME": str(self.server.home), "PYTHONPATH": str(REPOSITORY)}

    def run(self, command: list[str], environment: Mapping[str, str] | None = None) -> str:
        """Run a program and return what it printed."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=environment or self.environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A server that serves all tests of this page: its start is what takes long."""
    folder = tmp_path_factory.mktemp("desk")
    with launched(folder / "home") as server:
        yield Desk(folder, server)


def needs(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"there is no {program} here")


def code(language: str) -> str:
    found = "\n".join(block.text for block in blocks(PAGE) if block.language == language)
    assert found
    return found


def test_the_commands_of_the_page_submit_follow_and_fetch(desk: Desk) -> None:
    needs("curl")
    script = code("sh").replace("http://127.0.0.1:7868", desk.server.url)
    bare = {name: value for name, value in desk.environment.items() if name not in ("GRAPHFLOW_URL", "GRAPHFLOW_TOKEN")}

    said = desk.run(["bash", "-euo", "pipefail", "-c", script], bare)

    assert '"state":"done"' in said
    for name, size in (("house.png", (64, 64)), ("small.webp", (64, 64))):
        with Image.open(desk.folder / name) as picture:
            assert picture.size == size
    assert json.loads((desk.folder / "sent.json").read_text())["name"] == "house.png"


def test_the_python_of_the_page_submits_follows_and_fetches(desk: Desk) -> None:
    # Progress is told to who listens just then, the newest only: of so many steps some are heard on any machine.
    (desk.folder / "page.py").write_text(code("python").replace('"seed": 8, "steps": 4', '"seed": 8, "steps": 60'))

    said = desk.run([sys.executable, "-W", "error", "page.py"])

    assert re.search(r"^sampler: \d+ of 60$", said, re.MULTILINE)
    assert "job.state" in said
    assert "sampler steps" in said
    with Image.open(desk.folder / "night.png") as picture:
        assert picture.size == (64, 64)


def test_the_javascript_of_the_page_submits_follows_and_fetches(desk: Desk) -> None:
    needs("node")
    (desk.folder / "page.mjs").write_text(code("javascript").replace("seed: 9, steps: 4", "seed: 9, steps: 60"))

    said = desk.run(["node", "page.mjs"])

    assert re.search(r"^sampler: \d+ of 60$", said, re.MULTILINE)
    assert "job.state done" in said
    assert said.splitlines()[-1].startswith("done ")


def test_the_error_that_the_page_shows_is_one() -> None:
    ProblemList.model_validate_json(code("json"))


def test_the_tables_of_the_page_are_those_of_the_program(desk: Desk) -> None:
    written = REPOSITORY / "docs" / "api_tables.py"
    shown = "import sys, api_tables; sys.stdout.write(api_tables.with_tables(api_tables.PAGE.read_text('utf-8')))"
    environment = {**desk.environment, "PYTHONPATH": os.pathsep.join((str(written.parent), str(REPOSITORY)))}

    made = desk.run([sys.executable, "-c", shown], environment)

    assert made == PAGE.read_text("utf-8"), "run: python docs/api_tables.py"
