"""The editor as a person meets it: found by what is read on it, used by hand, and the server asked for the truth."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page

from tests.server.launching import Launched
from tests.web.hand import Hand
from tests.web.watching import Watch

PATIENCE = 60.0
"""Seconds until a job has ended: the first of a server loads the model, and other tests run beside."""
QUICK = 15.0
"""Seconds until something is shown."""
PIXELS = """
(image) => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const shown = context.getImageData(0, 0, canvas.width, canvas.height);
  return { width: shown.width, height: shown.height, rgba: Array.from(shown.data) };
}
"""


@dataclass(slots=True)
class Editor:
    """One tab of a browser with the editor in it, and the server behind it."""

    page: Page
    server: Launched
    token: str
    hand: Hand
    watch: Watch

    @property
    def canvas(self) -> Locator:
        """The graph's canvas."""
        return self.page.get_by_test_id("canvas")

    @property
    def run_button(self) -> Locator:
        """The button that runs the open workflow."""
        return self.page.get_by_role("button", name="Run", exact=False).and_(
            self.page.locator("[aria-keyshortcuts='Control+Enter']")
        )

    def node(self, name: str) -> Locator:
        """Return a node's card by the node's name in the workflow."""
        return self.page.get_by_test_id(f"node-{name}")

    def port(self, node: str, side: str, name: str) -> Locator:
        """Return a port: `side` is `in` or `out`."""
        return self.page.get_by_test_id(f"port-{node}-{side}-{name}")

    def field(self, node: str, label: str) -> Locator:
        """Return a field of a node by what is read of it, such as `seed`; a file's goes on with its name."""
        return self.node(node).locator(".field-place").get_by_label(label).first

    def visit(self, query: str = "") -> None:
        """Load the page and wait until it can be used."""
        self.page.goto(f"{self.server.url}/{query}")
        self.page.locator(".rail").wait_for()

    def open(self, workflow: str) -> None:
        """Open a workflow of the library by its address, and wait until it is drawn."""
        self.visit(f"?workflow={workflow}")
        self.settled()

    def settled(self) -> None:
        """Wait until a graph is drawn."""
        self.page.locator("[data-node]").first.wait_for()

    def ask(self, path: str, *, method: str = "GET", body: Any = None) -> Any:
        """Ask the server as this user; fail on a refusal."""
        status, answer = self.server.ask(path, method=method, body=body, token=self.token)
        assert status < 400, f"{method} {path}: {status} {answer}"
        return answer

    def put(self, name: str, workflow: Mapping[str, Any], *, over: str | None = None) -> None:
        """Put a workflow into this user's library: a new one, or `over` the revision of this ETag."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        headers |= {"If-None-Match": "*"} if over is None else {"If-Match": over}
        path = f"{self.server.url}/api/v1/workflows/{name}"
        answer = self.page.request.put(path, headers=headers, data=json.dumps({"workflow": workflow}))
        assert answer.ok, answer.text()

    def jobs(self) -> list[dict[str, Any]]:
        """Return this user's jobs, the newest first."""
        return list(self.ask("/api/v1/jobs")["jobs"])

    def ended_job(self, number: int = 1) -> dict[str, Any]:
        """Wait until this many jobs are there and the newest has ended; return it."""
        wait_until(lambda: len(self.jobs()) >= number, "the job is there")
        wait_until(lambda: self.jobs()[0]["state"] in ("done", "failed", "cancelled"), "the job ended")
        return self.jobs()[0]

    def made(self, job: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the files that a job's nodes saved."""
        return list(self.ask(f"/api/v1/jobs/{job['id']}/artifacts")["artifacts"])

    def picture_of(self, node: str) -> Locator:
        """Return the finished picture that a node's card shows."""
        return self.node(node).locator("img[src*='artifacts']")

    def drafts(self) -> list[str]:
        """Return the names of what the server keeps unsaved for this user."""
        return [each["name"] for each in self.ask("/api/v1/drafts")["drafts"]]

    def draft(self) -> dict[str, Any]:
        """Return the only draft's workflow, as the editor keeps it."""
        wait_until(lambda: len(self.drafts()) == 1, "one draft is kept")
        return dict(self.ask(f"/api/v1/workflows/{self.drafts()[0]}/draft")["workflow"])

    def kept(self, matches: Callable[[Mapping[str, Any]], bool], what: str) -> dict[str, Any]:
        """Wait until the draft on the server is such, and return it."""
        wait_until(lambda: matches(self.draft()), what)
        return self.draft()

    def artifact(self, sha256: str) -> Image.Image:
        """Fetch a picture that a job made from the server."""
        return self.picture(f"/api/v1/artifacts/{sha256}")

    def picture(self, path: str) -> Image.Image:
        """Fetch a picture from the server."""
        request = self.page.request.get(f"{self.server.url}{path}")
        return Image.open(io.BytesIO(request.body())).convert("RGB")


@contextmanager
def open_context(browser: Browser, server: Launched, token: str, **options: Any) -> Iterator[BrowserContext]:
    """Make a browser's window of its own that is logged in."""
    context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, "locale": "en-US", **options})
    context.set_default_timeout(QUICK * 1000)
    answer = context.request.post(f"{server.url}/api/v1/login", data={"secret": token})
    assert answer.ok, answer.text()
    yield context
    context.close()


@contextmanager
def open_editor(browser: Browser, server: Launched, token: str, **options: Any) -> Iterator[Editor]:
    """Open the editor in a new window; fail at the end if its page complained."""
    watch = Watch(server.url)
    with open_context(browser, server, token, **options) as context:
        watch.over(context)
        page = context.new_page()
        editor = Editor(page, server, token, Hand(page), watch)
        editor.visit()
        yield editor
    assert not watch.bad(), watch.bad()


def pixels(image: Locator) -> npt.NDArray[np.uint8]:
    """Return what an `<img>` shows: (height, width, 3), in 0..255."""
    image.wait_for()
    image.evaluate("(image) => image.decode()")
    shown = image.evaluate(PIXELS)
    rgba = np.array(shown["rgba"], np.uint8).reshape(shown["height"], shown["width"], 4)
    return rgba[..., :3]


def wait_until(holds: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Ask again and again until it holds; fail after some time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"waited {seconds:g} s until {what}"
        time.sleep(0.1)


def written(workflow: Mapping[str, Any]) -> str:
    """Write a workflow so that two can be compared."""
    return json.dumps(workflow, sort_keys=True, indent=1)
