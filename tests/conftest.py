"""Which tests run, and when a skip is a failure."""

from __future__ import annotations

import os
from collections.abc import Iterable

import pytest

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is loaded: see graphflow/cli/main.py

ALLOWED_SKIPS = (
    "needs a GPU",
    "slow:",
    "needs root to be absent",  # permissions mean nothing to root
)
"""What a reason must begin with; anything else skipped in CI is a hole in the tests and fails the run."""

_skipped: dict[str, str] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests marked slow as well")


def pytest_collection_modifyitems(config: pytest.Config, items: Iterable[pytest.Item]) -> None:
    if config.getoption("--slow"):
        return
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.skip(reason="slow: run with --slow"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _note_skip(report)


@pytest.hookimpl(tryfirst=True)
def pytest_collectreport(report: pytest.CollectReport) -> None:
    _note_skip(report)


def _note_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail") and isinstance(report.longrepr, tuple):
        _skipped[report.nodeid] = str(report.longrepr[2]).removeprefix("Skipped: ")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    # Workers of xdist report to the main process, which alone decides.
    if hasattr(session.config, "workerinput") or not os.environ.get("CI"):
        return
    foreign = {test: reason for test, reason in _skipped.items() if not reason.startswith(ALLOWED_SKIPS)}
    for test, reason in foreign.items():
        print(f"\nskipped without an allowed reason: {test}: {reason}")
    if foreign and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
