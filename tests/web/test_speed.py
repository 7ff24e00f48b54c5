"""Large graphs stay light: counted in elements and in what is drawn anew, since times say little on a busy machine."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from benchmarks.browsing import SOCKETS
from benchmarks.editor import graph
from tests.server.launching import Launched
from tests.web.editor import Editor, open_editor, wait_until

SIZE = 1001
COUNT = """
window.mounted = 0;
window.touched = new Set();
new MutationObserver((records) => {
  for (const { target, addedNodes } of records) {
    for (const node of addedNodes) {
      if (node instanceof Element && node.matches(".react-flow__node")) window.mounted++;
    }
    const element = target instanceof Element ? target : target.parentElement;
    const card = element?.closest("[data-node]");
    if (card) window.touched.add(card.dataset.node);
  }
}).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
"""
"""Counts the nodes that come into the page, and names the cards of which anything changes."""


@pytest.fixture
def large(browser: Browser, server: Launched, user: str) -> Iterator[Editor]:
    """Open a graph of 1,001 nodes, all of it in view."""
    server.ask("/api/v1/queue/pause", method="POST")
    with open_editor(browser, server, user) as editor:
        editor.page.context.add_init_script(SOCKETS + COUNT)
        answer = editor.page.request.put(
            f"{server.url}/api/v1/workflows/large",
            data={"workflow": graph(SIZE)},
            headers={"If-None-Match": "*", "Origin": server.url},
        )
        assert answer.ok, answer.text()
        editor.visit("?workflow=large")
        editor.page.locator(".overview").wait_for()
        editor.page.wait_for_timeout(500)
        yield editor


def elements(editor: Editor) -> int:
    return int(editor.page.evaluate("document.querySelectorAll('*').length"))


def touched(editor: Editor) -> list[str]:
    """Return the names of the cards that have changed since this was asked before."""
    return list(editor.page.evaluate("() => { const names = [...touched]; touched.clear(); return names.sort(); }"))


def near(editor: Editor) -> None:
    """Look at some of the nodes in their own size."""
    editor.canvas.focus()
    editor.hand.press("1")
    editor.settled()
    editor.page.wait_for_timeout(500)
    touched(editor)


def test_a_large_graph_opens_without_mounting_its_nodes(large: Editor) -> None:
    assert large.page.evaluate("mounted") < 50
    assert large.page.locator("[data-node]").count() == 0
    assert elements(large) < 700


def test_near_by_only_what_is_in_sight_is_mounted_and_let_go_of_from_afar(large: Editor) -> None:
    near(large)
    assert 0 < large.page.locator("[data-node]").count() < 60
    assert elements(large) < 1500

    mounted = large.page.evaluate("mounted")
    large.hand.press(".")
    large.page.locator(".overview").wait_for()
    assert large.page.evaluate("mounted") - mounted < 60
    assert large.page.locator("[data-node]").count() == 0


def test_looking_around_changes_no_card_that_stays_in_sight(large: Editor) -> None:
    near(large)
    x, y = large.page.viewport_size["width"] / 2, large.page.viewport_size["height"] / 2  # type: ignore[index]
    mouse = large.page.mouse
    mouse.move(x, y)
    mouse.down(button="middle")
    for step in range(1, 9):
        mouse.move(x + 3 * step, y + 2 * step)
    mouse.up(button="middle")
    large.page.wait_for_timeout(200)

    assert touched(large) == []


def test_one_event_of_progress_changes_one_card(large: Editor) -> None:
    near(large)
    sampler = str(large.page.locator("[data-node]").first.get_attribute("data-node"))
    large.hand.press("Control+Enter")
    wait_until(lambda: len(large.jobs()) == 1, "the job is there")
    large.page.locator(".is-queued").first.wait_for()
    large.page.wait_for_timeout(500)
    touched(large)
    event = {"kind": "node.progress", "node": sampler, "done": 3, "total": 20}
    message = json.dumps({"job": large.jobs()[0]["id"], "attempt": 1, "event": event})
    large.page.evaluate("(data) => sockets.at(-1).dispatchEvent(new MessageEvent('message', { data }))", message)
    large.page.locator(f"[data-node='{sampler}'].is-running").wait_for()

    assert touched(large) == [sampler]


def test_wherever_one_goes_all_that_is_in_sight_is_there(large: Editor) -> None:
    near(large)
    places = {name: (place["x"], place["y"]) for name, place in graph(SIZE)["view"].items()}
    box = large.canvas.bounding_box()
    assert box is not None
    seen: set[str] = set()
    for by in ((-700, 0), (-700, -300), (-700, 0), (0, -300), (600, 300), (600, 0)):
        pan(large, (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2), by)
        drawn = {str(card.get_attribute("data-node")): card for card in large.page.locator("[data-node]").all()}
        known, card = next(iter(drawn.items()))  # where one is tells where all others are: the zoom is 1
        at = card.bounding_box()
        assert at is not None
        for name, (x, y) in places.items():
            left, top = at["x"] + x - places[known][0], at["y"] + y - places[known][1]
            inside = box["x"] < left < box["x"] + box["width"] and box["y"] < top < box["y"] + box["height"]
            assert not inside or name in drawn, f"{name} should be in sight"
        seen |= drawn.keys()

    assert len(seen) > 20, "the view hardly moved"


def pan(editor: Editor, middle: tuple[float, float], by: tuple[float, float]) -> None:
    """Move the view with the wheel's button held, twice."""
    mouse = editor.page.mouse
    start = (middle[0] - by[0] / 2, middle[1] - by[1] / 2)
    for _ in range(2):
        mouse.move(*start)
        mouse.down(button="middle")
        mouse.move(start[0] + by[0], start[1] + by[1], steps=4)
        mouse.up(button="middle")
    editor.settled()
