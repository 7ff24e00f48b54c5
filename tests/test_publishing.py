"""Files get free names only, whole; and a clone is a file of its own or none."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from graphflow.publishing import clone, publish


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


@pytest.fixture(params=["links", "no links"])
def part(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A finished file without a name, on a file system with hard links or without."""

    def refuse(path: Path, target: Path) -> None:
        if path.exists():
            raise FileExistsError(path)
        raise OSError(errno.EPERM, "no links here")

    if request.param == "no links":
        monkeypatch.setattr(Path, "hardlink_to", refuse)
    part = tmp_path / "part"
    part.write_bytes(b"mine")
    return part


def test_a_free_name_is_given(part: Path, tmp_path: Path) -> None:
    assert publish(part, tmp_path / "name")
    assert (tmp_path / "name").read_bytes() == b"mine"


def test_a_name_that_is_taken_stays_whose_it_is(part: Path, tmp_path: Path) -> None:
    (tmp_path / "name").write_bytes(b"theirs")

    assert not publish(part, tmp_path / "name")
    assert (tmp_path / "name").read_bytes() == b"theirs"
    assert part.read_bytes() == b"mine"


def test_a_disk_that_fails_is_told_and_leaves_no_empty_name(
    part: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: object) -> None:
        raise OSError(errno.EIO, "it broke")

    monkeypatch.setattr(Path, "replace", fail)
    if Path.hardlink_to.__name__ == "hardlink_to":
        monkeypatch.setattr(Path, "hardlink_to", fail)

    with pytest.raises(OSError, match="it broke"):
        publish(part, tmp_path / "name")

    assert names(tmp_path) == ["part"]


def test_a_clone_has_the_bytes_and_goes_its_own_way_or_there_is_none(tmp_path: Path) -> None:
    source, other = tmp_path / "source", tmp_path / "other"
    source.write_bytes(b"bytes" * 10_000)

    made = clone(source, other)

    assert other.exists() == made
    if made:  # it hangs on the file system on which the tests run
        assert other.read_bytes() == source.read_bytes()
        other.write_bytes(b"changed")
        assert source.read_bytes() == b"bytes" * 10_000
        assert not os.path.samestat(source.stat(), other.stat())
