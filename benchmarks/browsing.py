"""Drives the editor in Chromium at a real server, and reads how long the page's main thread has worked."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, sync_playwright

from benchmarks.measuring import Skipped, Times
from benchmarks.serving import Serving
from tests.browser import FLAGS, chromium

SOCKETS = """
window.sockets = [];
window.WebSocket = class extends WebSocket {
  constructor(...given) { super(...given); window.sockets.push(this); }
};
"""
"""Lets a benchmark hand the page a message as if it had come over its line."""
_SETTLED = 500
"""Milliseconds of rest before something is measured, and after it until all that it has caused is done."""


class Tab:
    """One page with the editor."""

    def __init__(self, page: Page, serving: Serving) -> None:
        self.page = page
        self.serving = serving
        self._line: CDPSession = page.context.new_cdp_session(page)
        self._line.send("Performance.enable", {"timeDomain": "threadTicks"})

    def visit(self, query: str = "") -> None:
        """Load the page and wait until it can be used."""
        self.page.goto(f"{self.serving.url}/{query}")
        self.page.locator(".rail").wait_for()
        self.rest()

    def rest(self, milliseconds: int = _SETTLED) -> None:
        """Let the page come to rest."""
        self.page.wait_for_timeout(milliseconds)

    def worked(self) -> float:
        """Return for how many seconds the main thread has worked since the page was loaded."""
        found = self._line.send("Performance.getMetrics")["metrics"]
        return float(next(each["value"] for each in found if each["name"] == "TaskDuration"))

    def work(self, act: Callable[[], object], parts: int = 1, repeats: int = 3) -> Times:
        """Return the seconds of the main thread's work for each of the `parts` that an act has."""
        taken = Times()
        for _ in range(repeats):
            self.rest()
            before = self.worked()
            act()
            self.rest()
            taken.add(Times([(self.worked() - before) / parts]))
        return taken

    def elements(self) -> int:
        """Return the number of live elements."""
        return int(self.page.evaluate("document.querySelectorAll('*').length"))

    def tell(self, message: dict[str, Any]) -> None:
        """Hand the page a message as if it had come over its line."""
        self.page.evaluate(
            "(data) => sockets.at(-1).dispatchEvent(new MessageEvent('message', { data }))", json.dumps(message)
        )

    def middle(self) -> tuple[float, float]:
        """Return the middle of the canvas."""
        box = self.page.get_by_test_id("canvas").bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def drag(self, start: tuple[float, float], moves: int, button: Any = "left") -> None:
        """Press, move so many times and let go."""
        mouse = self.page.mouse
        mouse.move(*start)
        mouse.down(button=button)
        for step in range(1, moves + 1):
            mouse.move(start[0] + 8 * step, start[1] + 3 * step)
        mouse.up(button=button)

    def zoom(self, times: int, wheel: int) -> None:
        """Turn the wheel so many times over the middle of the canvas; a negative turn comes nearer."""
        self.page.mouse.move(*self.middle())
        for _ in range(times):
            self.page.mouse.wheel(0, wheel)
            self.rest(20)

    def zoomed(self) -> int:
        """Return the zoom in percent."""
        return int(self.page.locator(".percent").inner_text().rstrip("%"))


@contextmanager
def browser(serving: Serving) -> Iterator[Callable[[], Tab]]:
    """Run Chromium and yield what opens a tab in a fresh window that is logged in; raise Skipped where there is none."""
    try:
        program: Path = chromium()
    except pytest.skip.Exception as none:
        raise Skipped(str(none)) from None
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=FLAGS)

        def open_tab() -> Tab:
            context = running.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
            context.add_init_script(SOCKETS)
            answer = context.request.post(f"{serving.url}/api/v1/login", data={"secret": serving.token})
            assert answer.ok, answer.text()
            return Tab(context.new_page(), serving)

        yield open_tab
        running.close()


def ask(serving: Serving, method: str, path: str, body: Any = None) -> Any:
    """Ask the server as its owner, and return the answer's data."""
    headers = {"Authorization": f"Bearer {serving.token}", "Content-Type": "application/json", "If-None-Match": "*"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{serving.url}/api/v1/{path}", data, headers, method=method)  # noqa: S310  our own
    with urllib.request.urlopen(request) as response:  # noqa: S310
        text = response.read()
    return json.loads(text) if text else None
