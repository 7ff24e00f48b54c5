"""Whatever is wrong with what people hand in: a message that says what, where and how to mend it, and the right code."""

from __future__ import annotations

import errno
import io
import json
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import TOY, Say
from tests.toy import link, workflow

WITH_TOY = ("--pack", TOY)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"format": "graphflow/1",\n  "nodes": {"a" 1}}', "line 2, column 17"),
        (b"", "the file is empty"),
        (b"\xff\xfe\x00", ""),
        (b'{"format": "graphflow/1", "nodes": {}, "nodes": {}}', "nodes"),
        (b'{"format": "graphflow/1", "nodes": {"a": {"type": "Dig", "inputs": {"seed": NaN}}}}', "NaN"),
        (b'{"format": "graphflow/1", "nodes": {"a": {"type": "Dig", "inputs": {"seed": 1e999}}}}', ""),
        (b"[" * 100_000, "deep"),
        (b'{"format": "graphflow/9", "nodes": {}}', "graphflow/9"),
        (b"[1, 2]", "object"),
        (b'{"nodes": {}, "format": "graphflow/1", "color": 1}', "color"),
    ],
    ids=["comma", "empty", "not-utf8", "twice", "nan", "infinity", "deep", "format", "list", "unknown"],
)
@pytest.mark.parametrize("command", ["check", "run"])
def test_a_file_that_is_no_workflow_says_where(graphflow: Say, command: str, text: bytes, message: str) -> None:
    Path("bad.json").write_bytes(text)

    said = graphflow(command, "bad.json", *WITH_TOY)

    assert said.code == 2
    assert said.err.startswith("error:")
    assert message in said.err
    assert said.err.endswith("bad.json: 1 problem\n")


def test_every_problem_of_a_workflow_is_told_at_once(graphflow: Say, write: Callable[..., Path]) -> None:
    nodes = {
        "dig": ("Dgi", {}),
        "knead": ("Knead", {"clay": link("dug"), "times": 99}),
        "join": ("Join", {"a": link("cut", "middle"), "b": 7, "glue": "tar"}),
        "cut": ("Cut", {"clay": link("knead"), "deep": 1}),
        "scale": ("Scale", {"factor": "much"}),
        "pot": ("NeedPot", {"pot": link("count")}),
        "count": ("Count", {}),
        "fire": ("Fire", {"clay": link("join")}),
    }
    said = graphflow("check", write("all", nodes), *WITH_TOY, "--targets", "dig,fire,scale,pot")

    assert said.code == 2
    for told in (
        "there is no node type 'Dgi'",
        "did you mean 'Dig'?",
        "times must lie between 1 and 10, got 99",
        "glue must be one of mud, slip",
        "has no output 'middle'",
        "Cut has no input 'deep'",
        'factor wants a FLOAT, got "much"',
        "count.value",
    ):
        assert told in said.err, told
    assert said.out == ""


def test_a_circle_is_named_with_its_way_round(graphflow: Say, write: Callable[..., Path]) -> None:
    nodes = {
        "a": ("Knead", {"clay": link("b")}),
        "b": ("Knead", {"clay": link("a")}),
        "f": ("Fire", {"clay": link("a")}),
    }

    said = graphflow("check", write("circle", nodes), *WITH_TOY)

    assert said.code == 2
    assert "a" in said.err
    assert "→" in said.err or "->" in said.err


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("capp.mould", "did you mean 'cap.mould'"),
        ("../cap.mould", "cannot be used as a file's name"),
        ("/etc/passwd", "absolute"),
        ("..\\cap.mould", "backslash"),
        ("cap.txt", ".mould"),
        ("bad.mould", "it does not say its size"),
    ],
)
def test_files_that_are_missing_foreign_or_outside_are_refused(
    graphflow: Say, write: Callable[..., Path], home: Path, name: str, told: str
) -> None:
    moulds = home / "models" / "moulds"
    moulds.mkdir(parents=True)
    (moulds / "cap.mould").write_text("size 3")
    (moulds / "bad.mould").write_text("what")
    (moulds / "cap.txt").write_text("size 3")
    nodes = {"dig": ("Dig", {}), "press": ("Press", {"clay": link("dig"), "mould": name})}

    said = graphflow("check", write("press", nodes), *WITH_TOY, "--targets", "press")

    assert said.code == 2
    assert "press.mould" in said.err
    assert told in said.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["rnu"], "did you mean 'run'?"),
        (["run"], "required"),
        (["run", "x.json", "--frobnicate"], "--frobnicate"),
        (["run", "nowhere.json"], "there is no file nowhere.json"),
        (["run", "txt2igm"], "did you mean 'txt2img'?"),
        (["run", "."], "is a folder"),
        (["run", "txt2img", "--device", "toaster"], "--device toaster"),
        (["run", "txt2img", "--pack", "nowhere.py"], "--pack nowhere.py"),
        (["run", "txt2img", "--models", "nowhere"], "--models nowhere"),
        (["run", "txt2img", "--out", "a-file/sub"], "is a file"),
        (["nodes", "LoadChekpoint"], "did you mean 'LoadCheckpoint'"),
        (["schema", "nowhere"], "there is no workflow 'nowhere'"),
        ([], "usage"),
    ],
)
def test_wrong_arguments_say_what_was_meant(graphflow: Say, arguments: list[str], told: str) -> None:
    Path("a-file").write_text("in the way")

    said = graphflow(*arguments)

    assert said.code == 2
    assert told in said.err + said.out


def test_a_pack_that_fails_is_named_and_the_others_work(graphflow: Say, pots: Path) -> None:
    Path("broken_pack.py").write_text("import a_module_that_is_not_there\n")

    said = graphflow("check", pots, *WITH_TOY, "--pack", "broken_pack.py")

    assert said.code == 0
    assert "warning: node pack broken_pack.py could not be loaded" in said.err
    assert "a_module_that_is_not_there" in said.err


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(*texts: bytes, width: int = 1, height: int = 1) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0\0" * height)) if width == 1 else b""
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(texts) + pixels + chunk(b"IEND", b"")


FLOW = json.dumps(workflow({"dig": ("Dig", {}), "fire": ("Fire", {"clay": link("dig")})})).encode()


@pytest.mark.parametrize(
    ("picture", "told"),
    [
        (png(), "carries no workflow"),
        (png(chunk(b"tEXt", b"prompt\0{}")), "ComfyUI"),
        (png(chunk(b"tEXt", b"graphflow\0" + FLOW))[:-30], "cut off"),
        (png(chunk(b"tEXt", b"graphflow\0" + FLOW).replace(b"Dig", b"Dug")), "damaged"),
        (png(chunk(b"tEXt", b"graphflow\0{nonsense")), "line 1, column 2"),
        (png(chunk(b"zTXt", b"graphflow\0\0" + zlib.compress(bytes(1 << 28), 1))), "more than a workflow may have"),
        (png(chunk(b"iTXt", b"graphflow\0\1")), ""),
        (b"\xff\xd8\xff\xe0 a JPEG", ""),
    ],
    ids=["none", "comfy", "cut", "flipped", "nonsense", "bomb", "short-itxt", "jpeg"],
)
def test_a_picture_that_carries_no_sound_workflow_says_so(graphflow: Say, picture: bytes, told: str) -> None:
    Path("picture.png").write_bytes(picture)

    said = graphflow("run", "picture.png", *WITH_TOY)

    assert said.code == 2
    assert said.err.startswith("error:")
    assert told in said.err


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iTXt"])
def test_a_workflow_is_read_from_each_kind_of_text(graphflow: Say, kind: bytes) -> None:
    body = {
        b"tEXt": b"graphflow\0" + FLOW,
        b"zTXt": b"graphflow\0\0" + zlib.compress(FLOW),
        b"iTXt": b"graphflow\0\1\0\0\0" + zlib.compress(FLOW),
    }[kind]
    Path("picture.png").write_bytes(png(chunk(kind, body)))

    assert graphflow("run", "picture.png", *WITH_TOY).code == 0  # the control of the test above


def test_a_full_disk_ends_the_run_with_the_folder_and_leaves_nothing(
    graphflow: Say, pots: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_ = Path.open

    class Full(io.FileIO):
        def write(self, data: Any) -> int:
            super().write(data[:1])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def fail(path: Path, mode: str = "r", *args: Any, **more: Any) -> Any:
        return Full(path, "x") if mode == "xb" else open_(path, mode, *args, **more)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", fail)
        said = graphflow("run", pots, *WITH_TOY)

    assert said.code == 1
    assert "the disk is full" in said.err
    assert str(home / "output") in said.err
    assert "--out" in said.err
    assert list((home / "output").iterdir()) == []
    assert graphflow("run", pots, *WITH_TOY).code == 0


def test_a_cache_that_cannot_be_written_costs_a_warning_only(
    graphflow: Say, write: Callable[..., Path], home: Path
) -> None:
    pack = Path("kept_pack.py")
    pack.write_text(
        "from graphflow.api import node\n"
        "@node('Kept', keep='disk')\n"
        "def kept() -> str:\n"
        "    'Go to disk.'\n"
        "    return 'done'\n"
        "NODES = (kept,)\n"
    )
    home.mkdir()
    (home / "cache").write_text("in the way")

    said = graphflow("run", write("kept", {"kept": ("Kept", {})}, outputs={"word": link("kept")}), "--pack", pack)

    assert (said.code, said.out) == (0, "word = done\n")
    assert "warning: results could not be kept" in said.err


def test_a_home_that_is_a_file_is_named(graphflow: Say, pots: Path) -> None:
    said = graphflow("run", pots, *WITH_TOY, "--home", pots)

    assert said.code == 1
    assert "error:" in said.err
    assert str(pots) in said.err


def test_what_nobody_foresaw_is_a_message_too(graphflow: Say, pots: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("nobody thought of this")

    monkeypatch.setattr("graphflow.cli.run.plan_workflow", explode)

    said = graphflow("run", pots, *WITH_TOY)

    assert said.code == 1
    assert "unexpected RuntimeError: nobody thought of this" in said.err
    assert "--debug" in said.err
