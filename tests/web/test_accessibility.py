"""axe-core finds nothing on any view, panel or dialog, in light and in dark."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.server.launching import Launched
from tests.web.editor import Editor, open_editor

AXE = (Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js").read_text
RUN = """
async () => (await axe.run(document, { resultTypes: ["violations"] })).violations.map(({ id, nodes }) =>
  `${id}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)).join(" | ")}`)
"""
PLACES = (
    "first visit",
    "graph",
    "Workflows",
    "Nodes",
    "Models",
    "Gallery",
    "Form",
    "Settings",
    "Keyboard shortcuts",
    "search",
)


def violations(editor: Editor) -> list[str]:
    """Return what axe-core finds on the page as it is."""
    if not editor.page.evaluate("'axe' in window"):
        editor.page.evaluate(AXE())
    return list(editor.page.evaluate(RUN))


def go_to(editor: Editor, place: str) -> None:
    """Open a view, panel or dialog."""
    keys = {"Settings": "Control+,", "Keyboard shortcuts": "?", "search": "Tab", "Gallery": "g", "Models": "Shift+M"}
    more = {"Workflows": "w", "Nodes": "n"}
    if place != "first visit":
        editor.open("txt2img")
    if place == "Form":
        editor.hand.click(editor.page.get_by_role("button", name="Form", exact=True))
    elif place in (keys | more):
        editor.hand.press((keys | more)[place])
    editor.page.wait_for_timeout(500)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_anywhere(browser: Browser, server: Launched, user: str, theme: str) -> None:
    found = {}
    with open_editor(browser, server, user, color_scheme=theme, reduced_motion="reduce") as editor:
        for place in PLACES:
            go_to(editor, place)
            if bad := violations(editor):
                found[place] = bad

    assert found == {}
