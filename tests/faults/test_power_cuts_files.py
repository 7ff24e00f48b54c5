"""Files that were said to be kept are there after a power cut, whole: artifacts, saved workflows, users."""

from __future__ import annotations

import random
from hashlib import sha256
from pathlib import Path

import pytest

from graphflow.document import Workflow
from graphflow.jobs.blobs import BlobFolder
from graphflow.library import ANY, Library
from graphflow.server.wall.accounts import AccountFile, fingerprint
from tests.sizes import sized, tell

from .folders import Disk, images, recorded

EACH = sized(3, 40)
"""Images of the disk behind every step."""


def lost_blobs(disk: Disk, folder: Path) -> tuple[int, int, int]:
    """Return how many images there were, in how many a kept blob was missing, and in how many one was wrong."""
    seen = missing = wrong = 0
    for image, promised in images(disk, folder, random.Random(1), EACH):
        blobs = BlobFolder(image / "artifacts")
        seen += 1
        missing += any(blobs.get(digest) is None for digest in promised or ())
        wrong += any(
            (data := blobs.get(path.name)) is not None and sha256(data).hexdigest() != path.name
            for path in (image / "artifacts").glob("??/*")
        )
    return seen, missing, wrong


def put_some(disk: Disk, count: int = 6) -> None:
    blobs = BlobFolder(disk.root / "artifacts")
    for number in range(count):
        kept = blobs.put(b"%d" % number * 2000)
        disk.promise = (*(disk.promise or ()), kept)


def test_an_artifact_that_was_kept_survives_a_power_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").mkdir()
    with recorded(tmp_path / "home", monkeypatch) as disk:
        put_some(disk)

    seen, missing, wrong = lost_blobs(disk, tmp_path / "image")

    tell("power cuts while artifacts were kept", f"{seen:,}, {missing} missing, {wrong} wrong")
    assert seen > 50
    assert (missing, wrong) == (0, 0)


def test_artifacts_that_nobody_syncs_are_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").mkdir()
    with recorded(tmp_path / "home", monkeypatch, lazy=True) as disk:
        put_some(disk, 2)

    assert lost_blobs(disk, tmp_path / "image")[1] > 0


def edit(disk: Disk) -> None:
    """Save, save again and rename; promised are the names and the titles of which one must be found."""
    library = Library(disk.root / "workflows", disk.root / "templates")
    library.save("pot", Workflow(name="one"), None)
    disk.promise = ("pot",), ("one",)
    for before, after in (("one", "two"), ("two", "three")):
        disk.promise = ("pot",), (before, after)
        library.save("pot", Workflow(name=after), ANY)
        disk.promise = ("pot",), (after,)
    disk.promise = ("pot", "jug"), ("three",)
    library.rename("pot", "jug")
    disk.promise = ("jug",), ("three",)


def test_a_workflow_that_was_saved_survives_a_power_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").mkdir()
    with recorded(tmp_path / "home", monkeypatch) as disk:
        edit(disk)

    seen, lost = titles(disk, tmp_path / "image")

    tell("power cuts while workflows were saved", f"{seen:,}, {lost} lost")
    assert seen > 50
    assert lost == 0


def test_workflows_that_nobody_syncs_are_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").mkdir()
    with recorded(tmp_path / "home", monkeypatch, lazy=True) as disk:
        edit(disk)

    assert titles(disk, tmp_path / "image")[1] > 0


def titles(disk: Disk, folder: Path) -> tuple[int, int]:
    """Return how many images there were, and in how many a saved workflow was not as it was saved, or as it became."""
    seen = lost = 0
    for image, promised in images(disk, folder, random.Random(2), EACH):
        seen += 1
        saved = {each.name: each.workflow for each in Library(image / "workflows", image / "templates").workflows()}
        if promised is not None:
            found = [each.name for name in promised[0] if (each := saved.get(name)) is not None]
            lost += not any(title in promised[1] for title in found)
    return seen, lost


def test_users_survive_a_power_cut_with_their_tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").mkdir()
    with recorded(tmp_path / "home", monkeypatch) as disk:
        accounts = AccountFile(disk.root)
        accounts.make_owner()
        disk.promise = {"owner": accounts.token_path.read_text().strip()}
        disk.promise = {**disk.promise, "ada": accounts.add("ada")}
        disk.note()

    for image, promised in images(disk, tmp_path / "image", random.Random(3), EACH):
        found = {each.name: each.token for each in AccountFile(image).read().users}
        for name, token in (promised or {}).items():
            assert found[name] == fingerprint(token)
            if name == "owner":
                assert (image / "token").read_text().strip() == token
