"""A real browser at a real server with the model that ships: a browser for each file, and a new user for each test."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import count

import pytest
from playwright.sync_api import Browser, sync_playwright

import hatch_build
from graphflow.server.wall.accounts import AccountFile
from tests.browser import FLAGS, chromium
from tests.server.launching import Launched, launched
from tests.web.editor import Editor, open_editor, wait_until

_users = count(1)
_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def built() -> None:
    """Have the editor built from the sources that are there."""
    hatch_build.build()


@pytest.fixture(scope="session")
def lent(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """Run `graphflow serve` in a home of its own for all files: to start it and to import torch takes seconds."""
    with launched(tmp_path_factory.mktemp("serving") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def server(lent: Launched) -> Iterator[Launched]:
    """Lend a file the server; what it computed is forgotten before the next one has it."""
    yield lent
    wait_until(lambda: lent.ask("/api/v1/queue")[1]["running"] == [], "what the tests left is cancelled")
    for path in ("/api/v1/queue/resume", "/api/v1/cache/clear"):
        assert lent.ask(path, method="POST")[0] == 200


@pytest.fixture(scope="module")
def own_server(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """Run a server for one file alone, which leaves behind what others would see, such as a model."""
    with launched(tmp_path_factory.mktemp("serving") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run Chromium."""
    program = chromium()
    with sync_playwright() as playwright:  # for this file only: its loop would be in the way of other tests'
        running = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def user(server: Launched) -> Iterator[str]:
    """Make a user with nothing of their own yet, and return their token; what they left running is cancelled."""
    token = AccountFile(server.home).add(f"user-{next(_users)}")
    yield token
    if server.process.poll() is None:
        assert server.ask("/api/v1/jobs/cancel", method="POST", body={}, token=token)[0] == 200


@pytest.fixture
def editor(server: Launched, browser: Browser, user: str, request: pytest.FixtureRequest) -> Iterator[Editor]:
    """Open the editor as a new user; whatever its pages complained of fails the test, and a failure leaves a picture."""
    with open_editor(browser, server, user) as opened:
        yield opened
        if request.node.stash.get(_FAILED, False):
            shot = server.home.parent / f"{request.node.name}.png"
            opened.page.screenshot(path=shot)
            print(f"what was on the screen: {shot}", *opened.watch.complaints, sep="\n")
