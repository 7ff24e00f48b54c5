"""What pip installs is whole: in an empty folder, offline, the first picture comes out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_what_runs_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"graphflow", "graphflow_nodes", "graphflow_tiny"}
    shipped = {f"graphflow/workflows/{path.name}" for path in (REPOSITORY / "workflows").glob("*.json")}
    assert shipped <= set(names)
    assert {"graphflow/py.typed", "graphflow_nodes/py.typed", "graphflow_tiny/py.typed"} <= set(names)
    assert "graphflow_tiny/weights/graphflow-tiny/model_index.json" in names
    assert "graphflow_tiny/loras/graphflow-tiny-4steps.safetensors" in names
    assert "graphflow_tiny/upscalers/graphflow-tiny-x4.safetensors" in names
    assert "graphflow_tiny/previews/graphflow-tiny-preview/diffusion_pytorch_model.safetensors" in names
    assert "graphflow_tiny/controls/graphflow-tiny-edges/config.json" in names


def test_the_wheel_holds_the_built_editor_and_each_file_that_its_page_asks_for(wheel: Path) -> None:
    static = "graphflow/server/static/"
    with zipfile.ZipFile(wheel) as archive:
        page = archive.read(f"{static}index.html").decode()
        names = set(archive.namelist())

    asked = re.findall(r'(?:src|href)="\./([^"]+)"', page)
    assert any(name.endswith(".js") for name in asked)
    assert {static + name for name in asked} <= names
    assert not [name for name in names if "node_modules" in name or name.startswith("web/")]


def test_an_installed_wheel_makes_a_picture_in_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    site, empty = tmp_path / "site", tmp_path / "empty"
    empty.mkdir()
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*command, "--no-index", "--target", str(site), str(wheel)], check=True)
    environment = {**os.environ, "PYTHONPATH": str(site), "GRAPHFLOW_HOME": str(empty / "home")}

    def python(*arguments: str) -> str:
        told = subprocess.run(
            [sys.executable, *arguments], cwd=empty, env=environment, capture_output=True, text=True, check=False
        )
        assert told.returncode == 0, told.stderr
        return told.stdout

    where = python("-c", "import graphflow, graphflow_tiny; print(graphflow.__file__, graphflow_tiny.__file__)")
    assert where.count(str(site)) == 2  # and not the checkout that the tests run in
    prompt = "prompt=a meadow with mountains and a sun"
    saved = python("-m", "graphflow.cli", "run", "txt2img", "--set", prompt, "--set", "steps=4", "--out", "pictures")
    assert (empty / saved.strip()).read_bytes().startswith(b"\x89PNG")
