"""What is used in memory stays young on disk: otherwise the daily used would be the first to leave."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphflow.api import node
from graphflow.cache import Cache, DiskCache, MemoryCache
from graphflow.cache.disk import TOUCH_SECONDS
from graphflow.keys import CacheKey
from tests.toy import Clay

KEY = CacheKey("ab" * 32)
LONG_AGO = 1_000_000_000


@node("Kept", keep="disk")
def kept() -> Clay:
    return Clay("")


class Clock:
    """The time that a cache goes by."""

    now = 5000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("graphflow.cache.disk.monotonic", clock)
    return clock


@pytest.fixture
def cache(tmp_path: Path, clock: Clock) -> Iterator[Cache]:
    cache = Cache(MemoryCache(1 << 20), DiskCache(tmp_path, 1 << 20))
    yield cache
    cache.close()


def entry(folder: Path, key: CacheKey = KEY) -> Path:
    return folder / key[:2] / key


def grow_old(path: Path) -> None:
    os.utime(path, (LONG_AGO, LONG_AGO))


def is_old(path: Path) -> bool:
    return path.stat().st_mtime == LONG_AGO


def test_a_hit_in_memory_makes_the_entry_on_disk_young_once_an_hour(cache: Cache, clock: Clock, tmp_path: Path) -> None:
    cache.keep(KEY, kept, {"out": Clay("")}, 1.0)
    cache.flush()
    clock.now += TOUCH_SECONDS + 1

    grow_old(entry(tmp_path))
    assert cache.lookup(KEY, kept) is not None
    assert not is_old(entry(tmp_path))

    grow_old(entry(tmp_path))
    clock.now += TOUCH_SECONDS - 1
    assert cache.lookup(KEY, kept) is not None
    assert is_old(entry(tmp_path))  # an hour is not over: no call of the system

    clock.now += 2
    assert cache.lookup(KEY, kept) is not None
    assert not is_old(entry(tmp_path))


def test_what_was_just_read_from_disk_or_written_is_not_touched_again(
    cache: Cache, clock: Clock, tmp_path: Path
) -> None:
    cache.keep(KEY, kept, {"out": Clay("")}, 1.0)
    cache.flush()
    grow_old(entry(tmp_path))
    cache.lookup(KEY, kept)
    assert is_old(entry(tmp_path))

    assert cache.memory is not None
    cache.memory.clear()
    cache.lookup(KEY, kept)  # from disk, which makes it young by itself
    grow_old(entry(tmp_path))
    cache.lookup(KEY, kept)
    assert is_old(entry(tmp_path))


def test_what_is_used_from_memory_survives_when_the_folder_is_swept(clock: Clock, tmp_path: Path) -> None:
    large = "x" * 10_000
    cache = Cache(MemoryCache(1 << 20), DiskCache(tmp_path, 35_000))
    keys = [CacheKey(f"{number:02x}" * 32) for number in range(8)]
    for at, key in enumerate(keys[:3]):
        cache.keep(key, kept, {"out": Clay(large)}, 1.0)
        cache.flush()
        os.utime(entry(tmp_path, key), (LONG_AGO + at, LONG_AGO + at))
    clock.now += TOUCH_SECONDS + 1

    cache.lookup(keys[0], kept)
    cache.keep(keys[3], kept, {"out": Clay(large)}, 1.0)
    cache.close()

    assert entry(tmp_path, keys[0]).exists()
    assert not entry(tmp_path, keys[1]).exists()


def test_a_key_that_is_not_on_disk_costs_one_look_an_hour(
    cache: Cache, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    touched: list[str] = []
    monkeypatch.setattr("graphflow.cache.disk.os.utime", touched.append)
    assert cache.memory is not None
    cache.memory.put(KEY, {"out": Clay("")})

    for _ in range(100):
        cache.lookup(KEY, kept)

    assert len(touched) == 1
