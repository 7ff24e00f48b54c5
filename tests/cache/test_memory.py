"""The memory floor stays within its budget and lets the least recently used go first."""

from __future__ import annotations

import tracemalloc

from graphflow.cache import MemoryCache
from graphflow.cache.memory import ENTRY_BYTES, weigh
from graphflow.keys import CacheKey
from tests.toy import Clay

LUMP = 1000 + ENTRY_BYTES
"""What a toy lump with a name of no letters weighs."""


def key(number: int) -> CacheKey:
    return CacheKey(f"{number:064x}")


def test_a_kept_result_is_the_same_object() -> None:
    cache = MemoryCache(10 * LUMP)
    outputs = {"out": Clay("")}

    cache.put(key(1), outputs)

    assert cache.get(key(1)) is outputs
    assert cache.get(key(2)) is None


def test_the_least_recently_used_leaves_first() -> None:
    cache = MemoryCache(3 * LUMP)
    for number in (1, 2, 3):
        cache.put(key(number), {"out": Clay("")})

    cache.get(key(1))
    cache.put(key(4), {"out": Clay("")})

    assert [number for number in (1, 2, 3, 4) if cache.get(key(number))] == [1, 3, 4]


def test_what_is_heavier_than_the_budget_is_not_kept_and_drives_nothing_out() -> None:
    cache = MemoryCache(3 * LUMP)
    cache.put(key(1), {"out": Clay("")})

    cache.put(key(2), {"out": Clay("x" * 4 * LUMP)})

    assert cache.get(key(1)) is not None
    assert cache.get(key(2)) is None
    assert cache.statistics().dropped == 1


def test_keeping_the_same_key_again_counts_its_bytes_once() -> None:
    cache = MemoryCache(10 * LUMP)

    for _ in range(5):
        cache.put(key(1), {"out": Clay("")})

    assert (cache.statistics().entries, cache.statistics().bytes) == (1, LUMP)


def test_lists_and_several_ports_weigh_the_sum_of_their_values() -> None:
    one = weigh({"out": Clay("")}) - ENTRY_BYTES

    assert weigh({"a": (Clay(""), Clay("")), "b": Clay("")}) >= ENTRY_BYTES + 3 * one


def test_releasing_frees_what_was_asked_for_and_no_more_than_one_entry_beyond() -> None:
    cache = MemoryCache(10 * LUMP)
    for number in range(10):
        cache.put(key(number), {"out": Clay("")})

    assert cache.release(2 * LUMP + 1) == 3 * LUMP
    assert cache.statistics().bytes == 7 * LUMP
    assert cache.release(10**9) == 7 * LUMP


def test_reading_a_thousand_entries_again_and_again_grows_no_memory() -> None:
    cache = MemoryCache(10_000 * LUMP)
    keys = [key(number) for number in range(1000)]
    for each in keys:
        cache.put(each, {"out": 1})
        cache.get(each)

    tracemalloc.start()
    for each in keys * 3:
        cache.put(each, {"out": 1})
        cache.get(each)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert grown < 1_000_000  # replaced entries were allocated before tracing began, so this is all of them at most
    assert cache.statistics().entries == 1000
