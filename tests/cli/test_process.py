"""The command as a process: signals, pipes, start-up time, and no torch where none is needed."""

from __future__ import annotations

import math
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

START = "import sys; {before}; from graphflow.cli import main; sys.exit(main())"
SECONDS = 0.6
"""What `--help` and `check` may take."""

SLOW_PACK = """
import time
from graphflow.api import SILENT, Context, node

@node("Steps", output=True)
def steps(*, count: int = 600, ctx: Context = SILENT) -> str:
    "Take a tenth of a second for each step."
    for step in ctx.track(range(count)):
        time.sleep(0.1)
    ctx.save(b"done", "text/plain", name="steps")
    return "done"

NODES = (steps,)
"""
STEPS = '{"format": "graphflow/1", "nodes": {"steps": {"type": "Steps"}}}'


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GRAPHFLOW_HOME", str(tmp_path / "home"))
    (tmp_path / "steps_pack.py").write_text(SLOW_PACK)
    (tmp_path / "steps.json").write_text(STEPS)
    return tmp_path


def start(here: Path, *arguments: str, before: str = "pass", stdout: int = subprocess.PIPE) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", START.format(before=before), *arguments]
    paths = [str(Path.cwd()), str(Path.cwd() / "nodes")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    return subprocess.Popen(command, cwd=here, env=environment, text=True, stdout=stdout, stderr=subprocess.PIPE)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_run_within_a_step_and_nothing_half_written_stays(here: Path, number: int) -> None:
    process = start(here, "run", "steps.json", "--pack", "steps_pack.py", "--json")
    assert process.stdout
    while "node.progress" not in process.stdout.readline():
        pass

    sent = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=20)

    assert process.returncode == 130
    assert time.monotonic() - sent < 3  # a step takes 0.1 s, the whole node a minute
    assert '"kind": "run.cancelled"' in out
    assert "Traceback" not in err
    assert not (here / "home" / "output").exists()


STUBBORN_PACK = """
import ctypes
import time
from graphflow.api import node

@node("Stubborn", output=True)
def stubborn(*, deaf: bool = False) -> str:
    "Ask nobody whether to stop; deaf, let Python handle no signal either, like a library that computes."
    print("working", flush=True)
    if deaf:
        lock, mutex = ctypes.CDLL(None).pthread_mutex_lock, ctypes.create_string_buffer(64)
        lock(mutex)
        lock(mutex)  # which no signal ends
    time.sleep(60)
    return ""

NODES = (stubborn,)
"""


@pytest.mark.parametrize("deaf", ["false", "true"])
def test_a_second_signal_stops_at_once_what_does_not_listen(here: Path, deaf: str) -> None:
    (here / "stubborn_pack.py").write_text(STUBBORN_PACK)
    (here / "steps.json").write_text(STEPS.replace("Steps", "Stubborn"))
    process = start(here, "run", "steps.json", "--pack", "stubborn_pack.py", "--set", f"steps.deaf={deaf}")
    assert process.stdout
    process.stdout.readline()

    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)

    assert process.returncode == 130
    assert "Traceback" not in err


def test_a_reader_that_goes_away_stops_the_run_without_a_word(here: Path) -> None:
    process = start(here, "run", "steps.json", "--pack", "steps_pack.py", "--json")
    assert process.stdout
    assert process.stderr
    process.stdout.readline()

    process.stdout.close()
    process.wait(timeout=20)

    assert process.returncode == 130
    assert process.stderr.read() == ""
    process.stderr.close()


def test_a_list_that_nobody_reads_to_its_end_is_no_mistake(here: Path) -> None:
    reading, writing = os.pipe()
    process = start(here, "nodes", stdout=writing)
    os.close(writing)
    os.close(reading)

    _, err = process.communicate(timeout=20)

    assert err == ""
    assert process.returncode == 130


def test_a_log_that_nobody_reads_any_more_stops_the_run_as_well(here: Path) -> None:
    process = start(here, "run", "steps.json", "--pack", "steps_pack.py")
    assert process.stderr
    process.stderr.readline()  # progress, told every two seconds

    process.stderr.close()
    process.wait(timeout=20)

    assert process.returncode == 130
    assert process.stdout
    assert process.stdout.read() == ""
    process.stdout.close()


BLOCK = "sys.modules.update(dict.fromkeys(('torch', 'diffusers', 'transformers', 'safetensors', 'numpy', 'PIL')))"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["check", "steps.json", "--pack", "steps_pack.py"],
        ["explain", "steps.json", "--pack", "steps_pack.py"],
        ["run", "steps.json", "--pack", "steps_pack.py", "--dry-run"],
        ["nodes"],
        ["nodes", "KSampler"],
        ["schema"],
        ["schema", "nodes"],
    ],
    ids=" ".join,
)
def test_what_computes_nothing_needs_no_torch_and_starts_at_once(here: Path, arguments: list[str]) -> None:
    used: list[float] = []
    while len(used) < 4 and min(used, default=math.inf) >= 2 * SECONDS:  # a machine that others hold up is asked again
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        process = start(here, *arguments, before=BLOCK)
        out, err = process.communicate(timeout=60)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)

        assert (process.returncode, err) == (0, "")
        assert out
    print(f"{' '.join(arguments)}: {min(used):.2f} s of processor time")

    assert min(used) < 2 * SECONDS  # processor time, for other tests run beside; twice, for they share its caches


def test_the_control_of_the_test_above_sees_torch(here: Path) -> None:
    (here / "torch_pack.py").write_text("import torch\nNODES = ()\n")

    process = start(here, "nodes", "--pack", "torch_pack.py", before=BLOCK)
    _, err = process.communicate(timeout=60)

    assert "import of torch halted" in err


def test_names_that_the_terminal_cannot_show_end_nothing(here: Path) -> None:
    (here / "steps.json").write_text(STEPS.replace('"nodes"', '"name": "Schöne Töpfe ☕", "nodes"'))

    process = start(
        here, "check", "steps.json", "--pack", "steps_pack.py", before="sys.stdout.reconfigure(encoding='ascii')"
    )
    out, err = process.communicate(timeout=20)

    assert (process.returncode, err) == (0, "")
    assert "Sch?ne T?pfe ?" in out
