"""A sweep on a terminal: runs that ended stand still, below them one line moves."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from graphflow.cli.stop import Stop
from graphflow.cli.sweep_reports import LiveSweepReport
from graphflow.engine import Engine
from graphflow.sweep import Axis, plan_sweep, run_sweep
from tests.sweeping import POT, Studio


def test_every_run_has_its_line_and_a_failed_one_says_so(tmp_path: Path) -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100, no_color=True, highlight=False)

    with Engine(tmp_path, registry=Studio().registry) as engine:
        sweep = plan_sweep(engine, engine.read(POT), [(Axis("degrees", (1.0, 13.0, 2.0)),)])
        report = LiveSweepReport(sweep, Stop(), console)
        with report:
            run_sweep(engine, sweep, tmp_path / "out", emit=report.event, finished=report.finished)

    said = screen.getvalue()
    assert "1/3  degrees=1: " in said
    assert "2/3  degrees=13: failed" in said
    assert "3/3  degrees=2: " in said


def test_a_wish_to_stop_is_shown(tmp_path: Path) -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100, no_color=True, highlight=False)
    stop = Stop()

    with Engine(tmp_path, registry=Studio().registry) as engine:
        sweep = plan_sweep(engine, engine.read(POT), [(Axis("degrees", (1.0, 2.0)),)])
        report = LiveSweepReport(sweep, stop, console)
        with report:
            stop.heard = True
            run_sweep(engine, sweep, tmp_path / "out", emit=report.event, finished=report.finished)

    assert "stopping; Ctrl-C again stops at once" in screen.getvalue()
