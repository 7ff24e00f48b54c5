"""The stream between server and worker: whole frames come out as they went in, and nonsense is refused."""

from __future__ import annotations

import asyncio
import socket
import struct
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphflow.events import NodeLogged
from graphflow.jobs.worker import frames
from graphflow.jobs.worker.frames import FrameError, Frames, frame
from graphflow.jobs.worker.life import Life
from graphflow.jobs.worker.log import WorkerLog
from graphflow.jobs.worker.messages import (
    AskStatus,
    CancelRun,
    Said,
    StatusIs,
    read_answer,
    read_order,
    write,
    write_report,
)
from tests.jobs.worker.rig import dies, run_in_time

PIECES = st.lists(st.tuples(st.binary(max_size=50), st.binary(max_size=50)), max_size=8)


@given(PIECES, st.lists(st.integers(0, 900), max_size=12))
def test_however_a_stream_is_cut_the_frames_come_out_whole(pieces: list[tuple[bytes, bytes]], cuts: list[int]) -> None:
    stream = b"".join(frame(*piece) for piece in pieces)
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    reading = Frames()

    found = [each for at, to in pairwise(places) for each in reading.feed(stream[at:to])]

    assert found == pieces


@pytest.mark.parametrize(
    "sizes", [(frames.JSON_BYTES + 1, 0), (0, frames.ATTACHMENT_BYTES + 1), (2**32 - 1, 2**32 - 1)]
)
def test_a_frame_that_says_it_is_too_large_is_refused_before_it_is_read(sizes: tuple[int, int]) -> None:
    with pytest.raises(FrameError, match="too large"):
        list(Frames().feed(struct.pack(">II", *sizes)))


def test_a_frame_at_the_limit_is_read_and_one_byte_more_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "JSON_BYTES", 10)

    assert list(Frames().feed(frame(b"x" * 10))) == [(b"x" * 10, b"")]
    with pytest.raises(FrameError, match="11 bytes is too large: 10 are allowed"):
        frame(b"x" * 11)


@pytest.mark.parametrize("text", ["\0", "\u2028", "🎈", '"\\', "\x7f\x80", "x" * 100_000])
def test_texts_come_back_as_they_were(text: str) -> None:
    said = NodeLogged(node=text[:50], message=text)

    ((message, attachment),) = Frames().feed(write_report(7, said))

    assert read_answer(message, attachment) == Said(run=7, report=said)


def test_what_cannot_be_written_is_refused() -> None:
    with pytest.raises(FrameError, match="cannot be written"):
        write_report(7, NodeLogged.model_construct(node="n", message="\ud800"))


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"[]", b"\xff", b'{"say": "cancel"}', b'{"say": "cancel", "run": 1, "x": 2}']
)
def test_what_is_no_message_is_refused(text: bytes) -> None:
    ((message, _),) = Frames().feed(write(CancelRun(run=3)))
    assert read_order(message) == CancelRun(run=3)

    with pytest.raises(FrameError, match="holds no message"):
        read_order(text)


SAYS = """
import socket, struct, sys, time
link = socket.socket(fileno=int(sys.argv[-1]))
def send(text, sizes=None):
    link.sendall(struct.pack(">II", *(sizes or (len(text), 0))) + text)
send(b'{"say": "ready"}')
"""
NONSENSE = {
    "noise": "send(b'', (2**32 - 1, 0)); time.sleep(60)",
    "no message": "send(b'hello'); time.sleep(60)",
    "half a frame": "send(b'half', (1000, 0)); link.close(); time.sleep(60)",
    "closed": "link.close(); time.sleep(60)",
    "gone": "sys.exit(3)",
}


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("noise", "it said what makes no sense: a frame's message of 4,294,967,295 bytes is too large"),
        ("no message", "it said what makes no sense: a frame holds no message"),
        ("half a frame", "it closed its socket"),
        ("closed", "it closed its socket"),
        ("gone", "ended with exit code 3"),
    ],
)
def test_a_worker_that_talks_nonsense_is_ended_and_nobody_else(tmp_path: Path, what: str, words: str) -> None:
    async def scenario() -> str:
        life = Life("odd", 15.0, WorkerLog(tmp_path / "log"))
        await life.begin([sys.executable, "-c", SAYS + NONSENSE[what]], {})
        await life.ready
        assert life.pid is not None
        death = await dies(life.ask(AskStatus(question=life.number()), StatusIs))
        await life.gone.wait()
        assert life.pid is None
        return death

    assert words in run_in_time(scenario())


def test_one_that_is_never_ready_says_how_it_ended(tmp_path: Path) -> None:
    async def scenario() -> str:
        life = Life("odd", 15.0, WorkerLog(tmp_path / "log"))
        await life.begin([sys.executable, "-c", "print('cannot begin'); raise SystemExit(4)"], {})
        return await dies(asyncio.shield(life.ready))

    words = run_in_time(scenario())
    assert "exit code 4" in words
    assert words.endswith("cannot begin")


def test_a_process_that_hears_nonsense_ends(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        command = [sys.executable, "-m", "graphflow.jobs.worker", "--home", str(tmp_path), "--fd", str(theirs.fileno())]
        child = subprocess.Popen(command, pass_fds=[theirs.fileno()], stderr=subprocess.PIPE)
        theirs.close()
        ours.sendall(b"\xff" * 8)

        _, said = child.communicate(timeout=60)

    assert child.returncode == 1
    assert b"makes no sense" in said
