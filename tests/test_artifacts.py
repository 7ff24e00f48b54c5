"""Saved files have counted names, appear whole or not at all, and overwrite nothing."""

from __future__ import annotations

import errno
import io
import multiprocessing
import os
import threading
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from graphflow.api import NodeError
from graphflow.artifacts import OutputFolder
from graphflow.errors import StorageError

PNG = "image/png"


def names(folder: Path) -> list[str]:
    return sorted(each.relative_to(folder).as_posix() for each in folder.rglob("*") if not each.is_dir())


def test_files_are_counted_and_the_artifact_says_what_was_saved(tmp_path: Path) -> None:
    folder = OutputFolder(tmp_path / "output")

    saved = [folder.save(data, PNG, "cats/evening") for data in (b"one", b"two")]

    assert [each.name for each in saved] == ["cats/evening_00001_.png", "cats/evening_00002_.png"]
    assert saved[1].path.read_bytes() == b"two"
    assert (saved[1].sha256, saved[1].size) == (sha256(b"two").hexdigest(), 3)


def test_counting_goes_on_behind_the_highest_number_of_any_kind_of_file(tmp_path: Path) -> None:
    for name in ("a_00007_.jpg", "a_00003_.png", "ab_00050_.png", "a_x_.png", "A_00009_.png", "a_123456_other.png"):
        (tmp_path / name).write_bytes(b"")

    assert OutputFolder(tmp_path).save(b"", PNG, "a").name == "a_123457_.png"


@pytest.mark.parametrize(
    ("media_type", "ending"),
    [
        (PNG, ".png"),
        ("image/jpeg", ".jpg"),
        ("image/webp", ".webp"),
        ("application/json", ".json"),
        ("application/x-latent", ".latent"),
        ("application/x-../up", ".bin"),
        ("x/unknown", ".bin"),
    ],
)
def test_the_ending_follows_the_media_type(tmp_path: Path, media_type: str, ending: str) -> None:
    assert OutputFolder(tmp_path).save(b"", media_type, "a").name == f"a_00001_{ending}"


@pytest.mark.parametrize(
    "name",
    ["../a", "a/../../b", "/a", "C:a", "a\\b", "a\0", "", "a//b", "a/", ".a", "a/.b", "a.", "a ", "x" * 300, "~/a", "é" * 100],
    ids=lambda name: repr(name)[:20],
)  # fmt: skip
def test_names_that_leave_the_folder_or_that_a_system_refuses_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(NodeError) as caught:
        OutputFolder(tmp_path / "output").save(b"", PNG, name)

    assert caught.value.code == "bad-file-name"
    assert names(tmp_path) == []


def test_a_folder_that_is_a_link_to_elsewhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "output").mkdir()
    (tmp_path / "output" / "link").symlink_to(tmp_path)

    with pytest.raises(NodeError, match="by a link"):
        OutputFolder(tmp_path / "output").save(b"", PNG, "link/a")


def test_a_file_that_somebody_else_made_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    folder = OutputFolder(tmp_path)
    folder.save(b"mine", PNG, "a")
    for number in range(2, 40):
        (tmp_path / f"a_{number:05}_.png").write_bytes(b"theirs")

    assert folder.save(b"mine", PNG, "a").name == "a_00040_.png"
    assert sum(each.read_bytes() == b"theirs" for each in tmp_path.iterdir()) == 38


def test_a_link_to_elsewhere_in_the_way_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "output").mkdir()
    (tmp_path / "output" / "a_00001_.png").symlink_to(tmp_path / "victim")

    saved = OutputFolder(tmp_path / "output").save(b"mine", PNG, "a")

    assert saved.name == "a_00002_.png"
    assert not (tmp_path / "victim").exists()


def fail_half_way(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """Let every file take half of its bytes and then fail, as a full disk does."""
    open_ = Path.open

    class Half(io.FileIO):
        def write(self, data: Any) -> int:
            super().write(data[: len(data) // 2])
            raise OSError(code, os.strerror(code))

    def open_half(path: Path, mode: str = "r", *args: Any, **more: Any) -> Any:
        return Half(path, "x") if mode == "xb" else open_(path, mode, *args, **more)

    monkeypatch.setattr(Path, "open", open_half)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_says_how_much_is_needed_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    folder = OutputFolder(tmp_path)
    with monkeypatch.context() as patched:
        fail_half_way(patched, code)
        with pytest.raises(StorageError, match=r"the disk is full: .* needs 12,345 bytes") as caught:
            folder.save(b"x" * 12_345, PNG, "a")
    assert str(tmp_path) in str(caught.value)
    assert "--out" in (caught.value.hint or "")
    assert names(tmp_path) == []

    folder.save(b"x" * 12_345, PNG, "a")  # the control: with room it works, and no number was lost
    assert names(tmp_path) == ["a_00001_.png"]


def test_a_full_file_system_is_met_in_earnest(tmp_path: Path) -> None:
    full = Path("/dev/full")
    (tmp_path / ".probe").symlink_to(full)

    with pytest.raises(OSError, match="No space left"), (tmp_path / ".probe").open("wb", buffering=0) as probe:
        probe.write(b"x")  # what our own injected failure imitates


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(StorageError, match="cannot save in") as caught:
        OutputFolder(tmp_path / "file").save(b"", PNG, "a")

    assert "--out" in (caught.value.hint or "")


def test_a_file_system_without_hard_links_works_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    (tmp_path / "a_00001_.png").write_bytes(b"theirs")
    folder = OutputFolder(tmp_path)

    saved = [folder.save(b"mine", PNG, "a") for _ in range(2)]

    assert names(tmp_path) == ["a_00001_.png", "a_00002_.png", "a_00003_.png"]
    assert [each.path.read_bytes() for each in saved] == [b"mine"] * 2
    assert (tmp_path / "a_00001_.png").read_bytes() == b"theirs"


def save_many(folder: Path, mark: bytes) -> None:
    output = OutputFolder(folder)
    for number in range(40):
        output.save(mark * 1000 + str(number).encode(), PNG, "race")


def test_racing_threads_and_processes_overwrite_nothing_and_leave_no_gap(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=save_many, args=(tmp_path, mark)) for mark in (b"a", b"b")]
    threads = [threading.Thread(target=save_many, args=(tmp_path, mark)) for mark in (b"c", b"d")]
    for process in processes:
        process.start()
    for thread in threads:
        thread.start()
    for process in processes:
        process.join(60)
    for thread in threads:
        thread.join(60)

    assert [process.exitcode for process in processes] == [0, 0]
    assert names(tmp_path) == [f"race_{number:05}_.png" for number in range(1, 161)]
    contents = {(tmp_path / name).read_bytes() for name in names(tmp_path)}
    assert contents == {mark * 1000 + str(number).encode() for mark in (b"a", b"b", b"c", b"d") for number in range(40)}
