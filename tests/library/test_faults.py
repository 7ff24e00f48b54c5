"""A full disk, and a crash between any two steps of a change, cost nothing that was saved."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from graphflow.document import Workflow, parse
from graphflow.errors import StorageBusy, StorageError
from graphflow.library import ANY, Conflict, Library, Unknown, writing

ONE, TWO = Workflow(name="one"), Workflow(name="two")


class Killed(BaseException):
    """Stands in for kill -9: nothing that cleans up is run on purpose, and nothing catches it."""


def steps(monkeypatch: pytest.MonkeyPatch, last: int) -> list[str]:
    """Let the first steps of a change happen, and die before the next; return what was done."""
    done: list[str] = []

    def counted(name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any) -> Any:
            if len(done) == last:
                raise Killed
            done.append(name)
            return act(*arguments)

        return step

    for module in ("library", "bin", "history", "drafts"):
        for name in ("move", "write_whole"):
            with suppress(AttributeError):
                monkeypatch.setattr(f"graphflow.library.{module}.{name}", counted(name, getattr(writing, name)))
    return done


def texts(library: Library) -> Iterator[str | None]:
    """Return the titles of every revision that can be reached, through the library or its bin."""
    for thing in library.deleted():
        with suppress(Conflict):
            library.undelete(thing.id, f"back/{thing.id}")
    for saved in [*library.workflows()]:
        for each in library.revisions(saved.name):
            yield parse(library.revision(saved.name, each.id)).name


CHANGES: dict[str, Callable[[Library], object]] = {
    "save": lambda library: library.save("pot", Workflow(name="three"), ANY),
    "rename": lambda library: library.rename("pot", "jug"),
    "delete": lambda library: library.delete("pot"),
    "restore": lambda library: library.restore("pot", library.revisions("pot")[-1].id, ANY),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("last", range(4))
def test_a_crash_between_any_two_steps_loses_nothing(tmp_path: Path, change: str, last: int) -> None:
    library = Library(tmp_path)
    library.save("pot", ONE, None)
    library.save("pot", TWO, ANY)

    with pytest.MonkeyPatch.context() as monkeypatch, suppress(Killed):
        steps(monkeypatch, last)
        CHANGES[change](library)

    after = Library(tmp_path)
    for name in ("pot", "jug"):  # whoever uses the name next finds what was left under it in the bin
        with suppress(Conflict):
            after.save(name, Workflow(name="next"), None)
    assert {"one", "two"} <= set(texts(after))


@pytest.mark.parametrize("last", range(3))
def test_a_crash_while_something_comes_out_of_the_bin_loses_nothing(tmp_path: Path, last: int) -> None:
    library = Library(tmp_path)
    library.save("pot", ONE, None)
    library.save("pot", TWO, ANY)
    thing = library.delete("pot")

    with pytest.MonkeyPatch.context() as monkeypatch, suppress(Killed):
        steps(monkeypatch, last)
        library.undelete(thing.id)

    after = Library(tmp_path)
    with suppress(Conflict):
        after.save("pot", Workflow(name="next"), None)
    assert {"one", "two"} <= set(texts(after))


def test_a_change_without_a_history_would_be_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    monkeypatch.setattr("graphflow.library.history.History.add", lambda *arguments: None)
    library = Library(tmp_path)
    library.save("pot", ONE, None)
    library.save("pot", TWO, ANY)

    assert not {"one", "two"} <= set(texts(library))


def test_a_full_disk_is_told_and_what_was_saved_stays(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.save("pot", ONE, None)
    library.save_draft("pot", {"half": 1}, None)

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("graphflow.library.writing.os.fsync", full)
        with pytest.raises(StorageError, match="the disk is full") as refused:
            library.save("pot", TWO, ANY)
        with pytest.raises(StorageError, match="the disk is full"):
            library.save_draft("pot", {"half": 2}, None)
        with pytest.raises(StorageError, match="the disk is full"):
            library.save("jug", TWO, None)

    assert refused.value.hint == "free some space, then save again"
    assert library.read("pot").workflow == ONE
    assert library.draft("pot").document == {"half": 1}
    with pytest.raises(Unknown):
        library.read("jug")
    assert not [*(tmp_path / ".revisions" / "incoming").iterdir()], "no half file stays"
    assert library.save("pot", TWO, ANY).workflow == TWO


def test_a_program_that_was_halted_in_a_change_is_told_and_waited_for_no_longer_than_it_should(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "PATIENCE", 0.2)
    library = Library(tmp_path)
    library.save("pot", ONE, None)

    with writing.alone(tmp_path / ".revisions" / "lock"):
        begun = time.monotonic()
        with pytest.raises(StorageBusy, match=r"for more than 0\.2 s"):
            library.save("pot", TWO, ANY)
        assert 0.2 <= time.monotonic() - begun < 2
    library.save("pot", TWO, ANY)

    assert library.read("pot").workflow == TWO
