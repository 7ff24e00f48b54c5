"""What is seen: the language of the templates, narrow windows, and marks that states leave on nodes."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, expect

from tests.server.launching import Launched
from tests.web.editor import Editor, open_editor, wait_until
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


def test_a_graph_is_shown_beside_the_dock_that_lies_over_the_canvas(
    browser: Browser, server: Launched, user: str
) -> None:
    with open_editor(browser, server, user, viewport={"width": 700, "height": 800}) as editor:
        one = {"format": "graphflow/1", "nodes": {"note": {"type": "PrimitiveString", "inputs": {"value": "a hill"}}}}
        editor.put("one", one)
        editor.open("one")

        beside = box(editor.page.locator("aside.dock"))["x"] - box(editor.canvas)["x"]
        assert beside < box(editor.canvas)["width"] - 200
        assert abs(middle(editor) - beside / 2) < 2
        editor.hand.press("q")
        expect(editor.page.locator("aside.dock")).to_have_count(0)
        wait_until(lambda: abs(middle(editor) - box(editor.canvas)["width"] / 2) < 2, "the graph goes to the middle")


def box(thing: Locator) -> FloatRect:
    """Return where something lies on the page."""
    found = thing.bounding_box()
    assert found is not None
    return found


def middle(editor: Editor) -> float:
    """Return the middle of the only node, from the left of the canvas."""
    node = box(editor.node("note"))
    return node["x"] + node["width"] / 2 - box(editor.canvas)["x"]


@pytest.mark.parametrize("still", ["system", "setting", "neither"])
def test_nothing_moves_by_itself_for_those_who_want_it_so(
    browser: Browser, server: Launched, user: str, still: str
) -> None:
    with open_editor(
        browser, server, user, reduced_motion="reduce" if still == "system" else "no-preference"
    ) as editor:
        if still == "setting":
            editor.page.evaluate('localStorage.setItem(\'graphflow.settings\', \'{"state": {"motion": "reduced"}}\')')
        broken = editor.ask("/api/v1/workflows/txt2img")["workflow"]
        broken["nodes"]["sampler"]["inputs"]["latent_image"] = {"node": "nobody", "output": "out"}
        save(editor, "broken", broken)
        editor.open("broken")
        expect(editor.node("sampler")).to_have_class(re.compile("is-error"))

        editor.canvas.focus()
        ring, glides = editor.page.evaluate(GO_TO_PROBLEM)

        if still == "neither":
            assert ring[0] == "ring"
            assert glides
        else:
            assert ring == ["none", "1"]
            assert not glides


GO_TO_PROBLEM = """
async () => {
  const view = document.querySelector(".react-flow__viewport");
  const seen = new Set([view.style.transform]);
  let drawn = null;
  document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "F8", bubbles: true }));
  for (let frame = 0; frame < 60; frame++) {
    await new Promise(requestAnimationFrame);
    seen.add(view.style.transform);
    const ring = document.querySelector(".node > .ring");
    if (ring && !drawn) drawn = [getComputedStyle(ring).animationName, getComputedStyle(ring).opacity];
  }
  return [drawn, seen.size > 2];
}
"""
"""Goes to the problem; returns how its node is ringed, and whether the view was seen on its way."""


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
