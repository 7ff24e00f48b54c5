"""Templates that change pictures and compare settings open and run from the page."""

from __future__ import annotations

from docs.gallery import SECTIONS
from tests.web.editor import Editor
from tests.web.templates import run_all


def test_templates_that_change_pictures_and_compare(editor: Editor) -> None:
    assert run_all(editor, SECTIONS["Change a picture"] + SECTIONS["Compare"]) == {}
