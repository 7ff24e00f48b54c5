"""The first minutes: the one-time link, a template of the first page, and every other template."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from graphflow.server.wall.accounts import AccountFile
from tests.server.launching import Launched
from tests.web.editor import Editor, pixels
from tests.web.hand import Hand
from tests.web.watching import Watch

TEMPLATES = sorted(each.stem for each in (Path(__file__).parents[2] / "workflows").glob("*.json"))


def test_the_one_time_link_leads_to_the_editor_and_a_first_picture(browser: Browser, server: Launched) -> None:
    file = AccountFile(server.home)
    token = file.add("newcomer")
    code = file.new_code("newcomer")
    watch = Watch(server.url)
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
    watch.over(context)
    page = context.new_page()
    editor = Editor(page, server, token, Hand(page), watch)

    page.goto(f"{server.url}/login#code={code}")
    editor.hand.click(page.get_by_role("button", name=re.compile("^Text to image")))
    editor.settled()
    editor.hand.click(editor.run_button)
    job = editor.ended_job()
    editor.hand.press(".")

    assert job["state"] == "done"
    assert np.array_equal(pixels(editor.picture_of("save")), np.asarray(editor.artifact(editor.made(job)[0]["sha256"])))
    assert "code" not in page.url
    assert page.evaluate("document.cookie") == ""
    assert len(editor.hand.done) == 3, "a first picture is two clicks away, and one key shows it whole"
    context.close()
    assert watch.bad() == []


def test_a_stranger_sees_nothing_but_the_login(browser: Browser, server: Launched) -> None:
    context = browser.new_context()
    page = context.new_page()

    page.goto(f"{server.url}/?workflow=txt2img")

    expect(page.get_by_label("One-time code or token")).to_be_visible()
    context.close()


@pytest.mark.parametrize("part", range(3))
def test_every_template_opens_as_it_is(editor: Editor, part: int) -> None:
    editor.watch.allow("/api/v1/uploads/")  # pictures that a template names, and that this user does not have
    for name in TEMPLATES[part::3]:
        workflow = editor.ask(f"/api/v1/workflows/{name}")["workflow"]
        editor.open(name)
        editor.hand.press(".")
        expect(editor.page.locator(".status")).to_contain_text(str(len(workflow["nodes"])))
        expect(editor.page.locator(".problems-button")).to_have_count(0)
