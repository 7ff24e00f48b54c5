"""Opens shipped workflows from the page, runs them, and looks at what comes of it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from playwright.sync_api import expect

from tests.web.editor import Editor

OVERLAPS = """
() => {
  const boxes = [...document.querySelectorAll("[data-node]")].map((card) => [card, card.getBoundingClientRect()]);
  const over = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  return boxes.flatMap(([card, box], index) =>
    boxes.slice(0, index).filter(([, other]) => over(box, other))
      .map(([below]) => `${card.dataset.node} over ${below.dataset.node}`));
}
"""
SHORT = {
    "cfg-sweep": ("sampler", "steps", "5"),
    "classifier-guidance": ("sampler", "steps", "5"),
    "inception-score": ("sampler", "steps", "5"),
    "sampler-comparison": ("sampler", "steps", "5"),
    "train-a-model": ("train", "steps", "20"),
}
"""What would take long: the node and the field that make it short, and what to type there."""


def run_all(editor: Editor, names: Iterable[str]) -> dict[str, str]:
    """Open templates one after the other and run them; return what is wrong with which."""
    return {name: wrong for number, name in enumerate(names, start=1) if (wrong := run_one(editor, name, number))}


def run_one(editor: Editor, name: str, number: int) -> str | None:
    """Open a template from the panel of workflows and run it; return what is wrong, or None."""
    title = open_template(editor, name)
    if overlaps := editor.page.evaluate(OVERLAPS):
        return f"nodes lie over others: {overlaps}"
    if name in SHORT:
        node, field, value = SHORT[name]
        editor.hand.click(editor.field(node, field))
        editor.hand.type(value)
        editor.hand.press("Enter")
    editor.hand.press("Control+Enter")
    job = editor.ended_job(number)
    if job["state"] != "done":
        return f"{title}: {job['state']}, {job['problem']}"
    return picture_wrong(editor, job["id"])


def open_template(editor: Editor, name: str) -> str:
    """Click a template, and wait until it is drawn, whole and without a problem; return its title."""
    workflow = editor.ask(f"/api/v1/workflows/{name}")["workflow"]
    title = str(workflow["name"])
    editor.hand.press("w")
    editor.hand.click(editor.page.locator(f".panel [data-workflow={name}]"))
    expect(editor.page).to_have_title(f"{title} – GraphFlow")
    editor.settled()
    expect(editor.page.locator(".status")).to_contain_text(str(len(workflow["nodes"])))
    expect(editor.page.locator(".problems-button")).to_have_count(0)
    return title


def picture_wrong(editor: Editor, job: str) -> str | None:
    """Look at the pictures of a job, and at the cards of the nodes that saved them."""
    files = editor.ask(f"/api/v1/jobs/{job}/artifacts")["artifacts"]
    made = [each for each in files if each["purpose"] == "output" and each["media_type"] == "image/png"]
    if not made:
        return "it made no picture"
    for each in made:
        if np.asarray(editor.artifact(each["sha256"])).std() < 5:
            return f"{each['name']} is grey"
        expect(editor.picture_of(each["node"])).to_be_visible()
    return None
