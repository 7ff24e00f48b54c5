from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from graphflow.document import Workflow, dump, from_json, parse
from graphflow.library import ANY, BadName, Conflict, Library, LibraryError, Unknown
from tests.toy import CHAIN, workflow

SOUND = from_json(workflow(CHAIN, name="A pot"))


def named(title: str) -> Workflow:
    return replace(SOUND, name=title)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    (shipped / "vase.json").write_text(dump(named("A vase")))
    return Library(tmp_path / "workflows", shipped)


def titles(library: Library, name: str) -> list[str | None]:
    """Return the titles of all revisions, newest first."""
    return [parse(library.revision(name, each.id)).name for each in library.revisions(name)]


def test_a_saved_workflow_is_a_plain_canonical_file(library: Library) -> None:
    saved = library.save("portraits/evening", SOUND, None)

    data = (library.folder / "portraits" / "evening.json").read_bytes()
    assert data == dump(SOUND).encode()
    assert saved.revision == sha256(data).hexdigest()
    assert library.read("portraits/evening") == saved


def test_of_two_who_save_the_second_is_told_what_is_there(library: Library) -> None:
    first = library.save("pot", SOUND, None)
    second = library.save("pot", named("mine"), first.revision)

    with pytest.raises(Conflict, match="changed meanwhile") as refused:
        library.save("pot", named("yours"), first.revision)

    assert refused.value.current == second.revision
    assert library.read("pot").workflow == named("mine")


def test_of_many_who_save_at_once_one_wins_and_nothing_is_lost(library: Library) -> None:
    base = library.save("pot", named("base"), None).revision

    def save(number: int) -> bool:
        try:
            Library(library.folder).save("pot", named(str(number)), base)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        won = [number for number, ok in enumerate(threads.map(save, range(16))) if ok]

    assert titles(library, "pot") == [str(*won), "base"]


def test_a_new_workflow_does_not_replace_another(library: Library) -> None:
    library.save("pot", SOUND, None)

    with pytest.raises(Conflict) as refused:
        library.save("pot", named("other"), None)

    assert refused.value.code == "taken"
    assert library.read("pot").workflow == SOUND


def test_each_save_makes_a_revision_that_can_be_brought_back(library: Library) -> None:
    revision = library.save("pot", named("one"), None).revision
    library.save("pot", named("two"), ANY)
    library.save("pot", named("three"), ANY)

    library.restore("pot", revision, ANY)

    assert titles(library, "pot") == ["one", "three", "two", "one"]
    assert [each.cause for each in library.revisions("pot")] == ["restored", "saved", "saved", "saved"]
    assert library.read("pot").revision == revision


def test_saving_the_same_again_makes_no_revision(library: Library) -> None:
    library.save("pot", SOUND, None)

    library.save("pot", SOUND, ANY)

    assert len(library.revisions("pot")) == 1


def test_what_another_program_wrote_is_a_conflict_and_becomes_a_revision(library: Library) -> None:
    saved = library.save("pot", named("ours"), None)
    (library.folder / "pot.json").write_text(dump(named("theirs")))

    with pytest.raises(Conflict) as refused:
        library.save("pot", named("late"), saved.revision)
    library.save("pot", named("late"), refused.value.current)

    assert titles(library, "pot") == ["late", "theirs", "ours"]
    assert [each.cause for each in library.revisions("pot")] == ["saved", "found", "saved"]


def test_another_layout_of_the_same_workflow_is_no_change(library: Library) -> None:
    saved = library.save("pot", SOUND, None)
    path = library.folder / "pot.json"
    path.write_text(path.read_text().replace("\n", "\n\n"))

    assert library.read("pot").revision == saved.revision


def test_looking_writes_nothing(library: Library) -> None:
    library.save("pot", SOUND, None)
    (library.folder / "pot.json").write_text(dump(named("theirs")))
    before = sorted(library.folder.rglob("*"))

    list(library.workflows())
    revisions = library.revisions("pot")
    library.revision("pot", revisions[0].id)
    library.drafts()
    library.deleted()

    assert [each.cause for each in revisions] == ["found", "saved"]
    assert sorted(library.folder.rglob("*")) == before


def test_a_file_that_cannot_be_read_is_listed_with_what_is_wrong_and_can_be_replaced(library: Library) -> None:
    library.save("pot", SOUND, None)
    (library.folder / "pot.json").write_text("{ not json")

    broken = library.read("pot")
    library.save("pot", named("mended"), broken.revision)

    assert broken.workflow is None
    assert [each.code for each in broken.problems] == ["not-json"]
    assert library.revision("pot", broken.revision) == b"{ not json"
    assert library.read("pot").workflow == named("mended")


def test_the_list_has_ones_own_before_the_templates(library: Library) -> None:
    library.save("b/pot", SOUND, None)
    library.save("vase", named("My vase"), None)

    assert [(each.name, each.template) for each in library.workflows()] == [
        ("b/pot", False),
        ("vase", False),
        ("vase", True),
    ]
    assert library.read("vase").workflow == named("My vase")
    assert library.read("vase", "template").workflow == named("A vase")


def test_a_template_is_copied_but_never_changed(library: Library) -> None:
    for change in (
        lambda: library.save("vase", SOUND, library.read("vase").revision),
        lambda: library.rename("vase", "bowl"),
        lambda: library.delete("vase"),
    ):
        with pytest.raises(Conflict, match="is a template"):
            change()

    library.duplicate("vase", "mine/vase")

    assert library.read("mine/vase").workflow == named("A vase")


def test_a_renamed_workflow_keeps_its_history_and_its_draft(library: Library) -> None:
    library.save("a/pot", named("one"), None)
    library.save("a/pot", named("two"), ANY)
    library.save_draft("a/pot", {"half": True}, None)

    library.rename("a/pot", "b/c/jug")

    assert titles(library, "b/c/jug") == ["two", "one"]
    assert library.draft("b/c/jug").document == {"half": True}
    assert not (library.folder / "a").exists()
    with pytest.raises(Unknown):
        library.read("a/pot")


def test_renaming_onto_another_is_refused(library: Library) -> None:
    library.save("pot", SOUND, None)
    library.save("jug", named("A jug"), None)

    with pytest.raises(Conflict, match="already"):
        library.rename("pot", "jug")

    assert library.read("jug").workflow == named("A jug")


def test_what_was_deleted_comes_back_with_its_history(library: Library) -> None:
    library.save("pot", named("one"), None)
    library.save("pot", named("two"), ANY)
    thing = library.delete("pot")
    library.save("pot", named("other"), None)

    with pytest.raises(Conflict):
        library.undelete(thing.id)
    library.undelete(thing.id, "old/pot")

    assert titles(library, "old/pot") == ["two", "one"]
    assert titles(library, "pot") == ["other"]
    assert library.deleted() == ()


def test_the_bin_is_emptied_for_good(library: Library) -> None:
    library.save("pot", SOUND, None)
    first = library.delete("pot")
    library.save("pot", SOUND, None)
    library.delete("pot")

    library.forget(first.id)

    assert len(library.deleted()) == 1
    assert library.empty_bin() == 1
    with pytest.raises(Unknown):
        library.undelete(first.id)


def test_the_history_of_a_file_that_another_program_removed_goes_to_the_bin(library: Library) -> None:
    library.save("pot", named("one"), None)
    (library.folder / "pot.json").unlink()

    library.save("pot", named("new"), None)

    assert titles(library, "pot") == ["new"]
    [thing] = library.deleted()
    library.undelete(thing.id, "old")
    assert titles(library, "old") == ["one"]


def test_the_number_of_revisions_is_bounded(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphflow.library.history.MOST", 5)
    for number in range(8):
        library.save("pot", named(str(number)), ANY if number else None)

    assert titles(library, "pot") == ["7", "6", "5", "4", "3"]


def test_old_revisions_go_except_the_newest(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphflow.library.history.FEWEST", 2)
    for number in range(4):
        library.save("pot", named(str(number)), ANY if number else None)
    for path in (library.folder / ".revisions" / "pot.json").iterdir():
        os.utime(path, (0, 0))

    library.save("pot", named("new"), ANY)

    assert titles(library, "pot") == ["new", "3"]


def test_a_revision_that_was_damaged_is_not_served(library: Library) -> None:
    old = library.save("pot", named("one"), None).revision
    library.save("pot", named("two"), ANY)
    [path] = (library.folder / ".revisions" / "pot.json").glob(f"*{old}*")
    path.write_bytes(path.read_bytes().replace(b"one", b"two"))

    with pytest.raises(Unknown):
        library.revision("pot", old)


def test_a_draft_may_be_what_no_file_may_be(library: Library) -> None:
    document = {"nodes": {"a/b": 1}, "text": "half \ud83d", "seed": 2**64 - 1}

    library.save_draft("new/idea", document, "0" * 64)

    assert library.draft("new/idea").document == document
    assert [each.name for each in library.drafts()] == ["new/idea"]
    assert library.delete_draft("new/idea")
    assert not library.delete_draft("new/idea")


def test_drafts_are_bounded(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphflow.library.drafts.MOST", 1)
    library.save_draft("one", {}, None)
    library.save_draft("one", {"again": 1}, None)

    with pytest.raises(LibraryError, match="drafts already"):
        library.save_draft("two", {}, None)


BAD = [
    "", " ", ".", "..", "../pot", "a/../../pot", "/etc/passwd", "~/pot", "C:\\pot", "c:pot", "a\\b", "a//b", "a/./b",
    ".hidden", "a/.revisions/x", "pot.", "pot ", "pot\0", "pot\n", "pot.json", "x.json/pot", "a:b", "con", "a/NUL.txt",
    "x" * 500, "é" * 150, "a/" * 12 + "b", "half \ud83d",
]  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_names_that_lead_elsewhere_are_refused(library: Library, name: str) -> None:
    library.save("pot", SOUND, None)
    for attempt in (
        lambda: library.read(name),
        lambda: library.save(name, SOUND, None),
        lambda: library.rename("pot", name),
        lambda: library.duplicate("pot", name),
        lambda: library.save_draft(name, {}, None),
        lambda: library.delete(name),
    ):
        with pytest.raises(BadName):
            attempt()


def test_links_that_lead_outside_are_neither_listed_nor_read_nor_written(library: Library, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.json").write_text(dump(SOUND))
    library.folder.mkdir()
    (library.folder / "link.json").symlink_to(outside / "secret.json")
    (library.folder / "folder").symlink_to(outside)

    assert [each.name for each in library.workflows()] == ["vase"]
    for name in ("link", "folder/secret", "folder/new"):
        with pytest.raises(BadName, match="out of the folder"):
            library.read(name)
        with pytest.raises(BadName):
            library.save(name, SOUND, None)
    assert sorted(outside.iterdir()) == [outside / "secret.json"]
