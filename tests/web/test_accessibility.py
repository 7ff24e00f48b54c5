"""axe-core finds nothing on any view, panel or dialog, in light and in dark."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

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
    """Return what axe-core finds on the page as it is, in light and in dark."""
    if not editor.page.evaluate("'axe' in window"):
        editor.page.evaluate(AXE())
    found = list[str]()
    for theme in ("light", "dark"):
        editor.page.emulate_media(color_scheme=theme)
        expect(editor.page.locator(f":root[data-theme={theme}]")).to_have_count(1)
        editor.page.wait_for_timeout(100)
        found += [f"{theme}: {each}" for each in editor.page.evaluate(RUN)]
    return found


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


def test_axe_finds_nothing_anywhere(browser: Browser, server: Launched, user: str) -> None:
    found = {}
    with open_editor(browser, server, user, reduced_motion="reduce") as editor:
        for place in PLACES:
            go_to(editor, place)
            if bad := violations(editor):
                found[place] = bad

    assert found == {}


def test_axe_finds_a_text_that_is_too_pale_in_either_theme(editor: Editor) -> None:
    editor.open("txt2img")
    editor.page.locator(".rail-item").first.evaluate("(button) => (button.style.color = 'rgb(128 128 128 / 40%)')")

    bad = violations(editor)

    assert [each.partition(":")[0] for each in bad if "color-contrast" in each] == ["light", "dark"]
