"""Toy nodes without torch for a worker process that is to be killed at a chosen place.

What may die where is told by files: the worker that finds `POINTS/NAME` removes it and kills itself at that place, so
each file is one death. Nodes note what they do under `NOTES`, for tests that count it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeAlias

from graphflow.api import SILENT, Artifact, Context, File, Folder, Socket, node

POINTS, NOTES = "RELIABILITY_POINTS", "RELIABILITY_NOTES"
"""Environment variables: folders."""
Swap: TypeAlias = tuple[object, str, object]
"""Something of the engine's, the name of a part of it, and what is to be there instead."""


class Model(Socket, name="MODEL"):
    """Something that has to be loaded."""


@dataclass(frozen=True)
class Lump(Socket, name="LUMP"):
    """So many equal letters."""

    text: str

    @property
    def nbytes(self) -> int:
        return len(self.text)

    def store(self) -> bytes:
        return self.text.encode()

    @classmethod
    def restore(cls, data: bytes) -> Lump:
        return cls(data.decode())


class Saved(NamedTuple):
    files: list[Artifact]


def point(name: str) -> None:
    """Die here when a file asks for it."""
    folder = os.environ.get(POINTS)
    if folder is None:
        return
    try:
        (Path(folder) / name).unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), 9)
    time.sleep(60)  # a signal to oneself may come a moment later


def note(name: str, line: str) -> None:
    """Add a line to a file, with one write."""
    if folder := os.environ.get(NOTES):
        with (Path(folder) / name).open("a") as file:
            file.write(f"{line}\n")


def chain(tag: str, steps: int) -> str:
    """Return what so many steps make of a tag, computed in one go."""
    state = tag
    for step in range(steps):
        state = forward(state, step)
    return state


def forward(state: str, step: int) -> str:
    return sha256(f"{state} {step}".encode()).hexdigest()


@node("Number")
def number(*, value: int = 1) -> int:
    return value


@node("Load")
def load(*, name: str = "model", seconds: float = 0.0) -> Model:
    point("load")
    time.sleep(seconds)
    return Model()


@node("Steps")
def sample(model: Model, *, tag: str, steps: int = 6, seconds: float = 0.02, ctx: Context = SILENT) -> str:
    """Walk on from a tag, noting each step in the journal, and go on behind what the journal knows."""
    known = ctx.replay()
    state = tag
    for step in ctx.track(range(steps)):
        if step < len(known):
            state = known[step].decode()
            continue
        note(f"steps-{tag}", f"{step} {time.monotonic():.6f}")
        if step == steps // 2:
            point("step")
        time.sleep(seconds)
        state = forward(state, step)
        ctx.journal(step, state.encode())
        ctx.preview(lambda: b"\xff\xd8 picture", "image/jpeg")
    return state


@node("Decode")
def decode(state: str) -> str:
    point("decode")
    return f"decoded {state}"


@node("Keep", output=True)
def keep(*, text: str, prefix: str = "kept", ctx: Context = SILENT) -> Saved:
    return Saved([ctx.save(text.encode(), "text/plain", name=prefix)])


@node("KeepOnTheWay")
def keep_on_the_way(*, text: str, prefix: str = "kept", ctx: Context = SILENT) -> Saved:
    """Save a file, as a node whose result might be cached."""
    return Saved([ctx.save(text.encode(), "text/plain", name=prefix)])


@node("Read")
def read(*, text: Annotated[File, Folder("input", (".txt",))]) -> str:
    return text.path.read_text()


@node("Die", output=True)
def die() -> int:
    os.kill(os.getpid(), 9)
    time.sleep(60)
    return 1


@node("Deaf", output=True)
def deaf(*, tag: str, seconds: float = 60.0) -> int:
    """Hear no cancel."""
    note(f"steps-{tag}", "0")
    time.sleep(seconds)
    return 1


@node("Say", output=True)
def say(*, lines: int, size: int, tag: str = "", seconds: float = 0.0, ctx: Context = SILENT) -> int:
    """Log so many large lines."""
    for line in ctx.track(range(lines)):
        ctx.log(f"{line} {'x' * size}")
        time.sleep(seconds)
    return lines


@node("Large", keep="disk")
def large(*, size: int, tag: str) -> Lump:
    """Make something whose writing takes a while."""
    note(f"steps-{tag}", "made")
    return Lump(tag[:1] * size)


@node("Length", output=True)
def length(lump: Lump, *, tag: str) -> int:
    return len(lump.text)


@node("Pair", output=True)
def pair(first: Any, *, second: Any = None) -> Any:
    return first


def _points() -> list[Swap]:
    """Return points where a worker takes a job, writes bytes, names a file, and says how the job ended."""
    from graphflow import artifacts, publishing
    from graphflow.cache import disk
    from graphflow.jobs import blobs
    from graphflow.jobs.worker.child import Child
    from graphflow.jobs.worker.running import _Attempt
    from graphflow.jobs.worker.seam import JobDone
    from graphflow.syncing import sync_folder

    run, tell, publish = _Attempt.run, Child._tell, publishing.publish

    def run_or_die(self: _Attempt) -> JobDone:
        point("claim")
        return run(self)

    def tell_or_die(self: Child, number: int, report: Any) -> None:
        if isinstance(report, JobDone):
            point("finish")
        tell(self, number, report)
        if isinstance(report, JobDone):
            point("finished")

    def sync_or_die(folder: Path) -> None:
        point("blob")
        sync_folder(folder)

    def publish_or_die(temporary: Path, path: Path) -> bool:
        point("name")
        published = publish(temporary, path)
        point("named")
        return published

    return [
        (_Attempt, "run", run_or_die),
        (Child, "_tell", tell_or_die),
        (blobs, "sync_folder", sync_or_die),
        (artifacts, "publish", publish_or_die),
        (disk, "_create", _create_in_halves),
    ]


def _sabotages() -> list[Swap]:
    """Return what takes a care away that the worker takes, where the environment asks for it."""
    from graphflow.cache import disk
    from graphflow.jobs.worker.names import Names
    from graphflow.journal import Journal

    known: dict[str, list[Swap]] = {
        "RELIABILITY_NO_JOURNALS": [(Journal, "read", lambda *_: ())],
        "RELIABILITY_NO_NAMES": [(Names, "read", lambda _: ())],
        "RELIABILITY_CARELESS_CACHE": [
            (disk.DiskCache, "_write_file", _write_in_place),
            (disk, "decode", _decode_unchecked),
        ],
    }
    return [swap for name, swaps in known.items() if os.environ.get(name) for swap in swaps]


def _create_in_halves(path: str, parts: list[bytes]) -> None:
    """Write a file of the cache; one half of a large one stands there alone for as long as `POINTS/hold-cache` does."""
    data = b"".join(parts)
    hold = Path(os.environ[POINTS]) / "hold-cache"
    with Path(path).open("xb", buffering=0) as file:
        file.write(data[: len(data) // 2])
        if len(data) > 1_000_000:
            note("half", f"{path} {len(data)}")
            end = time.monotonic() + 60
            while hold.exists() and time.monotonic() < end:
                time.sleep(0.005)
        file.write(data[len(data) // 2 :])


def _write_in_place(self: Any, key: str, parts: list[bytes]) -> None:
    """Write an entry where it is looked for."""
    path = Path(self.folder) / key[:2] / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    _create_in_halves(str(path), parts)


def _decode_unchecked(key: Any, node: Any, data: bytes) -> Any:
    """Read an entry whatever its checksum says, and as much of its payload as there is."""
    from graphflow.cache import entries

    begin = len(entries.MAGIC) + 32
    behind = begin + 4 + int.from_bytes(data[begin : begin + 4], "big")
    header = json.loads(data[begin + 4 : behind])
    for item in (each for port in header["ports"].values() for each in port["items"] if "bytes" in each):
        item["bytes"] = min(item["bytes"], len(data) - behind)
    text = json.dumps(header).encode()
    rest = len(text).to_bytes(4, "big") + text + data[behind:]
    return entries.decode(key, node, entries.MAGIC + sha256(rest).digest() + rest)


_main = getattr(sys.modules.get("__main__"), "__spec__", None)
if _main is not None and _main.name == "graphflow.jobs.worker.__main__":
    for _owner, _name, _other in _points() + _sabotages():
        setattr(_owner, _name, _other)

NODES = (
    number, load, sample, decode, keep, keep_on_the_way, read, die, deaf, say, large, length, pair,
)  # fmt: skip
