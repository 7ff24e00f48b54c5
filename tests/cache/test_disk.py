"""The disk floor serves what was kept, or nothing: never something damaged, never at the price of a run."""

from __future__ import annotations

import errno
import io
import math
import multiprocessing
import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from graphflow.api import AnyNode, NodeType, Socket, node
from graphflow.cache import DiskCache, Outputs, entries
from graphflow.cache.writer import Writer
from graphflow.keys import CacheKey
from tests.toy import Clay, Halves, Pot, cut, dig, pick, throw

KEY = CacheKey("ab" + "0" * 62)
LARGE = 10**9


@node("Numbers")
def numbers() -> float:
    return 0.0


@node("Words")
def words() -> str:
    return ""


@node("Wholes")
def wholes() -> int:
    return 0


class Opaque(Socket):
    """Cannot leave the process."""


@node("Opaque")
def opaque() -> Opaque:
    return Opaque()


class Broken(Socket):
    def store(self) -> bytes:
        raise RuntimeError("no")


@node("Broken")
def broken() -> Broken:
    return Broken()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[DiskCache]:
    cache = DiskCache(tmp_path / "cache", LARGE)
    yield cache
    cache.close()


def keep(cache: DiskCache, key: CacheKey, type: AnyNode, outputs: Outputs) -> None:
    cache.put(key, type, outputs, 1000)
    cache.flush()


def file_of(cache: DiskCache, key: CacheKey = KEY) -> Path:
    return cache.folder / key[:2] / key


def key(number: int) -> CacheKey:
    return CacheKey(f"{number:02x}" + "0" * 62)


def test_a_result_survives_a_restart(disk: DiskCache) -> None:
    keep(disk, KEY, cut, Halves(Clay("left"), Clay("right"))._asdict())

    assert DiskCache(disk.folder, LARGE).get(KEY, cut) == {"left": Clay("left"), "right": Clay("right")}


@pytest.mark.parametrize(
    ("type", "value"),
    [
        (wholes, 0),
        (wholes, 2**64 - 1),
        (wholes, -(2**63)),
        (wholes, (1, 2, 3)),
        (wholes, ()),
        (wholes, (7,)),
        (numbers, 0.1 + 0.2),
        (numbers, 5e-324),
        (numbers, -0.0),
        (numbers, math.inf),
        (numbers, 3),
        (words, "naïve ☃ \ud800 \0"),
        (words, ""),
        (dig, Clay("")),
        (dig, (Clay("a"), Clay("b"))),
        (dig, Pot("a subclass")),
        (pick, True),
        (pick, None),
    ],
    ids=lambda value: value.id if isinstance(value, NodeType) else ascii(value),
)
def test_values_come_back_exactly(disk: DiskCache, type: AnyNode, value: Any) -> None:
    keep(disk, KEY, type, {"out": value})

    found = disk.get(KEY, type)

    assert found is not None
    assert repr(found["out"]) == repr(value)


@pytest.mark.parametrize(
    ("type", "value"), [(opaque, Opaque()), (pick, Clay("on a port for anything")), (dig, Opaque())]
)
def test_what_cannot_leave_the_process_is_not_written(disk: DiskCache, type: AnyNode, value: Socket) -> None:
    keep(disk, KEY, type, {"out": value})

    assert not file_of(disk).exists()
    assert disk.statistics().dropped == 0


def test_a_pack_whose_values_fail_to_be_stored_costs_the_entry_only(disk: DiskCache) -> None:
    keep(disk, KEY, broken, {"out": Broken()})
    keep(disk, key(1), dig, {"out": Clay("next")})

    assert disk.get(key(1), dig) == {"out": Clay("next")}
    assert disk.statistics().dropped == 1
    assert "RuntimeError" in (disk.statistics().last_error or "")


def test_an_entry_with_one_byte_changed_anywhere_is_removed_and_never_served(disk: DiskCache) -> None:
    keep(disk, KEY, cut, {"left": Clay("left"), "right": Clay("right")})
    good = file_of(disk).read_bytes()

    for place in range(len(good)):
        for bit in (1, 128):
            file_of(disk).write_bytes(good[:place] + bytes([good[place] ^ bit]) + good[place + 1 :])
            assert disk.get(KEY, cut) is None, place
            assert not file_of(disk).exists()

    assert disk.statistics().damaged == 2 * len(good)
    file_of(disk).write_bytes(good)
    assert disk.get(KEY, cut) is not None  # the control: the test writes entries that can be served


def test_without_the_checksum_a_changed_byte_would_be_served(disk: DiskCache, monkeypatch: pytest.MonkeyPatch) -> None:
    class Constant:
        def update(self, data: bytes) -> None:
            pass

        def digest(self) -> bytes:
            return bytes(32)

    monkeypatch.setattr(entries, "sha256", lambda data=b"": Constant())
    keep(disk, KEY, dig, {"out": Clay("left")})
    file_of(disk).write_bytes(file_of(disk).read_bytes().replace(b"left", b"lift"))

    assert disk.get(KEY, dig) == {"out": Clay("lift")}


def test_a_truncated_or_lengthened_entry_is_removed(disk: DiskCache) -> None:
    keep(disk, KEY, dig, {"out": Clay("x" * 500)})
    good = file_of(disk).read_bytes()

    for damaged in [good[:length] for length in range(0, len(good), 7)] + [good + b"\0", b"\0" * len(good)]:
        file_of(disk).write_bytes(damaged)
        assert disk.get(KEY, dig) is None
        assert not file_of(disk).exists()


def test_an_entry_under_a_foreign_key_is_removed(disk: DiskCache) -> None:
    keep(disk, KEY, dig, {"out": Clay("mine")})
    other = key(7)
    file_of(disk, other).parent.mkdir()
    file_of(disk).rename(file_of(disk, other))

    assert disk.get(other, dig) is None
    assert not file_of(disk, other).exists()


def test_an_entry_of_another_node_type_is_not_served(disk: DiskCache) -> None:
    keep(disk, KEY, dig, {"out": Clay("one port")})

    assert disk.get(KEY, cut) is None


def test_random_bytes_are_never_served(disk: DiskCache) -> None:
    file_of(disk).parent.mkdir(parents=True)
    source = random.Random(0)

    for _ in range(200):
        file_of(disk).write_bytes(entries.MAGIC * source.randrange(2) + source.randbytes(source.randrange(300)))
        assert disk.get(KEY, dig) is None


def test_a_class_that_is_not_loaded_is_a_miss_and_the_entry_stays(
    disk: DiskCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(disk, KEY, dig, {"out": Pot("a subclass")})

    assert disk.get(KEY, throw) is not None  # throw returns Pot
    monkeypatch.setattr(entries, "_class_name", lambda kind: "elsewhere:" + kind.__name__)
    assert disk.get(KEY, dig) is None
    assert file_of(disk).exists()


def test_the_folder_shrinks_to_its_budget_and_the_least_recently_used_leave(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, 100_000)
    for number in range(8):
        keep(cache, key(number), dig, {"out": Clay("x" * 10_000)})
        os.utime(file_of(cache, key(number)), (number, number))

    cache.get(key(0), dig)  # used just now
    for number in range(8, 12):
        keep(cache, key(number), dig, {"out": Clay("x" * 10_000)})

    assert cache.statistics().bytes <= 100_000
    left = [number for number in range(12) if file_of(cache, key(number)).exists()]
    assert left == [0, *range(left[1], 12)]
    cache.close()


def test_what_is_larger_than_the_budget_is_dropped(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, 100)

    cache.put(KEY, dig, {"out": Clay("x")}, 1000)
    cache.close()

    assert cache.statistics().entries == 0
    assert cache.statistics().dropped == 1


def test_a_full_disk_costs_the_entry_and_leaves_no_half_written_file(
    disk: DiskCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk_is_full = fill(monkeypatch)
    keep(disk, KEY, dig, {"out": Clay("x" * 10_000)})

    assert disk.get(KEY, dig) is None
    assert disk.statistics().dropped == 1
    assert "No space left" in (disk.statistics().last_error or "")
    assert list((disk.folder / "incoming").iterdir()) == []

    disk_is_full.clear()
    keep(disk, KEY, dig, {"out": Clay("x" * 10_000)})
    assert disk.get(KEY, dig) is not None  # the control: it is the full disk that made the difference


def fill(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Let every write fail after half of its bytes, for as long as the event that is returned is set."""
    full = threading.Event()
    full.set()

    class Half(io.BufferedWriter):
        def writelines(self, parts: Any) -> None:
            if not full.is_set():
                super().writelines(parts)
                return
            data = b"".join(parts)
            super().write(data[: len(data) // 2])
            self.flush()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("graphflow.cache.disk.io.BufferedWriter", Half)
    return full


def test_a_folder_that_cannot_be_made_costs_entries_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = DiskCache(tmp_path / "file" / "cache", LARGE)

    keep(cache, KEY, dig, {"out": Clay("x")})

    assert cache.get(KEY, dig) is None
    assert cache.statistics().dropped == 1
    cache.close()


def test_leftovers_of_killed_processes_are_removed_and_those_of_living_ones_stay(disk: DiskCache) -> None:
    incoming = disk.folder / "incoming"
    incoming.mkdir(parents=True)
    (incoming / "old").write_bytes(b"half")
    (incoming / "new").write_bytes(b"half")
    os.utime(incoming / "old", (0, 0))

    keep(disk, KEY, dig, {"out": Clay("x")})

    assert [file.name for file in incoming.iterdir()] == ["new"]


def test_a_cleared_cache_is_empty_and_takes_new_entries(disk: DiskCache) -> None:
    keep(disk, KEY, dig, {"out": Clay("x")})
    disk.clear()
    assert disk.statistics().entries == 0

    keep(disk, KEY, dig, {"out": Clay("y")})
    assert disk.get(KEY, dig) == {"out": Clay("y")}


def write_and_read(folder: Path, seed: int) -> None:
    cache = DiskCache(folder, 60_000)
    order = random.Random(seed)
    for _ in range(300):
        number = order.randrange(40)
        found = cache.get(key(number), dig)
        if found is not None and found["out"] != Clay(f"{number}" * 2000):
            os._exit(3)
        cache.put(key(number), dig, {"out": Clay(f"{number}" * 2000)}, 3000)
    cache.close()


def test_processes_that_share_a_folder_never_see_each_others_half_written_entries(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=write_and_read, args=(tmp_path, seed)) for seed in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)

    assert [process.exitcode for process in processes] == [0, 0, 0]
    check = DiskCache(tmp_path, 60_000)
    for number in range(40):
        check.get(key(number), dig)
    assert check.statistics().damaged == 0
    assert check.statistics().hits > 0


def test_a_hung_disk_holds_a_run_up_only_as_long_as_its_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphflow.cache.writer.QUEUE_ENTRIES", 2)
    release = threading.Event()

    def hang(key: CacheKey, type: AnyNode, outputs: Outputs) -> None:
        release.wait(10)

    writer = Writer(hang, patience=0.05)

    began = time.monotonic()
    taken = [writer.put(KEY, dig, {}, 1) for _ in range(5)]
    seconds = time.monotonic() - began
    release.set()
    writer.close()

    assert taken.count(True) in (2, 3)  # two wait, and one may be with the thread already
    assert seconds < 1
