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


def test_the_list_of_nodes_adds_by_a_click_and_by_a_drag_to_a_place(editor: Editor) -> None:
    page, hand = editor.page, editor.hand
    hand.click(page.get_by_role("button", name="Nodes", exact=True))  # no graph is open: one begins
    panel = page.get_by_role("region", name="Nodes")
    hand.click(panel.get_by_role("button", name="Empty latent", exact=True))
    clicked = new_node(editor, [])
    hand.click(panel.get_by_role("button", name="Load image", exact=True))
    beside = new_node(editor, [clicked])
    row, place = panel.get_by_role("button", name="VAE decode", exact=True), (700.0, 80.0)
    row.drag_to(editor.canvas, target_position={"x": place[0], "y": place[1]})
    carried = new_node(editor, [clicked, beside])

    card, canvas = editor.node(carried).bounding_box(), editor.canvas.bounding_box()
    assert card is not None
    assert canvas is not None
    assert (card["x"] - canvas["x"], card["y"] - canvas["y"]) == pytest.approx(place, abs=2)
    assert overlapping(editor) == []


def test_values_that_are_taken_out_into_nodes_lie_beside_those_that_are_there(editor: Editor) -> None:
    editor.open("txt2img")
    taken: list[str] = []
    for label in ("steps", "cfg"):
        before = names(editor)
        editor.field("sampler", label).click(button="right")
        editor.hand.click(editor.page.get_by_role("menuitem", name="Turn into a node that feeds it"))
        taken.append(new_node(editor, before))

    editor.hand.press(".")
    assert len(set(taken)) == 2
    assert overlapping(editor) == []


def test_enter_adds_the_first_node_that_the_list_finds(editor: Editor) -> None:
    editor.hand.click(editor.page.get_by_role("button", name="Nodes", exact=True))
    editor.hand.type("vae dec")
    editor.hand.press("Enter")

    made = new_node(editor, [])
    assert editor.draft()["nodes"][made]["type"] == "VAEDecode"
