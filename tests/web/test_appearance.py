"""What is seen: the language of the templates, narrow windows, and marks that states leave on nodes."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, expect

from tests.server.launching import Launched
from tests.web.editor import Editor, open_editor
from tests.web.test_editing import save


def shadow(editor: Editor, node: str) -> str:
    """Return what is drawn around a node."""
    return str(editor.node(node).evaluate("(card) => getComputedStyle(card).boxShadow"))


def danger(editor: Editor) -> str:
    """Return the colour of errors as styles are computed."""
    probe = """() => { const probe = document.createElement("i"); probe.style.color = "var(--danger)";
      document.body.append(probe); const { color } = getComputedStyle(probe); probe.remove(); return color; }"""
    return str(editor.page.evaluate(probe))


def test_templates_speak_german_where_the_page_does(browser: Browser, server: Launched, user: str) -> None:
    with open_editor(browser, server, user, locale="de-DE") as editor:
        card = editor.page.locator(".card[data-workflow=txt2img]")
        expect(card).to_contain_text("Text zu Bild")
        expect(card).to_contain_text("Ein Bild aus einem Prompt machen.")
        editor.hand.click(card)
        editor.settled()

        expect(editor.page.get_by_role("button", name="Text zu Bild", exact=True)).to_be_visible()
        editor.hand.click(editor.page.get_by_role("button", name="Formular", exact=True))
        expect(editor.page.get_by_role("heading", name="Text zu Bild")).to_be_visible()


def test_the_dock_lies_over_the_canvas_in_a_narrow_window(browser: Browser, server: Launched, user: str) -> None:
    with open_editor(browser, server, user, viewport={"width": 600, "height": 800}) as editor:
        editor.visit("?workflow=txt2img")
        editor.canvas.wait_for()
        dock = editor.page.locator("aside.dock").bounding_box()
        canvas = editor.canvas.bounding_box()

        assert dock is not None
        assert canvas is not None
        assert canvas["width"] > 500
        assert dock["x"] + dock["width"] == canvas["x"] + canvas["width"]
        editor.page.set_viewport_size({"width": 1000, "height": 800})
        expect(editor.canvas).to_have_js_property("clientWidth", 1000 - 64 - 272)


def test_an_error_shows_on_a_node_that_is_bypassed_and_on_one_that_is_selected(editor: Editor) -> None:
    broken = editor.ask("/api/v1/workflows/txt2img")["workflow"]
    broken["nodes"]["sampler"]["mode"] = "bypass"
    broken["nodes"]["sampler"]["inputs"]["latent_image"] = {"node": "nobody", "output": "out"}
    save(editor, "broken", broken)
    editor.open("broken")
    sampler = editor.node("sampler")

    expect(sampler).to_have_class(re.compile("is-bypassed is-error"))
    expect(sampler.locator(".node-foot")).to_contain_text("nobody")
    assert danger(editor) in shadow(editor, "sampler")
    assert danger(editor) not in shadow(editor, "negative")
    editor.hand.click(sampler.locator("[data-title]"))
    expect(sampler).to_have_class(re.compile("is-selected"))
    assert danger(editor) in shadow(editor, "sampler")
