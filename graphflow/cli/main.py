"""The border of the command line: whatever goes wrong behind it becomes a message and an exit code."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
import warnings
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from graphflow.cli.arguments import COMMANDS, parse
from graphflow.cli.terminal import harmless, plural, print_json, print_line, print_problems
from graphflow.errors import GraphFlowError, Problem, RunCancelled

WRONG = 2
CANCELLED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 failed, 2 wrong workflow or arguments, 130 cancelled."""
    # Threads that wait for each other by spinning cost twenty times the work itself when the machine is busy.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a name may hold what the terminal cannot show
            stream.reconfigure(errors="replace")
    try:
        parsed = parse(arguments)
    except SystemExit as done:
        return int(done.code or 0)
    try:
        code = _run(parsed)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read our output has gone: that is a wish to stop, and no mistake
        _silence()
        return CANCELLED
    return code


def _run(parsed: Namespace) -> int:
    if parsed.version:
        from graphflow import __version__  # looking it up takes time, which no other command should spend

        print_line(f"graphflow {__version__}")
        return 0
    try:
        with warnings.catch_warnings():
            if not parsed.debug:  # what libraries say to programmers
                warnings.simplefilter("ignore")
            return int(importlib.import_module(COMMANDS[parsed.command]).run(parsed))
    except GraphFlowError as error:
        return _report(parsed, error, error.problems, error.exit_code)
    except KeyboardInterrupt as error:
        return _report(parsed, error, RunCancelled("cancelled").problems, CANCELLED)
    except BrokenPipeError:
        raise
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        problem = Problem("system", f"{error.strerror or error}{where}", hint="check the disk and the permissions")
        return _report(parsed, error, (problem,), 1)
    except Exception as error:  # noqa: BLE001  the last border: no traceback for people who did not ask for one
        message = f"unexpected {type(error).__name__}: {error}"
        hint = "this is a mistake in GraphFlow or a node pack; --debug shows where"
        return _report(parsed, error, (Problem("internal", message, hint=hint),), 1)


def _report(parsed: Namespace, error: BaseException, problems: Sequence[Problem], code: int) -> int:
    if parsed.debug:
        traceback.print_exception(error)
    if parsed.json:
        kind = f"{parsed.command}.{'cancelled' if code == CANCELLED else 'failed'}"
        print_json({"kind": kind, "exit_code": code, "problems": [each.to_json() for each in problems]})
        return code
    print_problems(problems, code)
    workflow = getattr(parsed, "workflow", None)
    if code == WRONG and workflow and Path(workflow).is_file():
        print_line(f"{harmless(workflow)}: {plural(len(problems), 'problem')}", sys.stderr)
    return code


def _silence() -> None:
    """Let the interpreter's last flush go nowhere instead of complaining."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
