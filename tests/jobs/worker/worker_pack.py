"""A pack for workers of any kind, also for those in a process of their own: what a node does is seen in files."""

from __future__ import annotations

import os
import sys
import time
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from graphflow.api import (
    SILENT,
    Artifact,
    Context,
    DeviceMemory,
    File,
    Folder,
    Held,
    NodeError,
    Socket,
    node,
    resource,
)


class Thing(Socket, name="THING"):
    """Something that is no JSON."""


class Saved(NamedTuple):
    files: list[Artifact]


@resource
class Shelf:
    """Holds a thousand bytes until they are wanted."""

    def __init__(self, device: str) -> None:
        self.device = device
        self.bytes = 1000

    def held(self) -> list[Held]:
        return [Held("books", self.bytes, self.device, "somebody may read them")] if self.bytes else []

    def release(self, wanted: int, /) -> int:
        freed, self.bytes = self.bytes, 0
        return freed

    def close(self) -> None:
        self.bytes = 0

    def device_memory(self) -> DeviceMemory:
        return DeviceMemory("shelf:0", 4000, 4000 - self.bytes)


def add_line(path: str, line: str) -> None:
    if path:
        with Path(path).open("a") as file:
            file.write(line + "\n")


@node("Number")
def number(*, value: int = 1) -> int:
    return value


@node("Next")
def following(value: int) -> int:
    return value + 1


@node("Word")
def word(*, text: str = "") -> str:
    return text


@node("Nan")
def nan() -> float:
    return float("nan")


@node("Half")
def half() -> str:
    return "half \ud800 a character"


@node("Things")
def things() -> Thing:
    return Thing()


@node("Walk", output=True)
def walk(*, count: int = 5, seconds: float = 0.0, notes: str = "", ctx: Context = SILENT) -> int:
    """Go so many steps, noting each in a file and in the journal, and go on behind what the journal knows."""
    known = ctx.replay()
    for step in ctx.track(range(count)):
        if step < len(known):
            continue
        add_line(notes, str(step))
        ctx.preview(lambda: b"\xff\xd8 picture", "image/jpeg")
        ctx.journal(step, b"%d" % step)
        time.sleep(seconds)
    return count


@node("Meet", output=True)
def meet(*, here: str, there: str, ctx: Context = SILENT) -> int:
    """Make one file and wait for another."""
    Path(here).touch()
    while not Path(there).exists():
        ctx.stop_if_cancelled()
        time.sleep(0.002)
    return 1


@node("Deaf", output=True)
def deaf(*, notes: str, seconds: float = 60.0) -> int:
    """Hear nothing for a while."""
    add_line(notes, str(os.getpid()))
    time.sleep(seconds)
    return 1


@node("Die", output=True)
def die(*, words: str = "", number: int = 9) -> int:
    """Kill the process that this runs in."""
    print(words, file=sys.stderr, flush=True)
    os.kill(os.getpid(), number)
    time.sleep(60)
    return 1


@node("Leave", output=True)
def leave() -> int:
    sys.exit("this node leaves")


@node("Fail", output=True)
def fail(*, message: str = "it broke") -> int:
    raise NodeError(message, code="broke", input="message", hint="be gentle")


@node("Crash", output=True)
def crash() -> int:
    raise KeyError("by mistake")


@node("Say", output=True)
def say(*, message: str, ctx: Context = SILENT) -> int:
    ctx.log(message)
    return 1


@node("SayHalf", output=True)
def say_half(*, ctx: Context = SILENT) -> int:
    ctx.log("half \udcff a character")
    raise NodeError("fails \udcff oddly")


@node("SaveText", output=True)
def save_text(*, text: str = "text", times: int = 1, prefix: str = "note", ctx: Context = SILENT) -> Saved:
    return Saved([ctx.save(text.encode(), "text/plain", name=prefix) for _ in range(times)])


@node("Paint", output=True)
def paint(*, width: int = 3, height: int = 2, format: str = "PNG", ctx: Context = SILENT) -> Saved:  # noqa: A002
    from PIL import Image

    buffer = BytesIO()
    Image.new("RGB", (width, height)).save(buffer, format)
    return Saved([ctx.save(buffer.getvalue(), f"image/{format.lower()}", name="painted")])


@node("Read")
def read(*, text: Annotated[File, Folder("input", (".txt",))]) -> str:
    return text.path.read_text()


@node("ReadWord")
def read_word(*, text: Annotated[File, Folder("words", (".txt",))]) -> str:
    """Read a file from the folders of models."""
    return text.path.read_text()


@node("Fork", output=True)
def fork(*, notes: str) -> int:
    """Leave a copy of this process behind, with all of its open files, and die."""
    if (copy := os.fork()) == 0:
        time.sleep(60)
        os._exit(0)
    add_line(notes, str(copy))
    os.kill(os.getpid(), 9)
    return 1


@node("UseShelf", output=True)
def use_shelf(*, ctx: Context = SILENT) -> int:
    return ctx.use(Shelf).bytes


@node("Modules", output=True)
def modules(*, name: str = "torch") -> bool:
    """Say whether a module was imported."""
    return name in sys.modules


@node("Huge", output=True)
def huge(*, size: int) -> str:
    return "x" * size


@node("Alone", output=True)
def alone(*, ctx: Context = SILENT) -> bool:
    return ctx.deterministic


@node("Beside", output=True)
def beside(*, ctx: Context = SILENT) -> str:
    """Name the files of a folder that none of its inputs names."""
    return " ".join(file.name for file, _ in ctx.files(Folder("extras", (".bin",))))


@node("Same")
def same(value: Any) -> Any:
    return value


NODES = (
    number, following, word, nan, half, things, walk, meet, deaf, die, leave, fail, crash, say, say_half, save_text,
    paint, read, read_word, fork, use_shelf, modules, huge, alone, beside, same,
)  # fmt: skip
