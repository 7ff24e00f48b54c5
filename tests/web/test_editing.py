"""Editing: all of it can be undone, two tabs are told of each other, a large graph stays light, the form runs it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, expect

from tests.server.launching import Launched
from tests.web.editor import Editor, open_editor
from tests.web.hand import middle

NODES = 1000
NEAR, FAR = 1500, 200
"""Live elements with 1,000 nodes: at zoom 1, and when all of it is in view."""


def many_nodes() -> dict[str, Any]:
    """Return a workflow of 1,000 nodes in a square, each linked with its neighbour."""
    nodes: dict[str, Any] = {}
    view: dict[str, Any] = {}
    for index in range(NODES):
        inputs: dict[str, Any] = {"clip": {"node": "checkpoint", "output": "clip"}, "text": f"prompt {index}"}
        nodes[f"n{index}"] = {"type": "CLIPEncode", "version": 1, "inputs": inputs}
        view[f"n{index}"] = {"x": 400 + 300 * (index % 32), "y": 220 * (index // 32)}
    nodes["checkpoint"] = {"type": "LoadCheckpoint", "version": 1, "inputs": {"ckpt_name": "graphflow-tiny"}}
    view["checkpoint"] = {"x": 0, "y": 0}
    return {"format": "graphflow/1", "nodes": nodes, "view": view}


def save(editor: Editor, name: str, workflow: dict[str, Any]) -> None:
    """Put a new workflow into the user's library."""
    headers = {"If-None-Match": "*", "Authorization": f"Bearer {editor.token}", "Content-Type": "application/json"}
    path = f"{editor.server.url}/api/v1/workflows/{name}"
    answer = editor.page.request.put(path, headers=headers, data={"workflow": workflow})
    assert answer.ok, answer.text()


def file_of(editor: Editor, name: str) -> bytes:
    """Return a workflow's file as it lies on the server's disk."""
    return editor.page.request.get(f"{editor.server.url}/api/v1/workflows/{name}/file").body()


def elements(editor: Editor) -> int:
    """Count the live elements of the graph."""
    return int(editor.page.evaluate("document.querySelectorAll('[data-canvas] *').length"))


def test_undoing_everything_gives_the_first_file_byte_for_byte(editor: Editor) -> None:
    save(editor, "undone", editor.ask("/api/v1/workflows/txt2img")["workflow"])
    before = file_of(editor, "undone")
    editor.open("undone")
    page, hand = editor.page, editor.hand
    undo = page.get_by_role("button", name="Undo")

    for node in ("latent", "positive"):
        x, y = middle(editor.node(node).locator("[data-title]"))
        hand.drag((x, y), (x + 40, y + 60))
    for keys in ("Control+d", "Control+m", "Control+b", "c", "p", "Control+g"):
        hand.press(keys)
    hand.press("Escape")
    hand.press("Control+l")
    hand.press("Control+a")
    hand.press("Alt+a")
    hand.press("Control+d")
    hand.press("Delete")
    hand.press("Control+s")
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    editor.page.wait_for_timeout(500)
    assert file_of(editor, "undone") != before

    for _ in range(100):
        if not undo.is_enabled():
            break
        hand.click(undo)
    hand.press("Control+s")
    page.wait_for_timeout(1000)

    assert file_of(editor, "undone") == before


def test_two_tabs_that_edit_one_file_are_told(browser: Browser, editor: Editor, server: Launched, user: str) -> None:
    editor.watch.allow("409")
    save(editor, "shared", editor.ask("/api/v1/workflows/txt2img")["workflow"])
    editor.open("shared")
    with open_editor(browser, server, user) as other:
        other.open("shared")
        for each, steps in ((other, "5"), (editor, "6")):
            each.hand.click(each.field("sampler", "steps"))
            each.hand.type(steps)
            each.hand.press("Enter")
            each.hand.press("Control+s")
            each.page.wait_for_timeout(800)

        expect(editor.page.get_by_role("dialog").or_(editor.page.get_by_role("alertdialog")).first).to_be_visible()
    kept = editor.ask("/api/v1/workflows/shared")["workflow"]
    assert kept["nodes"]["sampler"]["inputs"]["steps"] == 5, "nothing was overwritten"


def test_a_thousand_nodes_are_few_elements(editor: Editor) -> None:
    save(editor, "thousand", many_nodes())

    editor.visit("?workflow=thousand")
    expect(editor.page.locator(".status")).to_contain_text("1,001")
    editor.hand.press("1")
    editor.settled()
    assert elements(editor) < NEAR

    editor.hand.press(".")
    expect(editor.page.locator("[data-node]")).to_have_count(0)
    assert elements(editor) < FAR


def test_the_form_runs_the_workflow_and_shows_its_picture(editor: Editor) -> None:
    editor.open("txt2img")
    page, hand = editor.page, editor.hand
    hand.click(page.get_by_role("button", name="Form", exact=True))
    form = page.locator("[data-area=form]")

    hand.click(form.get_by_label("steps").first)
    hand.press("Control+Enter")

    assert editor.ended_job()["state"] == "done"
    expect(form.get_by_role("region", name="Results").or_(form).locator("img").first).to_be_visible()
