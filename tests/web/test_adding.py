"""What a new node begins with: a place of its own, and the size that the model makes."""

from __future__ import annotations

from itertools import combinations

import pytest
from playwright.sync_api import Locator, expect

from tests.web.editor import Editor
from tests.web.test_building import chain, names, new_node


def meet(one: Locator, other: Locator) -> bool:
    """Say whether two things lie upon each other on the page."""
    a, b = one.bounding_box(), other.bounding_box()
    assert a is not None
    assert b is not None
    beside = a["x"] >= b["x"] + b["width"] or b["x"] >= a["x"] + a["width"]
    return not beside and a["y"] < b["y"] + b["height"] and b["y"] < a["y"] + a["height"]


def overlapping(editor: Editor) -> list[tuple[str, str]]:
    """Return the nodes that lie upon each other."""
    return [(one, other) for one, other in combinations(names(editor), 2) if meet(editor.node(one), editor.node(other))]


@pytest.mark.parametrize(
    ("way", "what"), [(("ArrowDown",), "conditioning combine"), (("ArrowRight",), "latent upscale")]
)
def test_a_node_from_a_ports_list_lies_beside_those_that_are_there(
    editor: Editor, way: tuple[str, ...], what: str
) -> None:
    editor.open("txt2img")
    before = overlapping(editor)
    editor.hand.click(editor.node("sampler").locator("[data-title]"))

    chain(editor, way, what)
    editor.hand.press(".")

    assert before == []
    assert overlapping(editor) == []


def test_an_empty_latent_begins_with_the_size_of_the_only_model(editor: Editor) -> None:
    editor.hand.click(editor.page.get_by_role("button", name="Empty graph"))
    editor.page.get_by_test_id("canvas").wait_for()
    editor.page.wait_for_load_state("networkidle")  # the models have been read
    editor.hand.double_click(editor.canvas, at=(300, 200))
    editor.hand.click(editor.page.get_by_test_id("node-search").get_by_role("option", name="Empty latent").first)
    made = new_node(editor, [])

    for side in ("width", "height"):
        expect(editor.field(made, side)).to_have_attribute("aria-valuenow", "64")
    assert editor.draft()["nodes"][made]["inputs"] == {"width": 64, "height": 64}
