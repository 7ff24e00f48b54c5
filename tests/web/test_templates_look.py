"""Templates that look inside open and run from the page."""

from __future__ import annotations

from docs.gallery import SECTIONS
from tests.web.editor import Editor
from tests.web.templates import run_all


def test_templates_that_look_inside(editor: Editor) -> None:
    assert run_all(editor, SECTIONS["Look inside"]) == {}
