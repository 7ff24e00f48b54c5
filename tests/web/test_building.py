"""Text to image from an empty canvas: with the mouse alone, and with the keyboard alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from playwright.sync_api import expect

from tests.web.editor import QUICK, Editor, pixels, wait_until
from tests.web.hand import Spot, middle

DEFAULT = re.compile(r"^graphflow-tiny(?!-)")
"""The default model, and none of its companions, in a list that says more of each than its name."""
TYPES = {
    "CLIPEncode": 2,
    "EmptyLatent": 1,
    "KSampler": 1,
    "LoadCheckpoint": 1,
    "SaveImage": 1,
    "VAEDecode": 1,
}
LINKS = {
    ("LoadCheckpoint", "model", "KSampler", "model"): 1,
    ("LoadCheckpoint", "clip", "CLIPEncode", "clip"): 2,
    ("CLIPEncode", "out", "KSampler", "positive"): 1,
    ("CLIPEncode", "out", "KSampler", "negative"): 1,
    ("EmptyLatent", "out", "KSampler", "latent_image"): 1,
    ("KSampler", "out", "VAEDecode", "samples"): 1,
    ("LoadCheckpoint", "vae", "VAEDecode", "vae"): 1,
    ("VAEDecode", "out", "SaveImage", "images"): 1,
}


def names(editor: Editor) -> list[str]:
    """Return the names of the nodes that are drawn: those outside the view are not."""
    found: list[str] = editor.page.locator("[data-node]").evaluate_all("(cards) => cards.map((c) => c.dataset.node)")
    return found


def new_node(editor: Editor, before: list[str]) -> str:
    """Wait for the node that was added, and return its name."""

    def added() -> list[str]:
        return [each for each in names(editor) if each not in before]

    wait_until(lambda: added() != [], "a node is added", QUICK)
    (made,) = added()
    return made


def pull(editor: Editor, node: str, side: str, port: str, to: Spot, what: str) -> str:
    """Drag a link from a port into the void, and click the node that should be there."""
    before = names(editor)
    editor.hand.drag(middle(editor.port(node, side, port)), to)
    search = editor.page.get_by_test_id("node-search")
    editor.hand.click(search.get_by_role("option", name=what).first)
    return new_node(editor, before)


def wire(editor: Editor, start: str, output: str, end: str, input: str) -> None:
    """Drag a link from an output to an input."""
    editor.hand.drag_between(editor.port(start, "out", output), editor.port(end, "in", input))
    expect(editor.port(end, "in", input)).to_have_accessible_name(re.compile(f"from {start}$"))


def links_of(workflow: Mapping[str, Any]) -> dict[tuple[str, str, str, str], int]:
    """Count the links of a workflow by the types that they join."""
    nodes = workflow["nodes"]
    found: dict[tuple[str, str, str, str], int] = {}
    for node in nodes.values():
        for name, value in node["inputs"].items():
            for link in value if isinstance(value, list) else [value]:
                if isinstance(link, dict) and "node" in link:
                    key = (nodes[link["node"]]["type"], link["output"], node["type"], name)
                    found[key] = found.get(key, 0) + 1
    return found


def counted(workflow: Mapping[str, Any]) -> dict[str, int]:
    """Count the nodes of a workflow by their types."""
    return dict(Counter(node["type"] for node in workflow["nodes"].values()))


def shows_the_picture_of_its_job(editor: Editor, save: str) -> None:
    """Check that the card of the saving node shows, pixel for pixel, what the job made."""
    job = editor.ended_job()
    assert job["state"] == "done", job

    made = np.asarray(editor.artifact(editor.made(job)[0]["sha256"]))
    shown = pixels(editor.picture_of(save))

    assert shown.shape == made.shape
    assert np.array_equal(shown, made)
    assert made.std() > 10, "it is a picture, not one colour"


def test_text_to_image_with_the_mouse_alone(editor: Editor) -> None:
    page, hand = editor.page, editor.hand
    hand.click(page.get_by_role("button", name="Empty graph"))
    for _ in range(3):
        hand.click(page.get_by_role("button", name="Zoom out"))

    hand.double_click(editor.canvas, at=(60, 200))
    hand.click(page.get_by_test_id("node-search").get_by_role("option", name="Load checkpoint"))
    load = new_node(editor, [])
    sampler = pull(editor, load, "out", "model", (700, 300), "KSampler")
    positive = pull(editor, sampler, "in", "positive", (420, 150), "CLIP encode")
    negative = pull(editor, sampler, "in", "negative", (420, 420), "CLIP encode")
    wire(editor, load, "clip", positive, "clip")
    wire(editor, load, "clip", negative, "clip")
    size = pull(editor, sampler, "in", "latent_image", (420, 640), "Empty latent")
    decode = pull(editor, sampler, "out", "out", (860, 560), "VAE decode")
    wire(editor, load, "vae", decode, "vae")
    save = pull(editor, decode, "out", "out", (990, 300), "Save image")
    hand.click(page.get_by_role("button", name="Tidy up the layout"))
    hand.click(editor.field(load, "ckpt name: "))
    hand.click(page.get_by_role("option", name=DEFAULT))
    hand.click(editor.run_button)

    shows_the_picture_of_its_job(editor, save)
    built = editor.kept(lambda draft: links_of(draft) == LINKS, "the whole workflow is kept")
    assert built["nodes"][size]["inputs"] == {"width": 64, "height": 64}
    assert counted(built) == TYPES
    assert links_of(built) == LINKS
    assert not [each for each in hand.done if each.startswith(("press", "type"))]


def chain(editor: Editor, way: tuple[str, ...], what: str, choose: str = "Enter") -> str:
    """With the keyboard at a node: go to a port, list what fits, type, and choose; return the new node.

    Ports that are there come first in the list: `choose` says how to get behind them.
    """
    before = names(editor)
    for key in ("Enter", *way, "Enter"):
        editor.hand.press(key)
    editor.page.get_by_test_id("node-search").wait_for()
    editor.hand.type(what)
    for key in choose.split():
        editor.hand.press(key)
    made = new_node(editor, before)
    expect(editor.node(made)).to_be_focused()
    return made


def join(editor: Editor, way: tuple[str, ...], what: str, port: str) -> None:
    """With the keyboard at a node: go to a port, and link it with what is there already; stay at the node."""
    for key in ("Enter", *way, "Enter"):
        editor.hand.press(key)
    editor.page.get_by_test_id("node-search").wait_for()
    editor.hand.type(what)
    editor.hand.press("Enter")
    expect(editor.page.get_by_test_id(port)).to_be_focused()
    editor.hand.press("Escape")


def walk(editor: Editor, way: str, node: str) -> None:
    """Go from node to node until one is reached."""
    for _ in range(6):
        editor.hand.press(way)
        if editor.node(node).evaluate("(card) => card === document.activeElement"):
            return
    raise AssertionError(f"{node} is not reached by {way}")


def test_text_to_image_with_the_keyboard_alone(editor: Editor) -> None:
    page, hand = editor.page, editor.hand

    def keys(*pressed: str) -> None:
        for each in pressed:
            hand.press(each)

    keys("Alt+n", "Tab")
    page.get_by_test_id("node-search").wait_for()
    hand.type("load checkpoint")
    keys("Enter")
    load = new_node(editor, [])
    expect(editor.node(load)).to_be_focused()
    keys("Enter", "Tab", "Enter")
    expect(page.get_by_role("combobox")).to_be_focused()
    hand.type("tiny")
    page.get_by_role("option", name=DEFAULT).wait_for()
    keys("Enter")
    expect(editor.field(load, "ckpt name: graphflow-tiny")).to_be_focused()
    keys("Shift+Tab")
    sampler = chain(editor, (), "ksampler")
    positive = chain(editor, ("ArrowDown",), "clip encode")
    join(editor, (), "load", f"port-{positive}-in-clip")
    keys("Enter", "Tab")
    hand.type("a red house at night")
    keys("Escape", "Escape", "Control+l")
    walk(editor, "Alt+ArrowRight", sampler)
    negative = chain(editor, ("ArrowDown", "ArrowDown"), "clip encode", "ArrowDown Enter")
    join(editor, (), "load", f"port-{negative}-in-clip")
    walk(editor, "Alt+ArrowRight", sampler)
    size = chain(editor, ("ArrowDown", "ArrowDown", "ArrowDown"), "empty latent")
    keys("Enter", "Tab")
    expect(editor.field(size, "width")).to_be_focused()
    hand.type("64")
    keys("Enter", "Tab")
    hand.type("64")
    keys("Enter", "F6", "Shift+F6")
    walk(editor, "Alt+ArrowRight", sampler)
    decode = chain(editor, ("ArrowRight",), "vae decode")
    join(editor, ("ArrowDown",), "load", f"port-{decode}-in-vae")
    save = chain(editor, ("ArrowRight",), "save image")
    keys("Control+Enter")

    shows_the_picture_of_its_job(editor, save)
    built = editor.kept(lambda draft: links_of(draft) == LINKS, "the whole workflow is kept")
    assert counted(built) == TYPES
    assert links_of(built) == LINKS
    assert built["nodes"][positive]["inputs"]["text"] == "a red house at night"
    assert built["nodes"][size]["inputs"] == {"width": 64, "height": 64}
    assert not [each for each in hand.done if not each.startswith(("press", "type"))]
