"""The command line in processes of its own: how long until it is done, and how much memory it takes."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.measuring import Figure, Report, Times

TITLE = "Command line"
ABOUT = """Each command in a fresh process with a fresh home, so nothing is cached but what the system keeps of the files it
has read. For `--help` and `check`, packages named torch, diffusers, transformers and safetensors that refuse to be imported
stand before the real ones. Memory is the largest resident set, as the system counts it."""

TXT2IMG = Path("workflows/txt2img.json")
HEAVY = ("torch", "diffusers", "transformers", "safetensors")
QUICK_REPEATS = 9
RUN_REPEATS = 3


def measure(work: Path) -> Report:
    """Return the figures about the command line."""
    light = {"PYTHONPATH": str(_unimportable(work / "unimportable"))}
    help_ = _repeat(QUICK_REPEATS, work, light, "--help")
    check = _repeat(QUICK_REPEATS, work, light, "check", str(TXT2IMG))
    run = _repeat(RUN_REPEATS, work, {}, "run", str(TXT2IMG), "--out", str(work / "out"))
    figures = [
        _times(help_).figure("`graphflow --help`, torch unimportable", "s", goal=0.6),
        _times(check).figure(f"`graphflow check {TXT2IMG}`, torch unimportable", "s", goal=0.6),
        _times(run).figure(f"`graphflow run {TXT2IMG}`, cold", "s", goal=10),
        _memory(f"`graphflow run {TXT2IMG}`, largest resident set", run, goal=800),
        _memory(f"`graphflow check {TXT2IMG}`, largest resident set", check),
    ]
    return Report(TITLE, ABOUT, figures)


@dataclass(frozen=True, slots=True)
class _Ended:
    wall: float
    processor: float
    peak_bytes: int


def _repeat(repeats: int, work: Path, environ: dict[str, str], *arguments: str) -> list[_Ended]:
    return [_command(work / f"home-{arguments[0]}-{index}", environ, *arguments) for index in range(repeats)]


def _command(home: Path, environ: dict[str, str], *arguments: str) -> _Ended:
    """Run `graphflow` once; its memory is asked for by process, since a sum over children would tell of the largest only."""
    command = [str(Path(sys.executable).with_name("graphflow")), *arguments]
    surroundings = {**os.environ, "GRAPHFLOW_HOME": str(home), **environ}
    start = perf_counter()
    process = subprocess.Popen(command, env=surroundings, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, status, usage = os.wait4(process.pid, 0)
    wall = perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        _, said = process.communicate()
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{said.decode()}")
    unit = 1 if sys.platform == "darwin" else 1024
    return _Ended(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit)


def _times(ended: list[_Ended]) -> Times:
    return Times([each.wall for each in ended], [each.processor for each in ended])


def _memory(what: str, ended: list[_Ended], goal: float | None = None) -> Figure:
    peaks = [each.peak_bytes / 1e6 for each in ended]
    return Figure(what, "MB", median(peaks), min(peaks), goal=goal)


def _unimportable(folder: Path) -> Path:
    """Make packages that fail when they are imported."""
    folder.mkdir(parents=True)
    for name in HEAVY:
        (folder / f"{name}.py").write_text(f"raise ImportError('{name} must not be needed here')\n")
    return folder
