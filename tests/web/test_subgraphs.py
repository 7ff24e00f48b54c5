"""A subgraph goes round: made, saved, loaded again, run, entered and unpacked, and always makes the same picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from playwright.sync_api import expect

from tests.web.editor import Editor, wait_until

PARTS = ("positive", "negative", "latent", "sampler")


def picture(editor: Editor, number: int) -> npt.NDArray[np.uint8]:
    """Run what is open and return the picture that it makes."""
    editor.hand.press("Control+Enter")
    job = editor.ended_job(number)
    assert job["state"] == "done", job
    return np.asarray(editor.artifact(editor.made(job)[0]["sha256"]))


def saved(editor: Editor) -> Mapping[str, Any]:
    """Return the workflow as it lies in the library."""
    return dict(editor.ask("/api/v1/workflows/parts")["workflow"])


def choose(editor: Editor, *nodes: str) -> None:
    """Click nodes with Shift held."""
    for node in nodes:
        editor.hand.click(editor.node(node).locator("[data-title]"), keys="Shift")


def test_a_subgraph_goes_round_and_makes_the_same_picture(editor: Editor) -> None:
    original = editor.ask("/api/v1/workflows/txt2img")["workflow"]
    original["nodes"]["sampler"]["inputs"]["steps"] = 4
    editor.put("parts", original)
    editor.open("parts")
    first = picture(editor, 1)

    choose(editor, *PARTS)
    editor.hand.press("Control+Shift+G")
    editor.hand.press("Control+s")
    wait_until(lambda: "subgraphs" in saved(editor), "the subgraph is saved")
    (inner,) = saved(editor)["subgraphs"].values()
    assert set(inner["nodes"]) == set(PARTS)
    assert set(saved(editor)["nodes"]) & set(PARTS) == set()

    editor.page.reload()
    editor.settled()
    expect(editor.node("positive")).to_have_count(0)
    np.testing.assert_array_equal(picture(editor, 2), first)

    (instance,) = set(saved(editor)["nodes"]) - set(original["nodes"])
    editor.hand.click(editor.node(instance).locator("[data-title]"))
    editor.hand.press("Control+ArrowDown")
    expect(editor.node("positive")).to_be_visible()
    editor.hand.press("Control+ArrowUp")
    expect(editor.node("checkpoint")).to_be_visible()
    editor.hand.press("Control+Shift+U")
    expect(editor.node("positive")).to_be_visible()
    np.testing.assert_array_equal(picture(editor, 3), first)
    editor.hand.press("Control+s")
    wait_until(lambda: "subgraphs" not in saved(editor), "it is saved without the subgraph")
    assert saved(editor)["nodes"] == original["nodes"]


def test_an_error_inside_a_subgraph_is_found_on_the_instance_and_leads_inside(editor: Editor) -> None:
    original = editor.ask("/api/v1/workflows/txt2img")["workflow"]
    original["nodes"]["sampler"]["inputs"]["steps"] = 0
    editor.put("parts", original)
    editor.open("parts")
    choose(editor, *PARTS)
    editor.hand.press("Control+Shift+G")
    editor.hand.click(editor.page.get_by_role("tab", name="Problems"))

    editor.hand.click(editor.page.get_by_role("button", name="Go to").first)

    expect(editor.node("sampler")).to_be_visible()
    expect(editor.node("sampler")).to_contain_text("steps")
