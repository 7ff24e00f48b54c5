"""What is known of files and results without reading them."""

from __future__ import annotations

import os
from pathlib import Path

from graphflow.api import Folder
from graphflow.cache import DiskCache
from graphflow.files import Files
from graphflow.keys import CacheKey
from tests.toy import REGISTRY, Clay

MOULDS = Folder("moulds", (".mould",), bundle="parts.txt")


def test_a_digest_is_known_once_it_was_computed_and_until_the_file_changes(tmp_path: Path) -> None:
    file, bundle = tmp_path / "a.mould", tmp_path / "bundle"
    bundle.mkdir()
    for path in (file, bundle / "parts.txt"):
        path.write_text("size 3")
        os.utime(path, (1, 1))
    files = Files({"moulds": [tmp_path]}, tmp_path / "memo.json")

    before = [files.known_digest(MOULDS, name) for name in ("a.mould", "bundle")]
    computed = [files.find(MOULDS, name).sha256 for name in ("a.mould", "bundle")]
    after = [files.known_digest(MOULDS, name) for name in ("a.mould", "bundle")]
    file.write_text("size 4")

    assert before == [None, None]
    assert after == computed
    assert files.known_digest(MOULDS, "a.mould") is None


def test_the_disk_says_what_it_has(tmp_path: Path) -> None:
    cache, dig = DiskCache(tmp_path, 1 << 20), REGISTRY.find("Dig")
    assert dig is not None
    cache.put(CacheKey("ab12"), dig, {"out": Clay("lump")}, 100)
    cache.close()

    assert cache.has(CacheKey("ab12"))
    assert not cache.has(CacheKey("ab13"))
