"""Two everyday tasks on pictures, with as many actions as docs/editor.md says: comparing, and inpainting by a mask."""

from __future__ import annotations

from urllib.parse import quote

import numpy as np
import numpy.typing as npt
from PIL import Image
from playwright.sync_api import Locator, expect

from tests.nodes.example_pictures import FOLDER
from tests.web.documented import counted
from tests.web.editor import Editor, pixels
from tests.web.hand import Spot

SOFT = 16
"""Pixels around what was painted that may change too: the brush's rim and the workflow's soft edge."""


def change_seed(editor: Editor, seed: int) -> None:
    """Type another seed."""
    editor.hand.click(editor.field("sampler", "seed"))
    editor.hand.type(str(seed))
    editor.hand.press("Enter")


def on_the_picture(editor: Editor, *places: Spot) -> list[Spot]:
    """Return spots of the page by their places on the picture in the mask editor, in shares of its sides."""
    box = editor.page.get_by_test_id("mask-overlay").bounding_box()
    assert box is not None
    return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]


def grown(mask: npt.NDArray[np.bool_], by: int) -> npt.NDArray[np.bool_]:
    """Return where a mask is within so many pixels, to the sides and diagonally."""
    rows, columns = np.nonzero(mask)
    near = np.zeros_like(mask)
    for row, column in zip(rows, columns, strict=True):
        near[max(0, row - by) : row + by + 1, max(0, column - by) : column + by + 1] = True
    return near


def tile(editor: Editor, index: int) -> Locator:
    """Return a picture of the gallery, the newest first."""
    return editor.page.locator(".gallery-list .tile").nth(index)


def test_compare_two_results(editor: Editor) -> None:
    editor.open("txt2img")
    for number, seed in enumerate((14, 15), start=1):
        change_seed(editor, seed)
        editor.hand.press("Control+Enter")
        assert editor.ended_job(number)["state"] == "done"

    with counted(editor, "compare two results"):
        editor.hand.press("g")
        editor.hand.click(tile(editor, 1), keys="Shift")

    told = editor.page.get_by_role("complementary", name="About this picture")
    expect(told).to_contain_text("sampler, seed")
    expect(told).to_contain_text("A15")
    expect(told).to_contain_text("B14")
    expect(editor.page.get_by_role("slider", name="Divider between A and B")).to_be_visible()


def test_mask_and_inpaint_changes_what_was_painted_and_nothing_further_off(editor: Editor) -> None:
    editor.open("inpaint")
    before = pixels_of_example("meadow.png").astype(int)

    with counted(editor, "mask and inpaint"):
        editor.hand.click(editor.node("mask").get_by_role("button", name="Paint a mask"))
        editor.hand.stroke(on_the_picture(editor, (0.15, 0.1), (0.3, 0.12), (0.15, 0.2), (0.3, 0.22)))
        editor.hand.press("Control+Enter")

    job = editor.ended_job()
    assert job["state"] == "done", job
    after = pixels(editor.picture_of("save")).astype(int)
    painted = mask_in_use(editor)
    assert painted[:16, 8:22].any(), "the stroke is in the mask that the graph uses"
    off = ~grown(painted, SOFT)
    assert off.any()
    np.testing.assert_array_equal(after[off], before[off])
    assert np.abs(after[painted] - before[painted]).mean() > 10


def test_inpainting_by_a_new_mask_keeps_what_the_old_one_made_anew(editor: Editor) -> None:
    editor.open("inpaint")
    before = pixels_of_example("meadow.png").astype(int)

    editor.hand.click(editor.node("mask").get_by_role("button", name="Paint a mask"))
    editor.hand.click(editor.page.get_by_role("button", name="Clear"))
    editor.hand.stroke(on_the_picture(editor, (0.1, 0.05), (0.25, 0.05)))
    editor.hand.press("Control+Enter")

    assert editor.ended_job()["state"] == "done"
    after = pixels(editor.picture_of("save")).astype(int)
    painted = mask_in_use(editor)
    assert 0 < painted.mean() < 0.1
    off = ~grown(painted, SOFT)
    assert off[32:, 24:].all(), "the house is far from it"
    np.testing.assert_array_equal(after[off], before[off])
    assert (after != before).any()


def mask_in_use(editor: Editor) -> npt.NDArray[np.bool_]:
    """Return where the mask is that the draft's graph uses, at all."""
    draft = editor.kept(lambda draft: draft["nodes"]["mask"]["inputs"]["image"].startswith("masks/"), "it is used")
    file = quote(draft["nodes"]["mask"]["inputs"]["image"], safe="")
    return np.asarray(editor.picture(f"/api/v1/uploads/{file}"))[..., 0] > 0


def pixels_of_example(name: str) -> npt.NDArray[np.uint8]:
    """Return an example picture that ships."""
    with Image.open(FOLDER / name) as picture:
        return np.asarray(picture.convert("RGB"))
