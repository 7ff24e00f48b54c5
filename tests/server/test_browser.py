"""A real browser: our page lets its user in, and another site's page gets nowhere."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from graphflow.server import router
from tests.browser import FLAGS, chromium
from tests.server.serving import A, Served, serving

ATTACK = """
async (target) => {
  const tried = {};
  const attempt = async (name, act) => { try { tried[name] = await act(); } catch (error) { tried[name] = "refused"; } };
  const json = { "Content-Type": "application/json" };
  await attempt("read", async () => (await fetch(`${target}/api/v1/me`, { credentials: "include" })).status);
  await attempt("post", async () => (await fetch(`${target}/api/v1/logout`, {
    method: "POST", credentials: "include", headers: json, body: "{}" })).status);
  await attempt("form", async () => { await fetch(`${target}/api/v1/logout`, {
    method: "POST", credentials: "include", mode: "no-cors", body: "{}" }); return "sent"; });
  await attempt("image", () => new Promise((done) => {
    const image = new Image();
    image.onload = () => done("loaded");
    image.onerror = () => done("refused");
    image.src = `${target}/api/v1/docs/favicon.png`;
  }));
  await attempt("frame", () => new Promise((done) => {
    const frame = document.createElement("iframe");
    frame.onload = () => { try { done(frame.contentDocument ? "same" : "refused"); } catch { done("refused"); } };
    frame.src = `${target}/login`;
    document.body.append(frame);
  }));
  await attempt("socket", () => new Promise((done) => {
    const socket = new WebSocket(`${target.replace("http", "ws")}/api/v1/ws`);
    socket.onopen = () => done("open");
    socket.onerror = () => done("refused");
  }));
  return tried;
}
"""


@contextmanager
def another_site() -> Iterator[str]:
    """Serve an empty page on another port: to a browser the same site, and another origin."""

    class Empty(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>other</title><body>")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the parent's name
            """Say nothing."""

    site = ThreadingHTTPServer(("127.0.0.1", 0), Empty)
    thread = threading.Thread(target=site.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{site.server_port}/"
    finally:
        site.shutdown()
        thread.join()
        site.server_close()


@dataclass(frozen=True)
class Seen:
    """What the user saw before and after, what the other site got, and how many were logged in after that."""

    logged_in: str
    cookie: str
    got: dict[str, str]
    sessions: int
    complaints: list[str]
    logged_in_still: int


async def in_browser(served: Served, other: str, browser_path: Path) -> Seen:
    """Log in, let another site try its luck, and log out."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        context = await browser.new_context()
        page = await context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(f"{served.url}/login#code={served.server.users.file.new_code(A)}")
        await page.wait_for_url(f"{served.url}/")
        await page.goto(f"{served.url}/login")
        logged_in = await status_of(page, "You are logged in as")
        cookie = await page.evaluate("document.cookie")
        foreign = await context.new_page()
        await foreign.goto(other)
        got = await foreign.evaluate(ATTACK, served.url)
        sessions = len(served.server.users.file.read().sessions)
        so_far = list(complaints)
        await page.click("#logout")
        await page.locator("#form").wait_for()
        logged_in_still = len(served.server.users.file.read().sessions)
        await browser.close()
    return Seen(logged_in, cookie, got, sessions, so_far, logged_in_still)


async def status_of(page: Page, wanted: str) -> str:
    """Wait until the page says something, and return it."""
    await page.get_by_text(wanted).wait_for(timeout=30_000)
    return await page.inner_text("#status")


def test_a_browser_logs_in_and_other_sites_get_nowhere(tmp_path: Path) -> None:
    with serving(tmp_path) as served, another_site() as other:
        seen = asyncio.run(in_browser(served, other, chromium()))

    assert (seen.logged_in, seen.logged_in_still) == (f"You are logged in as {A}.", 0)
    assert seen.cookie == "", "no script can read it"
    assert seen.got == dict.fromkeys(("read", "post", "form", "image", "frame", "socket"), "refused")
    assert seen.sessions == 1, "the other site logged nobody out"
    assert seen.complaints == [], "our pages keep to our own policy"


def test_without_the_checks_the_other_site_gets_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for check in ("check_origin", "check_content_type"):
        monkeypatch.setattr(router, check, lambda *_: None)
    with serving(tmp_path) as served, another_site() as other:
        seen = asyncio.run(in_browser(served, other, chromium()))

    assert seen.sessions == 0, "a form logged Ada out: cookies go along to all ports of a host"
    assert seen.got["image"] == "refused", "our answers still say that nobody may embed them"
