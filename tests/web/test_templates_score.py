"""Templates that score and train open and run from the page; no template is left out."""

from __future__ import annotations

import pytest

from docs.gallery import SECTIONS
from tests.server.launching import Launched
from tests.web.editor import Editor
from tests.web.templates import run_all


@pytest.fixture(scope="module")
def server(own_server: Launched) -> Launched:
    """A server of its own: the model that is trained here would be in every other test's list."""
    return own_server


def test_templates_that_score_and_train(editor: Editor) -> None:
    assert run_all(editor, SECTIONS["Score"] + SECTIONS["Train"]) == {}


def test_every_section_is_run_in_one_of_these_files() -> None:
    run = ("Make a picture", "Change a picture", "Say where and when", "Compare", "Look inside", "Score", "Train")
    assert set(SECTIONS) == set(run)
