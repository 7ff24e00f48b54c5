"""The editor is built once for its sources, and the package installs wherever they lie."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

import hatch_build


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a small checkout whose npm writes down how it was called and builds one page."""
    web, static = tmp_path / "web", tmp_path / "package" / "static"
    for name in ("index.html", "package.json", "vite.config.ts", "tsconfig.json", "src/main.ts", "src/main.test.ts"):
        path = web / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    lock = {"packages": {"": {"version": "1"}, "node_modules/a": {"version": "2"}}}
    (web / "package-lock.json").write_text(json.dumps(lock))
    static.parent.mkdir()
    programs = tmp_path / "bin"
    programs.mkdir()
    _program(programs / "node", "echo v20.19.0")
    _program(
        programs / "npm",
        f'echo "$@" >> {tmp_path}/calls\nif [ "$1" = run ]; then mkdir -p "$GRAPHFLOW_STATIC" && '
        'echo page > "$GRAPHFLOW_STATIC/index.html"; fi\n[ ! -e broken ] || { echo "no such package"; exit 1; }',
    )
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("GRAPHFLOW_WEB", raising=False)
    monkeypatch.setattr(hatch_build, "WEB", web)
    monkeypatch.setattr(hatch_build, "STATIC", static)
    return tmp_path


def _program(path: Path, lines: str) -> None:
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def calls(checkout: Path) -> list[str]:
    written = checkout / "calls"
    return written.read_text().splitlines() if written.exists() else []


def test_the_editor_is_built_once(checkout: Path) -> None:
    hatch_build.build()
    hatch_build.build()

    assert [call.split()[0] for call in calls(checkout)] == ["ci", "run"]
    assert (hatch_build.STATIC / "index.html").read_text() == "page\n"
    assert [path.name for path in hatch_build.STATIC.parent.iterdir()] == ["static"]


@pytest.mark.parametrize(("name", "again"), [("src/main.ts", True), ("src/new.ts", True), ("src/main.test.ts", False)])
def test_only_what_ships_has_it_built_again(checkout: Path, name: str, again: bool) -> None:
    hatch_build.build()

    (hatch_build.WEB / name).write_text("something else")

    assert hatch_build.is_built() is not again


def test_what_is_installed_already_is_not_installed_again(checkout: Path) -> None:
    modules = hatch_build.WEB / "node_modules"
    modules.mkdir()
    (modules / ".package-lock.json").write_text(json.dumps({"packages": {"node_modules/a": {"version": "2"}}}))

    hatch_build.build()

    assert [call.split()[0] for call in calls(checkout)] == ["run"]


def test_an_archive_without_sources_brings_the_bundle(checkout: Path) -> None:
    hatch_build.build()
    (hatch_build.WEB / "package.json").unlink()

    assert hatch_build.is_built()
    assert hatch_build.requirements() == []


def test_it_can_be_left_out(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHFLOW_WEB", "skip")

    hatch_build.build()

    assert calls(checkout) == []
    assert hatch_build.requirements() == []


def test_a_failure_ends_with_what_npm_said_and_the_way_out(checkout: Path) -> None:
    (hatch_build.WEB / "broken").touch()

    with pytest.raises(SystemExit, match=r"no such package\n(.|\n)*GRAPHFLOW_WEB=skip"):
        hatch_build.build()
    assert not hatch_build.STATIC.exists()


def test_node_comes_as_a_package_where_there_is_none_or_an_old_one(checkout: Path) -> None:
    assert hatch_build.requirements() == []

    _program(checkout / "bin" / "node", "echo v18.20.0")

    assert hatch_build.requirements() == [hatch_build.NODE]
