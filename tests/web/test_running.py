"""Running: interrupted, reloaded in the middle, the server killed in the middle, out of reach; seeds keep their digits."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, expect

from tests.server.launching import Launched, launched
from tests.web.editor import PATIENCE, Editor, open_editor, pixels, wait_until

MANY = 2000
"""Steps of a run that nobody waits for."""


def write_number(editor: Editor, node: str, field: str, number: int) -> None:
    """Type a number into a field."""
    editor.hand.click(editor.field(node, field))
    editor.hand.type(str(number))
    editor.hand.press("Enter")


def state(editor: Editor) -> str:
    """Return the newest job's state."""
    return str(editor.jobs()[0]["state"]) if editor.jobs() else ""


def steps_done(editor: Editor) -> int:
    """Return how many steps the newest job has done."""
    progress = editor.jobs()[0].get("progress") or {}
    return int(progress.get("done") or 0)


def start_long(editor: Editor, steps: int = MANY) -> str:
    """Run text to image with many steps, and wait until some are done; return the job."""
    editor.open("txt2img")
    editor.hand.press(".")  # all of it, with the picture at its end
    write_number(editor, "sampler", "steps", steps)
    editor.hand.press("Control+Enter")
    wait_until(lambda: state(editor) == "running" and steps_done(editor) > 2, "the sampler works")
    return str(editor.jobs()[0]["id"])


def test_a_run_is_interrupted_in_the_middle(editor: Editor) -> None:
    start_long(editor)
    expect(editor.node("sampler")).to_contain_text("Step")

    editor.hand.click(editor.page.get_by_role("button", name="Stop this run"))

    assert editor.ended_job()["state"] == "cancelled"
    expect(editor.page.get_by_role("button", name="Stop this run")).to_have_count(0)
    assert steps_done(editor) < MANY


def test_a_page_that_is_reloaded_finds_its_run_going_on(editor: Editor) -> None:
    job = start_long(editor, 200)

    editor.page.reload()

    editor.settled()
    editor.hand.press(".")
    expect(editor.node("sampler")).to_contain_text("Step", timeout=PATIENCE * 1000)
    ended = editor.ended_job()
    assert (ended["id"], ended["state"]) == (job, "done")
    assert len(editor.jobs()) == 1, "it is the same run, not another"
    shown = pixels(editor.picture_of("save"))
    assert np.array_equal(shown, np.asarray(editor.artifact(editor.made(ended)[0]["sha256"])))


def test_a_server_that_is_killed_in_the_middle_loses_nothing(browser: Browser, built: None, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with launched(home) as first:
        port = int(first.url.rpartition(":")[2])
        with open_editor(browser, first, first.token) as editor:
            editor.watch.allow("ERR_CONNECTION_REFUSED", "WebSocket", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET")
            job = start_long(editor, 200)
            first.stop(signal.SIGKILL)
            expect(editor.page.get_by_role("alert")).to_contain_text("No connection to the server")
            write_number(editor, "latent", "height", 72)  # editing goes on

            with launched(home, "--port", str(port)):
                expect(editor.page.get_by_role("alert")).to_have_count(0, timeout=PATIENCE * 1000)
                ended = editor.ended_job()
                assert (ended["id"], ended["state"]) == (job, "done")
                assert ended["attempt"] > 1, "it was in the middle when the server died"
                shown = pixels(editor.picture_of("save"))
                assert np.array_equal(shown, np.asarray(editor.artifact(editor.made(ended)[0]["sha256"])))
                editor.kept(lambda draft: draft["nodes"]["latent"]["inputs"]["height"] == 72, "the edit is kept")


def test_a_server_out_of_reach_is_told_and_editing_goes_on(editor: Editor) -> None:
    editor.watch.allow("ERR_INTERNET_DISCONNECTED", "WebSocket")
    editor.open("txt2img")

    editor.page.context.set_offline(True)
    write_number(editor, "sampler", "steps", 7)
    editor.hand.press("Control+s")

    expect(editor.page.get_by_role("alert").first).to_contain_text("No connection to the server", timeout=40_000)
    editor.page.context.set_offline(False)
    editor.kept(lambda draft: draft["nodes"]["sampler"]["inputs"]["steps"] == 7, "the edit arrives")


def test_the_largest_seed_keeps_its_digits(editor: Editor, user: str, server: Launched) -> None:
    largest = 2**64 - 1
    workflow = editor.ask("/api/v1/workflows/txt2img")["workflow"]
    workflow["nodes"]["sampler"]["inputs"] |= {"seed": largest, "steps": 2}
    headers = {"If-None-Match": "*", "Authorization": f"Bearer {user}", "Content-Type": "application/json"}
    saved = editor.page.request.put(
        f"{server.url}/api/v1/workflows/large-seed", headers=headers, data=json.dumps({"workflow": workflow})
    )
    assert saved.ok, saved.text()

    editor.open("large-seed")
    expect(editor.field("sampler", "seed")).to_contain_text(str(largest))
    write_number(editor, "sampler", "steps", 3)
    editor.hand.press("Control+s")

    def inputs() -> dict[str, int]:
        read = editor.ask("/api/v1/workflows/large-seed")["workflow"]
        return dict(read["nodes"]["sampler"]["inputs"])

    wait_until(lambda: inputs()["steps"] == 3, "it is saved")
    assert inputs()["seed"] == largest
    editor.hand.press("Control+Enter")
    ran = editor.ask(f"/api/v1/jobs/{editor.ended_job()['id']}/workflow")["workflow"]
    assert ran["nodes"]["sampler"]["inputs"]["seed"] == largest
