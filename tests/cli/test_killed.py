"""A run that was killed goes on at the step that it had reached, and makes the same picture."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from torch import Tensor

from graphflow.engine import Engine
from graphflow_nodes.diffusion.denoiser import Denoiser
from graphflow_nodes.diffusion.guidance import Rows

REPOSITORY = Path(__file__).parents[2]
COMMAND = "import sys; from graphflow.cli import main; sys.exit(main())"

PACK = """
import time
from graphflow.api import SILENT, Context, node

@node("Steps", output=True)
def steps(*, count: int = 40, ctx: Context = SILENT) -> list[int]:
    "Take a while for each step, and say which of them were not known."
    known = ctx.replay()
    own = []
    for step in ctx.track(range(count)):
        if step >= len(known):
            own.append(step)
            ctx.journal(step, b"%d" % step)
            time.sleep(0.02)
    ctx.save(repr((own, [int(each) for each in known])).encode(), "text/plain", name="steps")
    return own

NODES = (steps,)
"""


def kill_at(step: int, here: Path, *arguments: str) -> int:
    """Run the command until it has told this step, kill it, and return the last step that it told."""
    paths = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "nodes")])
    environment = os.environ | {"PYTHONPATH": paths, "GRAPHFLOW_HOME": str(here / "home"), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", COMMAND, "run", *arguments, "--json"]
    process = subprocess.Popen(command, cwd=here, env=environment, text=True, stdout=subprocess.PIPE)
    assert process.stdout
    told = 0
    for line in process.stdout:
        event = json.loads(line)
        if event["kind"] == "node.progress":
            told = max(told, event["done"])
            if told == step:
                process.send_signal(signal.SIGKILL)
    assert process.wait(timeout=30) == -signal.SIGKILL
    process.stdout.close()
    return told


def test_a_killed_node_goes_on_behind_its_last_step(tmp_path: Path) -> None:
    (tmp_path / "steps_pack.py").write_text(PACK)
    (tmp_path / "steps.json").write_text('{"format": "graphflow/1", "nodes": {"steps": {"type": "Steps"}}}')
    told = kill_at(12, tmp_path, "steps.json", "--pack", "steps_pack.py")
    assert 12 <= told < 40

    with Engine(tmp_path / "home", packs=[tmp_path / "steps_pack.py"]) as engine:
        (saved,) = engine.run(tmp_path / "steps.json").artifacts

    own, known = eval(Path(saved.path).read_text())  # noqa: S307  our own lists
    assert known + own == list(range(40))
    assert len(known) >= told
    assert list((tmp_path / "home" / "cache" / "journals").iterdir()) == []


STEPS, KILLED_AT = 60, 20
SAMPLER = "dpmpp_2m_sde"
"""It draws noise at each step, and its steps hang on the one before."""


@pytest.fixture
def forwards(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note the rows of every forward of a network."""
    noted: list[int] = []
    real = Denoiser._network_in_chunks

    def noting(self: Denoiser, rows: Rows) -> Tensor:
        noted.append(len(rows.x))
        return real(self, rows)

    monkeypatch.setattr(Denoiser, "_network_in_chunks", noting)
    return noted


def pixels(home: Path, sampler: str) -> Any:
    """Make the picture in a home, and return it."""
    with Engine(home, device="cpu") as engine:
        (saved,) = engine.run("txt2img", {"steps": STEPS, "sampler.sampler_name": sampler}).artifacts
    with Image.open(saved.path) as picture:
        return np.asarray(picture)


def test_a_killed_run_makes_the_same_picture_and_asks_the_network_for_no_more_than_was_left(
    tmp_path: Path, forwards: list[int]
) -> None:
    settings = [f"--set=steps={STEPS}", f"--set=sampler.sampler_name={SAMPLER}", "--device=cpu"]
    told = kill_at(KILLED_AT, tmp_path, "txt2img", *settings)
    assert KILLED_AT <= told < STEPS

    resumed = pixels(tmp_path / "home", SAMPLER)
    asked = len(forwards)
    whole = pixels(tmp_path / "another home", SAMPLER)

    assert asked <= STEPS - told
    assert len(forwards) - asked == STEPS  # of the one that nobody killed
    assert np.array_equal(resumed, whole)
    assert list((tmp_path / "home" / "cache" / "journals").iterdir()) == []
