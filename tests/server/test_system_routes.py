"""What the server tells of itself: its parts, its memory, its cache."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from graphflow.api import DeviceMemory
from graphflow.jobs.worker import WorkerStatus
from graphflow.keys import CacheKey
from graphflow.version import __version__
from tests.server.serving import ADMIN, A, Served, serving
from tests.toy import Clay


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("home")) as served:
        yield served


def test_the_server_tells_what_it_is_made_of(server: Served) -> None:
    told = server.ask("GET", "/api/v1/system", user=A).json

    assert told["version"] == __version__
    assert told["user"] == {"name": A, "admin": False}
    assert [(each["state"] in ("starting", "idle"), each["slots"] > 0) for each in told["workers"]] == [(True, True)]
    assert told["devices"] == [told["workers"][0]["device"]]
    assert told["limits"]["queued_jobs"] == server.server.limits.queued_jobs
    assert told["uptime"] > 0


def test_paths_and_processes_are_for_administrators(server: Served) -> None:
    mine, admins = (server.ask("GET", "/api/v1/system", user=user) for user in (A, ADMIN))

    home = str(server.server.home.root)
    assert mine.json["places"] is None
    assert home not in mine.body.decode()
    assert admins.json["places"]["home"] == home


def test_the_ledger_adds_up(server: Served) -> None:
    told = server.ask("GET", "/api/v1/system/memory", user=A).json

    assert told["server"] > 1_000_000
    assert [each["problem"] for each in told["workers"]] == [None]
    assert told["held"] == sum(each["bytes"] for worker in told["workers"] for each in worker["held"])


def test_only_administrators_free_memory_and_clear_the_cache(server: Served) -> None:
    for path, body in (("/api/v1/system/free", {}), ("/api/v1/cache/clear", None)):
        assert server.ask("POST", path, user=A, body=body).code == "not-admin"

    unknown = server.ask("POST", "/api/v1/system/free", body={"worker": "nobody"})
    freed = server.ask("POST", "/api/v1/system/free", body={"bytes": 1})

    assert (unknown.status, unknown.code) == (404, "unknown-worker")
    assert (freed.status, freed.json["problems"]) == (200, [])
    assert list(freed.json["bytes"]) == [server.server.dispatcher.workers[0].info.name]


def test_the_cache_is_counted_and_cleared(server: Served) -> None:
    cache, dig = server.server.engine.cache, server.server.engine.registry.find("Dig")
    assert cache.disk is not None
    assert dig is not None
    cache.disk.put(CacheKey("ab" * 32), dig, {"out": Clay("lump")}, 100)
    cache.flush()

    before = server.ask("GET", "/api/v1/cache", user=A).json
    after = server.ask("POST", "/api/v1/cache/clear").json

    assert before["disk"]["entries"] == 1
    assert before["disk"]["budget"] == cache.disk.budget
    assert (after["disk"]["entries"], after["disk"]["bytes"]) == (0, 0)


def test_the_device_in_use_is_told_with_its_memory(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = server.server.dispatcher.workers[0].worker

    async def status() -> WorkerStatus:
        return WorkerStatus((), 1, DeviceMemory("cuda:1", 1000, 250))

    with monkeypatch.context() as used:
        used.setattr(worker, "status", status)
        told = server.ask("GET", "/api/v1/system", user=A).json
    unused = server.ask("GET", "/api/v1/system", user=A).json

    assert told["devices"] == ["cuda:1"]
    assert told["workers"][0]["memory"] == {"device": "cuda:1", "total": 1000, "free": 250}
    assert unused["workers"][0]["memory"] is None
