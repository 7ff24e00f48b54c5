"""The first minutes: the one-time link, and a template of the first page."""

from __future__ import annotations

import re

import numpy as np
from playwright.sync_api import Browser, expect

from graphflow.server.wall.accounts import AccountFile
from tests.server.launching import Launched
from tests.web.editor import Editor, pixels
from tests.web.hand import Hand
from tests.web.watching import Watch


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
