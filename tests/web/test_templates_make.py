"""Templates that make pictures and place prompts open and run from the page."""

from __future__ import annotations

from docs.gallery import SECTIONS
from tests.web.editor import Editor
from tests.web.templates import run_all


def test_templates_that_make_pictures_and_place_prompts(editor: Editor) -> None:
    assert run_all(editor, SECTIONS["Make a picture"] + SECTIONS["Say where and when"]) == {}
