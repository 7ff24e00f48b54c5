"""Bytes lie under their hash, whole or not at all; what is gone or damaged is a miss."""

from __future__ import annotations

import errno
import os
import time
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from graphflow.errors import StorageError
from graphflow.jobs.blobs import BlobFolder


def files(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.rglob("*") if each.is_file())


def age(path: Path | None, seconds: float) -> None:
    assert path is not None
    os.utime(path, (time.time() - seconds,) * 2)


def test_bytes_come_back_under_their_hash(tmp_path: Path) -> None:
    blobs = BlobFolder(tmp_path)

    digest = blobs.put(b"a picture")

    assert digest == sha256(b"a picture").hexdigest()
    assert blobs.get(digest) == b"a picture"


def test_equal_bytes_from_many_threads_are_one_file(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as threads:
        digests = set(threads.map(BlobFolder(tmp_path).put, [b"same"] * 200))

    assert files(tmp_path) == list(digests)


@pytest.mark.parametrize("name", ["", "ab", "../" * 21 + "a", "/" + "a" * 63, "A" * 64, "0" * 63 + "\n", "f" * 64])
def test_what_is_no_hash_or_not_there_is_a_miss(tmp_path: Path, name: str) -> None:
    blobs = BlobFolder(tmp_path / "blobs")

    assert (blobs.get(name), blobs.find(name), blobs.delete(name)) == (None, None, False)


@pytest.mark.parametrize("harm", [b"a pictura", b"a pict", b""])
def test_damaged_bytes_are_a_miss_and_can_be_kept_anew(tmp_path: Path, harm: bytes) -> None:
    blobs = BlobFolder(tmp_path)
    digest = blobs.put(b"a picture")
    path = blobs.find(digest)
    assert path is not None
    path.write_bytes(harm)

    assert blobs.get(digest) is None
    assert blobs.put(b"a picture") == digest
    assert blobs.get(digest) == b"a picture"


def test_a_full_disk_leaves_nothing_behind_and_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    blobs = BlobFolder(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StorageError, match="the disk is full"):
            blobs.put(b"a picture")

    assert files(tmp_path) == []
    assert blobs.get(blobs.put(b"a picture")) == b"a picture"


def test_fresh_bytes_outlive_a_deletion_because_a_worker_may_be_about_to_name_them(tmp_path: Path) -> None:
    blobs = BlobFolder(tmp_path)
    digest = blobs.put(b"a picture")
    assert not blobs.delete(digest)
    age(blobs.find(digest), 7200)
    blobs.put(b"a picture")  # by another job

    assert not blobs.delete(digest)
    age(blobs.find(digest), 7200)
    assert blobs.delete(digest)
    assert blobs.get(digest) is None


def test_a_sweep_removes_what_nobody_uses_and_what_killed_writers_left(tmp_path: Path) -> None:
    blobs = BlobFolder(tmp_path)
    used, unused, fresh = (blobs.put(each) for each in (b"used", b"unused", b"fresh"))
    left = tmp_path / "incoming" / "123-abc"
    left.write_bytes(b"half")
    for path in (blobs.find(used), blobs.find(unused), left):
        age(path, 7200)

    assert blobs.sweep(lambda digest: digest == used) == 2

    assert files(tmp_path) == sorted([used, fresh])
