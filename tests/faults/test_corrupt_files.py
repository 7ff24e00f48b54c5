"""Whatever becomes of the files of a home, no wrong picture is shown: damage is found, and made anew where that can be."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from graphflow.api import node
from graphflow.engine import Engine
from graphflow.events import Event, NodeFinished
from graphflow.jobs.blobs import BlobFolder
from graphflow.registry import Pack, Registry
from graphflow.server.files import thumbnails
from tests.server.painting import REGISTRY, looked, made, painted
from tests.server.serving import Served, serving
from tests.sizes import sized, tell
from tests.toy import Clay, workflow

ROUNDS = sized(40, 200)


def harm(path: Path, chance: random.Random) -> None:
    """Flip one bit, or cut the file off, somewhere."""
    data = bytearray(path.read_bytes())
    at = chance.randrange(len(data))
    if chance.random() < 0.5:
        data[at] ^= 1 << chance.randrange(8)
    else:
        del data[at:]
    path.chmod(0o644)
    path.write_bytes(data)


def wrong_answers(served: Served, path: Callable[[str], Path], shown: str, rounds: int) -> tuple[int, int]:
    """Damage a picture's file again and again; return how often other bytes were shown, and how often it was noticed."""
    chance, wrong, noticed = random.Random(10), 0, 0
    for number in range(rounds):
        digest = made(served, painted(color=f"rgb({number}, 9, 9)", side=24))
        address = f"/api/v1/artifacts/{digest}{shown}"
        before = served.ask("GET", address).body
        harm(path(digest), chance)
        after = served.ask("GET", address)
        wrong += after.status == 200 and after.body != before
        noticed += after.status == 410 or after.body == before
    return wrong, noticed


def test_a_damaged_artifact_is_gone_and_never_shown(tmp_path: Path) -> None:
    with serving(tmp_path / "home", registry=REGISTRY) as served:
        wrong, noticed = wrong_answers(
            served, lambda digest: served.server.blobs.root / digest[:2] / digest, "", ROUNDS
        )

    tell("artifacts damaged", f"{ROUNDS}, {wrong} wrong pictures")
    assert (wrong, noticed) == (0, ROUNDS)


def test_without_the_check_a_damaged_artifact_would_be_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BlobFolder, "sound", BlobFolder.find)
    with serving(tmp_path / "home", registry=REGISTRY) as served:
        wrong, _ = wrong_answers(served, lambda digest: served.server.blobs.root / digest[:2] / digest, "", 12)

    assert wrong > 0


def test_a_damaged_thumbnail_is_drawn_again(tmp_path: Path) -> None:
    with serving(tmp_path / "home", registry=REGISTRY) as served:
        folder = served.server.home.cache / "thumbnails"

        def path(digest: str) -> Path:
            [found] = folder.glob(f"??/{digest}-*.webp")
            return found

        wrong, noticed = wrong_answers(served, path, "/thumbnail?size=64", ROUNDS)

    tell("thumbnails damaged", f"{ROUNDS}, {wrong} wrong pictures")
    assert (wrong, noticed) == (0, ROUNDS)


def test_without_the_check_a_damaged_thumbnail_would_be_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thumbnails, "_read", lambda path: path.read_bytes()[:-32] if path.is_file() else None)
    with serving(tmp_path / "home", registry=REGISTRY) as served:
        folder = served.server.home.cache / "thumbnails"
        wrong, _ = wrong_answers(served, lambda digest: next(folder.glob(f"??/{digest}-*")), "/thumbnail?size=64", 12)

    assert wrong > 0


def test_a_damaged_artifact_is_no_input_of_a_job(tmp_path: Path) -> None:
    with serving(tmp_path / "home", registry=REGISTRY) as served:
        digest = made(served, painted())
        sound = served.ask("POST", "/api/v1/jobs", body={"workflow": looked(f"sha256:{digest}")})
        harm(served.server.blobs.root / digest[:2] / digest, random.Random(1))
        damaged = served.ask("POST", "/api/v1/jobs", body={"workflow": looked(f"sha256:{digest}", title="again")})

    assert sound.status == 202
    assert damaged.status == 422
    assert damaged.json["problems"][0]["input"] == "image"


@node("Weave", category="toy", keep="disk")
def weave(*, thread: str) -> Clay:
    """Weave something that takes long."""
    return Clay(thread * 50)


def woven(home: Path, thread: str) -> tuple[str, str]:
    """Return what a fresh engine weaves, and whether it ran or came from the cache."""
    told: list[Event] = []
    graph = workflow({"weave": ("Weave", {"thread": thread})}, outputs={"out": {"node": "weave", "output": "out"}})
    with Engine(home, registry=Registry([Pack("weaving", (weave,))])) as engine:
        shape = engine.run(graph, emit=told.append)["out"].shape
    [how] = [each.how for each in told if isinstance(each, NodeFinished)]
    return shape, how


def test_a_damaged_result_in_the_cache_is_made_again(tmp_path: Path) -> None:
    chance, how = random.Random(11), []
    home = tmp_path / "home"
    for number in range(ROUNDS):
        thread = f"thread {number % 4} "
        assert woven(home, thread)[0] == thread * 50
        entries = [path for path in (home / "cache").rglob("*") if path.is_file() and len(path.name) == 64]
        assert entries
        for entry in entries:
            harm(entry, chance)
        shape, came = woven(home, thread)
        how.append(came)
        assert shape == thread * 50

    tell("cached results damaged", f"{ROUNDS}, {how.count('cached')} served")
    assert set(how) == {"ran"}
    assert woven(home, thread)[1] == "cached"
