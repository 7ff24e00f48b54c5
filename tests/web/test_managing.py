"""Keeping house: revisions come back, workflows go out as files, pictures are compared and deleted, one logs out."""

from __future__ import annotations

import json
import re

from playwright.sync_api import Locator, expect

from tests.web.editor import Editor, wait_until
from tests.web.test_editing import save


def run(editor: Editor, workflow: str) -> None:
    """Open a workflow and run it to its end."""
    before = len(editor.jobs())
    editor.open(workflow)
    editor.hand.press("Control+Enter")
    assert editor.ended_job(before + 1)["state"] == "done"


def test_a_revision_is_brought_back_and_that_is_taken_back(editor: Editor) -> None:
    save(editor, "kept", editor.ask("/api/v1/workflows/txt2img")["workflow"])
    editor.open("kept")
    editor.hand.click(editor.node("latent").locator("[data-title]"))
    editor.hand.press("Delete")
    editor.hand.press("Control+s")

    def has_latent() -> bool:
        return "latent" in editor.ask("/api/v1/workflows/kept")["workflow"]["nodes"]

    wait_until(lambda: not has_latent(), "the shorter one is saved")
    editor.hand.click(editor.page.get_by_role("button", name="What to do with this workflow"))
    editor.hand.click(editor.page.get_by_role("menuitem", name="Revisions"))
    dialog = editor.page.get_by_role("dialog")
    expect(dialog).to_contain_text(re.compile(r"linked to\s*latent"))
    expect(dialog).not_to_contain_text("{")
    editor.hand.click(dialog.get_by_role("button", name="Bring this back"))

    wait_until(has_latent, "the longer one is back")
    expect(editor.node("latent")).to_be_visible()
    editor.hand.click(editor.page.locator(".toast", has_text="The revision is back").get_by_role("button", name="Undo"))
    wait_until(lambda: not has_latent(), "the shorter one is the newest again")
    expect(editor.node("latent")).to_have_count(0)


def test_a_workflow_goes_out_as_the_file_that_it_is(editor: Editor) -> None:
    editor.open("txt2img")
    editor.hand.click(editor.page.get_by_role("button", name="What to do with this workflow"))
    with editor.page.expect_download() as download:
        editor.hand.click(editor.page.get_by_role("menuitem", name="Download as a file"))

    written = json.loads(download.value.path().read_text())
    assert download.value.suggested_filename == "txt2img.json"
    assert written["nodes"] == editor.ask("/api/v1/workflows/txt2img")["workflow"]["nodes"]


def test_the_newest_picture_is_compared_by_keys_from_the_first_moment(editor: Editor) -> None:
    run(editor, "txt2img")
    run(editor, "img2img")
    editor.hand.press("g")
    expect(editor.page.locator(".gallery-list .tile")).to_have_count(2)

    editor.hand.press("c")
    editor.hand.click(editor.page.locator(".gallery-list .tile").nth(1))

    expect(editor.page.get_by_role("heading", name="What differs")).to_be_visible()
    expect(editor.page.locator(".gallery-list .tile-mark")).to_have_text(["A", "B"])


def asked_to_delete(editor: Editor, tile: int) -> Locator:
    """Open a picture of the gallery, ask to delete it, and return the question."""
    editor.hand.click(editor.page.locator(".gallery-list .tile").nth(tile))
    editor.hand.click(editor.page.get_by_role("button", name="Delete", exact=True))
    return editor.page.get_by_role("dialog")


def test_a_picture_is_deleted_alone(editor: Editor) -> None:
    run(editor, "seeds-batch")
    files = [each["sha256"] for each in editor.made(editor.jobs()[0])]
    editor.hand.press("g")
    dialog = asked_to_delete(editor, 0)
    expect(dialog).to_contain_text("Delete this picture?")
    expect(dialog.locator(".going img")).to_have_count(1)

    editor.hand.click(dialog.get_by_role("button", name="Delete the picture"))

    expect(editor.page.locator(".gallery-list .tile")).to_have_count(len(files) - 1)
    left = [each["sha256"] for each in editor.made(editor.jobs()[0])]
    assert set(left) < set(files)
    assert len(left) == len(files) - 1


def test_what_goes_with_a_run_is_shown_before_it_goes(editor: Editor) -> None:
    run(editor, "seeds-batch")
    run(editor, "txt2img")
    count = len(editor.made(editor.jobs()[1]))
    assert count > 1
    editor.hand.press("g")
    dialog = asked_to_delete(editor, -1)
    editor.hand.click(dialog.get_by_label(f"All {count} files of its run too"))
    expect(dialog).to_contain_text("Delete the whole run?")
    expect(dialog.locator(".going img")).to_have_count(count)

    editor.hand.click(dialog.get_by_role("button", name="Delete the run"))

    expect(editor.page.locator(".gallery-list .tile")).to_have_count(1)
    assert [job["name"] for job in editor.jobs()] == ["Text to image"]


def test_an_empty_graph_says_how_to_begin(editor: Editor) -> None:
    editor.hand.click(editor.page.get_by_role("button", name="Empty graph"))

    expect(editor.page.locator(".empty")).to_contain_text("press Tab, to add a node")


def test_after_logging_out_nothing_can_be_read(editor: Editor) -> None:
    editor.watch.allow("401")
    editor.hand.press("Control+,")
    editor.hand.click(editor.page.get_by_role("button", name="Log out"))

    expect(editor.page.get_by_label("One-time code or token")).to_be_focused()
    assert editor.page.request.get(f"{editor.server.url}/api/v1/workflows").status == 401
