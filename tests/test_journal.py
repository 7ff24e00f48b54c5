"""The journal of a node: what was noted comes back, or the beginning of it, and never anything else."""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from graphflow import journal as journals
from graphflow.journal import Journal, Journals, Stretch
from graphflow.keys import CacheKey

KEY = CacheKey("ab" * 32)
OTHER = CacheKey("cd" * 32)
FIRST = Stretch(0, 1)
SECOND = Stretch(1, 1)
NOTES = (b"one", b"", b"three and more")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "home" / "cache" / "journals"


def path(folder: Path, key: CacheKey = KEY) -> Path:
    return folder / f"{key}.journal"


def opened(folder: Path, key: CacheKey = KEY, log: Callable[[str], None] = print) -> Journal:
    return Journals(folder).of(key, log)


def noted(folder: Path, notes: tuple[bytes, ...] = NOTES, stretch: Stretch = FIRST) -> None:
    """Note these, and be killed: the file stays."""
    journal = opened(folder)
    for step, note in enumerate(notes):
        journal.write(stretch, step, note)
    journal.close()


def found(folder: Path, stretch: Stretch = FIRST, key: CacheKey = KEY) -> tuple[bytes, ...]:
    journal = opened(folder, key)
    notes = journal.read(stretch)
    journal.close()
    return notes


def test_a_later_attempt_reads_what_was_noted_and_goes_on_behind_it(folder: Path) -> None:
    noted(folder)

    journal = opened(folder)
    assert journal.read(FIRST) == NOTES
    journal.write(FIRST, 3, b"four")
    journal.close()

    assert found(folder) == (*NOTES, b"four")


def test_before_anything_is_noted_there_is_no_file(folder: Path) -> None:
    assert found(folder) == ()
    assert not folder.parent.parent.exists()


def test_what_was_noted_is_in_the_file_at_once(folder: Path) -> None:
    journal = opened(folder)
    journal.write(FIRST, 0, b"x" * 100)

    assert path(folder).read_bytes().endswith(b"x" * 100)
    journal.close()


def test_stretches_do_not_mix(folder: Path) -> None:
    journal = opened(folder)
    for step in range(3):
        for stretch in (FIRST, SECOND):
            journal.write(stretch, step, f"{stretch.call}-{step}".encode())
    journal.close()

    assert found(folder, FIRST) == (b"0-0", b"0-1", b"0-2")
    assert found(folder, SECOND) == (b"1-0", b"1-1", b"1-2")
    assert found(folder, Stretch(0, 2)) == ()


def test_a_step_that_is_noted_again_takes_the_place_of_itself_and_all_later_ones(folder: Path) -> None:
    noted(folder)

    journal = opened(folder)
    journal.write(FIRST, 1, b"again")
    assert journal.read(FIRST) == (b"one", b"again")
    journal.close()

    assert found(folder) == (b"one", b"again")


def test_a_step_that_leaves_a_gap_is_the_nodes_mistake(folder: Path) -> None:
    journal = opened(folder)

    with pytest.raises(ValueError, match="step 2 does not follow on 0 notes"):
        journal.write(FIRST, 2, b"")
    journal.close()


def test_truncated_anywhere_the_file_gives_the_beginning_of_the_notes_and_can_be_gone_on_with(folder: Path) -> None:
    noted(folder)
    whole = path(folder).read_bytes()
    lengths = set()

    for size in range(len(whole)):
        path(folder).write_bytes(whole[:size])
        notes = found(folder)
        assert notes == NOTES[: len(notes)]
        lengths.add(len(notes))

        journal = opened(folder)
        journal.write(FIRST, len(notes), b"new")
        journal.close()
        assert found(folder) == (*notes, b"new")
    assert lengths == {0, 1, 2}


def flipped_badly(folder: Path, times: int) -> int:
    """Flip one to four bits anywhere, often; return how often anything but the beginning of the notes came back."""
    notes = tuple(bytes([step]) * 40 for step in range(5))
    noted(folder, notes)
    whole = path(folder).read_bytes()
    dice, wrong = random.Random(1), 0
    for _ in range(times):
        bits = int.from_bytes(whole, "little")
        for place in dice.sample(range(len(whole) * 8), dice.randint(1, 4)):
            bits ^= 1 << place
        path(folder).write_bytes(bits.to_bytes(len(whole), "little"))
        back = found(folder)
        wrong += back != notes[: len(back)] or bool(found(folder, SECOND))
    return wrong


def test_flipped_bits_never_give_a_wrong_note(folder: Path) -> None:
    assert flipped_badly(folder, 500) == 0


def test_the_control_of_the_test_above_finds_wrong_notes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "_sound", lambda *_parts: True)

    assert flipped_badly(folder, 100) > 25


def test_a_record_that_says_it_is_huge_is_not_read(folder: Path) -> None:
    noted(folder)
    start = len(journals.MAGIC) + len(KEY)
    data = bytearray(path(folder).read_bytes())
    data[start + 12 : start + 20] = (1 << 62).to_bytes(8, "little")
    path(folder).write_bytes(data)

    assert found(folder) == ()


@pytest.mark.parametrize("change", ["key", "version", "nonsense"])
def test_a_file_of_something_else_is_replaced(folder: Path, change: str) -> None:
    noted(folder)
    data = path(folder).read_bytes()
    if change == "key":
        path(folder).rename(path(folder, OTHER))
    else:
        path(folder).write_bytes(data.replace(b"GFJOURN\x01", b"GFJOURN\x02") if change == "version" else b"\0" * 5000)
    key = OTHER if change == "key" else KEY

    assert found(folder, key=key) == ()
    journal = opened(folder, key)
    journal.write(FIRST, 0, b"mine")
    journal.close()
    assert found(folder, key=key) == (b"mine",)


def test_records_of_another_key_do_not_count_under_the_right_header(folder: Path) -> None:
    noted(folder)
    data = path(folder).read_bytes()
    path(folder, OTHER).write_bytes(data.replace(KEY.encode(), OTHER.encode()))

    assert found(folder, key=OTHER) == ()


def test_the_second_on_one_key_does_without_and_disturbs_nothing(folder: Path) -> None:
    first, second = opened(folder), opened(folder)
    first.write(FIRST, 0, b"first")

    assert second.read(FIRST) == ()
    second.write(FIRST, 0, b"second")
    second.finish()
    first.write(FIRST, 1, b"more")
    first.close()

    assert found(folder) == (b"first", b"more")


def test_another_process_does_without_as_well(folder: Path) -> None:
    first = opened(folder)
    first.write(FIRST, 0, b"first")
    code = (
        "from pathlib import Path; from graphflow.journal import Journals, Stretch; import sys\n"
        f"journal = Journals(Path({str(folder)!r})).of({KEY!r}, print)\n"
        "journal.write(Stretch(0, 1), 0, b'second'); sys.exit(len(journal.read(Stretch(0, 1))))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[1], capture_output=True, check=False)
    first.close()

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert found(folder) == (b"first",)


def test_a_journal_that_grows_too_large_is_given_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "MAX_BYTES", 1000)
    journal = opened(folder)
    for step in range(5):
        journal.write(FIRST, step, b"x" * 300)

    assert not path(folder).exists()
    assert journal.read(FIRST) == ()


def test_journals_of_finished_nodes_vanish_when_the_run_ends_and_the_oldest_before(folder: Path) -> None:
    run = Journals(folder)
    keys = [CacheKey(f"{number:064x}") for number in range(journals.KEPT + 2)]
    for key in keys:
        journal = run.of(key, print)
        journal.write(FIRST, 0, b"")
        journal.finish()

    assert {each.stem for each in folder.iterdir()} == set(keys[2:])
    run.close()
    assert list(folder.iterdir()) == []


def test_stale_journals_are_removed_and_no_other_files(folder: Path) -> None:
    noted(folder)
    (folder / "notes.txt").write_text("mine")
    long_ago = time.time() - 7 * 24 * 3600 - 60
    for each in folder.iterdir():
        os.utime(each, (long_ago, long_ago))

    journal = opened(folder, OTHER)
    journal.write(FIRST, 0, b"")
    journal.close()

    assert {each.name for each in folder.iterdir()} == {"notes.txt", f"{OTHER}.journal"}


def test_a_full_disk_is_told_once_in_a_run_and_frees_what_was_taken(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    run = Journals(folder)
    journal = run.of(KEY, heard.append)
    journal.write(FIRST, 0, b"fits")

    def full(*_given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(journals, "_write", full)
    journal.write(FIRST, 1, b"does not")
    journal.write(FIRST, 2, b"nor this, and nobody minds the gap")
    run.of(OTHER, heard.append).write(FIRST, 0, b"neither here")

    assert heard == [f"if this run is killed, it cannot go on where it was: No space left on device: {folder}"]
    assert not path(folder).exists()


def test_a_record_that_fits_in_half_is_an_error_that_the_journal_knows(folder: Path) -> None:
    heard: list[str] = []
    journal = opened(folder, log=heard.append)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))  # the system then refuses as a full disk does
    try:
        for step in range(12):
            journal.write(FIRST, step, b"x" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert len(heard) == 1
    assert "File too large" in heard[0]
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told(folder: Path) -> None:
    folder.parent.parent.mkdir()
    folder.parent.write_text("a file where the folder should be")
    heard: list[str] = []
    journal = opened(folder, log=heard.append)

    assert journal.read(FIRST) == ()
    journal.write(FIRST, 0, b"note")

    assert [each.split(": ")[0] for each in heard] == ["if this run is killed, it cannot go on where it was"]


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(("takes", "synced_at"), [(0.0, [2, 4, 6, 8, 10, 12]), (0.03, [2, 9])])
def test_the_file_is_synced_every_two_seconds_and_less_often_on_a_slow_disk(
    folder: Path, monkeypatch: pytest.MonkeyPatch, takes: float, synced_at: list[int]
) -> None:
    clock = Clock()
    synced: list[int] = []
    monkeypatch.setattr(journals, "monotonic", clock)

    def sync(number: int) -> None:
        if not os.path.samestat(os.fstat(number), folder.stat()):
            synced.append(int(clock.now - 100))
        clock.now += takes  # twice at first: the folder is synced as well

    monkeypatch.setattr(os, "fsync", sync)
    journal = opened(folder)
    for step in range(13):
        clock.now = 100.0 + step
        journal.write(FIRST, step, b"note")
    journal.close()

    assert synced == synced_at
