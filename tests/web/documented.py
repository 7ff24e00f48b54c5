"""The table of everyday tasks in docs/editor.md: how many actions each takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.web.editor import Editor

PAGE = Path(__file__).parents[2] / "docs" / "editor.md"
ROW = re.compile(r"^\| (?P<task>[^|]+?) \| (?P<actions>\d+) \|", re.MULTILINE)


@cache
def everyday_tasks() -> dict[str, int]:
    """Return the number of actions of each task, by its name in the document."""
    return {row["task"]: int(row["actions"]) for row in ROW.finditer(PAGE.read_text("utf-8"))}


@contextmanager
def counted(editor: Editor, task: str) -> Iterator[None]:
    """Hold that what is done inside takes as many actions as the document says."""
    before = len(editor.hand.done)
    yield
    done = editor.hand.done[before:]
    assert len(done) == everyday_tasks()[task], done
