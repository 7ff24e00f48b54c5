"""What strangers write stays text: in names, prompts, titles, notes and the metadata of pictures."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import expect

from tests.web.editor import Editor

EVIL = '"><img src=x onerror="window.pwned=1"><script>window.pwned=1</script>{{constructor}}'
DROP = """
([bytes, name, type]) => {
  const file = new File([Uint8Array.from(atob(bytes), (each) => each.charCodeAt(0))], name, { type });
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(file);
  const target = document.querySelector("[data-canvas]");
  for (const kind of ["dragenter", "dragover", "drop"])
    target.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
}
"""


def evil_workflow(editor: Editor) -> dict[str, Any]:
    """Return text to image with a hostile text in every place that takes one."""
    workflow = dict(editor.ask("/api/v1/workflows/txt2img")["workflow"])
    workflow |= {"name": EVIL, "description": EVIL}
    workflow["nodes"]["positive"]["inputs"]["text"] = EVIL
    workflow["nodes"]["positive"]["title"] = EVIL
    workflow["nodes"]["sampler"]["inputs"]["steps"] = 2
    workflow["inputs"] = {EVIL.replace("=", "-"): {"node": "positive", "input": "text"}}
    workflow["notes"] = {"note": {"text": EVIL, "x": 0, "y": -300, "width": 200, "height": 100}}
    return workflow


def drop(editor: Editor, name: str, data: bytes, media_type: str) -> None:
    """Drop a file onto the canvas."""
    editor.page.evaluate(DROP, [base64.b64encode(data).decode(), name, media_type])


def picture_with(workflow: dict[str, Any]) -> bytes:
    """Return a PNG that says it was made by this workflow."""
    info = PngInfo()
    info.add_text("graphflow", json.dumps(workflow))
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(file, "PNG", pnginfo=info)
    return file.getvalue()


def pwned(editor: Editor) -> object:
    """Return what a script of the text would have left."""
    return editor.page.evaluate("window.pwned ?? null")


def test_a_dropped_picture_opens_the_workflow_that_made_it(editor: Editor) -> None:
    workflow = dict(editor.ask("/api/v1/workflows/cfg-sweep")["workflow"])

    drop(editor, "sweep.png", picture_with(workflow), "image/png")

    editor.settled()
    expect(editor.page.locator(".status")).to_contain_text(str(len(workflow["nodes"])))


def test_hostile_texts_are_shown_and_run_and_never_executed(editor: Editor) -> None:
    drop(editor, f"{EVIL.replace('/', '')}.png", picture_with(evil_workflow(editor)), "image/png")
    editor.settled()
    editor.hand.press(".")
    expect(editor.page.get_by_test_id("note-note")).to_contain_text("window.pwned=1")

    editor.hand.press("Control+Enter")
    assert editor.ended_job()["state"] == "done"
    editor.page.get_by_role("button", name="Form", exact=True).click()
    expect(editor.page.get_by_role("heading", name="window.pwned").first).to_be_visible()
    for panel in ("Workflows", "Gallery"):
        editor.page.get_by_role("navigation", name="Panels").get_by_role("button", name=panel).click()
        editor.page.wait_for_timeout(300)
        assert pwned(editor) is None

    assert pwned(editor) is None
    assert editor.page.locator("img[src='x']").count() == 0
