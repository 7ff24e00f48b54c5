"""Listens to everything in a page that must not happen: errors, refused scripts, requests to other hosts."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`refused by the policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""

ASKED = ("/draft)",)
"""Where 404 is an answer: the page asks whether there is a draft, and the console tells of it all the same."""


@dataclass  # no slots: Playwright hangs attributes on whose methods it calls
class Watch:
    """What went wrong in the pages of a browser; `allowed` are parts of complaints that a test has brought about."""

    origin: str
    complaints: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=lambda: [*ASKED])

    def over(self, context: BrowserContext) -> None:
        """Listen to every page of a context, also to those that are opened later."""
        context.add_init_script(VIOLATIONS)
        context.on("page", self._page)
        context.on("request", self._request)

    def allow(self, *parts: str) -> None:
        """Take complaints with these words as meant."""
        self.allowed.extend(parts)

    def bad(self) -> list[str]:
        """Return what was not meant."""
        return [each for each in self.complaints if not any(part in each for part in self.allowed)]

    def _page(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"thrown: {error}"))
        page.on("crash", lambda _: self.complaints.append("the page crashed"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            where = message.location.get("url", "")
            self.complaints.append(f"{message.type}: {message.text} ({where})")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https") and f"{parts.scheme}://{parts.netloc}" != self.origin:
            self.complaints.append(f"asked another host: {request.url}")
