"""The pack of docs/writing-a-node.md works for somebody who has only the packages: by path, and installed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

REPOSITORY = Path(__file__).parents[1]
PACK = REPOSITORY / "examples" / "pack"


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Three quarters red, one quarter blue."""
    pixels = np.full((16, 16, 3), (255, 0, 0), dtype=np.uint8)
    pixels[:8, :8] = (0, 0, 255)
    path = tmp_path / "flag.png"
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that pip installed the pack into."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*command, "--no-build-isolation", "--target", str(folder), str(PACK)], check=True)
    return folder


def graphflow(home: Path, *arguments: object, path: Path | None = None) -> list[dict[str, Any]]:
    """Run the command line in another process and return the events that it printed."""
    environment = {**os.environ, "GRAPHFLOW_HOME": str(home), "PYTHONPATH": str(path or "")}
    command = [sys.executable, "-m", "graphflow.cli", *map(str, arguments), "--json"]
    result = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize("how", ["by path", "installed"])
def test_the_pack_runs_its_workflow(how: str, installed: Path, picture: Path, tmp_path: Path) -> None:
    by_path = ("--pack", PACK / "graphflow_palette")
    arguments = ("run", PACK / "workflows" / "poster.json", "--set", f"image={picture}", "--set", "colours=2")

    if how == "installed":
        events = graphflow(tmp_path, *arguments, path=installed)
    else:
        events = graphflow(tmp_path, *arguments, *by_path)

    saved = {Path(event["path"]).suffix: Path(event["path"]) for event in events if event["kind"] == "artifact.saved"}
    assert re.findall(r"fill=\"(#\w+)\"", saved[".svg"].read_text()) == ["#ff0000", "#0000ff"]
    np.testing.assert_array_equal(np.asarray(Image.open(saved[".png"])), np.asarray(Image.open(picture)))


def test_a_workflow_of_the_packs_first_version_still_opens(picture: Path, tmp_path: Path) -> None:
    old = json.loads((PACK / "workflows" / "poster.json").read_text())
    old["nodes"]["paint"] |= {"version": 1}
    old["nodes"]["paint"]["inputs"]["percent"] = 100
    del old["nodes"]["paint"]["inputs"]["strength"]
    (tmp_path / "old.json").write_text(json.dumps(old))

    (told,) = graphflow(
        tmp_path, "check", "old.json", "--set", f"image={picture}", "--pack", PACK / "graphflow_palette"
    )

    assert told == {"kind": "check.passed", "nodes": 5, "inputs": ["image", "colours"]}
