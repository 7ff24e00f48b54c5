"""The worker process's side: takes orders from a socket, runs tasks in its slots, and says what happens."""

from __future__ import annotations

import logging
import os
import select
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NoReturn

from graphflow.errors import Problem
from graphflow.events import NodePreview, NodeProgress
from graphflow.jobs.worker.frames import FrameError, Frames
from graphflow.jobs.worker.memory import free, status_of
from graphflow.jobs.worker.messages import (
    Answer,
    AskDrop,
    AskStatus,
    Beat,
    CancelRun,
    Close,
    Dropped,
    Order,
    Ready,
    RunTask,
    Show,
    StatusIs,
    read_order,
    write,
    write_report,
)
from graphflow.jobs.worker.outbox import MOST, Outbox
from graphflow.jobs.worker.preload import preload
from graphflow.jobs.worker.running import Bench, Stop
from graphflow.jobs.worker.seam import ENDINGS, JobFailed, Report, Task
from graphflow.jobs.worker.slots import Slots

GATHER_SECONDS: Final = 0.003
"""Reports that come so close together leave with one write: each write wakes the server."""
BEAT_SECONDS: Final = 1.0
_RECEIVED_BYTES: Final = 1 << 18
LOG: Final = logging.getLogger("graphflow.worker")


class Child:
    """Serve one socket until it closes; then this process ends, whatever it is doing.

    Modules that are named `ahead` are imported while there is nothing to do.
    """

    def __init__(
        self,
        link: socket.socket,
        bench: Bench,
        slots: int,
        beat: float = BEAT_SECONDS,
        ahead: Sequence[str] = (),
    ) -> None:
        self._link = link
        self._incoming = select.poll()
        self._incoming.register(link, select.POLLIN)
        self._bench = bench
        self._beat_seconds = beat
        self._ahead = ahead
        self._out: Outbox[bytes] = Outbox()
        self._sending = threading.Lock()
        self._something = threading.Event()
        self._busy = threading.Event()
        self._is_fresh = False
        """Whether a run began a moment ago: then this thread looks for its reports, and none has to wake the sender."""
        self._fresh_until = 0.0
        self._open = 0
        """Runs and questions that are not answered yet."""
        self._counting = threading.Lock()
        self._stops: dict[int, Stop] = {}
        self._slots = Slots(bench, slots, "graphflow-slot")

    def serve(self) -> NoReturn:
        """Obey until the socket closes."""
        for name, target in (("sender", self._send_on), ("heart", self._beat)):
            threading.Thread(target=target, name=f"graphflow-{name}", daemon=True).start()
        self._say(Ready())
        if self._ahead:
            loading = partial(preload, self._ahead, self._busy.is_set)
            threading.Thread(target=loading, name="graphflow-preload", daemon=True).start()
        frames = Frames()
        try:
            while data := self._receive():
                for message, attachment in frames.feed(data):
                    self._obey(read_order(message), attachment)
        except FrameError as error:
            LOG.error("the server said what makes no sense: %s", error)
            end(1)
        except OSError:  # the server is gone, and not in peace
            pass
        end(0)

    def _receive(self) -> bytes:
        """Return what comes in, and send on the way what a new run has said in its first moments."""
        while self._is_fresh:
            left = self._fresh_until - time.monotonic()
            if left > 0 and self._incoming.poll(left * 1000):
                break
            if left <= 0:
                self._is_fresh = False
                self._send()
        return self._link.recv(_RECEIVED_BYTES)

    def _obey(self, order: Order, attachment: bytes) -> None:
        match order:
            case RunTask():
                if not self._is_fresh:
                    self._fresh_until = time.monotonic() + GATHER_SECONDS
                    self._is_fresh = True
                self._begin()
                task = Task(order.job, order.attempt, attachment.decode(), order.user, order.kept)
                stop = self._stops[order.run] = Stop()
                tell = self._tell if order.attempt == 1 else self._tell_at_once
                self._slots.put(task, stop, partial(tell, order.run))
            case CancelRun():
                if (running := self._stops.get(order.run)) is not None:
                    running.cancel()
            case Show():
                self._bench.watched = order.previews
            case AskStatus():
                self._answer(partial(self._status, order.question))
            case AskDrop():
                self._answer(partial(self._drop, order.question, order.wanted))
            case Close():
                threading.Thread(target=self._close, name="graphflow-close", daemon=True).start()

    def _tell(self, run: int, report: Report) -> None:
        """Send what a run reports: soon, or at once when it is the ending."""
        ending = isinstance(report, ENDINGS)
        if ending:
            self._stops.pop(run, None)
        try:
            framed = write_report(run, report)
        except FrameError as error:
            if not ending:
                LOG.warning("a report was dropped: %s", error)
                return
            problem = Problem("result-too-large", f"what the job gives back is too large: {error}")
            framed = write_report(run, JobFailed(problem=problem))
        if isinstance(report, NodePreview):
            self._out.offer(framed, "preview", MOST["preview"])
        elif isinstance(report, NodeProgress):
            self._out.offer(framed, (run, report.node), MOST["progress"])
        else:
            self._out.put(framed)
        if ending:
            self._send()  # no other thread has to wake up for it
            self._end()
        elif not (self._is_fresh or self._something.is_set()):
            self._something.set()

    def _tell_at_once(self, run: int, report: Report) -> None:
        """Send what a run reports without delay: its job may have killed a worker, and who kills the next must be known."""
        self._tell(run, report)
        self._send()

    def _answer(self, work: Callable[[], Answer]) -> None:
        """Answer a question from a thread of its own: looking at a model that is being loaded may take a while."""

        def answer() -> None:
            self._say(work())
            self._end()

        self._begin()
        threading.Thread(target=answer, name="graphflow-answer", daemon=True).start()

    def _status(self, question: int) -> StatusIs:
        status = status_of(self._bench.engine)
        return StatusIs(question=question, held=status.held, rss=status.rss, memory=status.memory)

    def _drop(self, question: int, wanted: int | None) -> Dropped:
        return Dropped(question=question, freed=free(self._bench.engine, wanted))

    def _close(self) -> None:
        self._slots.close()
        self._slots.join()
        self._bench.engine.close()
        self._send()
        end(0)

    def _say(self, answer: Answer) -> None:
        self._out.put(write(answer))
        self._send()

    def _send(self) -> None:
        """Send what waits, in order."""
        with self._sending:
            data = b"".join(self._out.take())
            if not data:
                return
            try:
                self._link.sendall(data)
            except OSError:
                end(0)  # the server is gone

    def _send_on(self) -> None:
        while True:
            self._something.wait()
            time.sleep(GATHER_SECONDS)
            self._something.clear()
            self._send()

    def _begin(self) -> None:
        with self._counting:
            self._open += 1
            if self._open == 1:
                self._busy.set()

    def _end(self) -> None:
        with self._counting:
            self._open -= 1
            if self._open == 0:
                self._busy.clear()

    def _beat(self) -> None:
        """Say now and then that this process lives, while it has something to do; an idle one costs nothing."""
        while True:
            self._busy.wait()
            self._say(Beat())
            time.sleep(self._beat_seconds)


def end(code: int) -> NoReturn:
    """End this process at once: threads may be deep in a library that does not come back for minutes."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)
