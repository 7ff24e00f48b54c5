"""One worker process from its birth to its death: what it says, whether it still says anything, and how it ended."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, TypeVar

from graphflow.jobs.worker.frames import FrameError, Frames
from graphflow.jobs.worker.log import WorkerLog
from graphflow.jobs.worker.mailbox import Mailbox
from graphflow.jobs.worker.messages import (
    Answer,
    AskDrop,
    AskStatus,
    Beat,
    Dropped,
    Order,
    Ready,
    RunTask,
    Said,
    StatusIs,
    read_answer,
    write,
)
from graphflow.jobs.worker.seam import ENDINGS, GaveBack, WorkerDied

TICKS: Final = 4
"""The lease is counted in so many ticks of this process's clock: one that was itself held up hears first, then judges."""
_LAST_WORDS: Final = 0.5
"""Seconds for what a dead process had sent to come in."""
_UNKILLABLE: Final = 2.0

A = TypeVar("A", StatusIs, Dropped)


class Life(asyncio.Protocol):
    """A worker process. `ready` is done when it can run tasks, `gone` when it has ended."""

    def __init__(self, name: str, lease: float, log: WorkerLog) -> None:
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[None] = loop.create_future()
        self.gone = asyncio.Event()
        self.closing = False
        self._loop = loop
        self._name = name
        self._lease = lease
        self._log = log
        self._runs: dict[int, Mailbox] = {}
        self._questions: dict[int, asyncio.Future[Answer]] = {}
        self._number = 0
        self._frames = Frames()
        self._transport: asyncio.Transport | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._why: str | None = None
        self._silent = 0
        self._ticking: asyncio.TimerHandle | None = None
        self._pid_fd = -1

    async def begin(self, command: Sequence[str], environment: dict[str, str]) -> None:
        """Start the process; `--fd N` is added to the command. Raise OSError or StorageError."""
        ours, theirs = socket.socketpair()
        log = -1
        try:
            log = self._log.open()
            self._process = subprocess.Popen(
                [*command, "--fd", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(theirs.fileno(),),
                env=environment,
                start_new_session=True,  # what a terminal sends to its group does not reach it
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
            if log >= 0:
                os.close(log)
        self._watch_exit()
        await self._loop.create_connection(lambda: self, sock=ours)
        self._keep_ticking()

    @property
    def pid(self) -> int | None:
        """The process's number while it lives."""
        return None if self._process is None or self.gone.is_set() else self._process.pid

    @property
    def mailboxes(self) -> list[Mailbox]:
        """Those of all runs that have not ended."""
        return list(self._runs.values())

    def say(self, order: Order, attachment: bytes = b"") -> None:
        """Send an order; raise FrameError when it is too large. A dead process does not mind."""
        framed = write(order, attachment)
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(framed)

    def run(self, order: RunTask, body: bytes) -> Mailbox:
        """Have a task run, and return where its reports come in."""
        mailbox = Mailbox()
        self.say(order, body)
        self._runs[order.run] = mailbox
        self._keep_ticking()
        return mailbox

    def number(self) -> int:
        """Return a number for the next run or question."""
        self._number += 1
        return self._number

    async def ask(self, order: AskStatus | AskDrop, kind: type[A]) -> A:
        """Ask a question and return its answer; raise WorkerDied when none comes."""
        if self.gone.is_set():
            raise self._death()
        future: asyncio.Future[Answer] = self._loop.create_future()
        self._questions[order.question] = future
        self._keep_ticking()
        try:
            self.say(order)
            answer = await future
        finally:
            self._questions.pop(order.question, None)
        if not isinstance(answer, kind):
            raise WorkerDied(f"the worker {self._name} answered another question")
        return answer

    def end(self, why: str) -> None:
        """Kill the process; what it runs dies with these words."""
        if self._why is None:
            self._why = why
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        self._loop.call_later(_UNKILLABLE, self._bury)  # should the system be unable to

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to hear."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  a socket's
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take what the process says."""
        self._silent = 0
        if self._why is not None:
            return
        try:
            for message, attachment in self._frames.feed(data):
                self._hear(read_answer(message, attachment))
        except FrameError as error:
            self.end(f"was ended, because it said what makes no sense: {error}")

    def connection_lost(self, error: Exception | None) -> None:
        """End a process that says nothing more."""
        self._transport = None
        if self._process is not None and self._process.poll() is None:
            # Mostly it is about to exit. One that closed its socket and lives on must not.
            self._loop.call_later(_LAST_WORDS, self._kill_deaf)
        self._bury_when_dead()

    def _hear(self, answer: Answer) -> None:
        match answer:
            case Said():
                mailbox = self._runs.get(answer.run)
                if mailbox is not None:
                    if isinstance(answer.report, ENDINGS):
                        del self._runs[answer.run]
                    mailbox.put(answer.report)
            case Ready():
                if not self.ready.done():
                    self.ready.set_result(None)
            case Beat():
                self._log.limit()
            case StatusIs() | Dropped():
                question = self._questions.get(answer.question)
                if question is not None and not question.done():
                    question.set_result(answer)

    def _keep_ticking(self) -> None:
        if self._ticking is None and not self.gone.is_set():
            self._silent = 0
            self._ticking = self._loop.call_later(self._lease / TICKS, self._tick)

    def _tick(self) -> None:
        """Count how long a process that has something to do was silent; an idle one may be."""
        self._ticking = None
        if self.gone.is_set() or not (self._runs or self._questions or not self.ready.done()):
            return
        self._silent += 1
        if self._silent > TICKS and self.ready.done():
            self.end(f"was ended, because it gave no sign of life for {self._lease:g} seconds")
        self._ticking = self._loop.call_later(self._lease / TICKS, self._tick)

    def _watch_exit(self) -> None:
        """Notice the exit at once also where a program that a node started keeps the socket open."""
        if self._process is None or not hasattr(os, "pidfd_open"):
            return
        with suppress(OSError):  # an old system: the socket's end has to do
            self._pid_fd = os.pidfd_open(self._process.pid)
            self._loop.add_reader(self._pid_fd, self._exited)

    def _exited(self) -> None:
        self._forget_pid_fd()
        if self._process is not None:
            self._process.wait()
        self._loop.call_later(_LAST_WORDS, self._bury)
        self._bury_when_dead()

    def _kill_deaf(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.end("was ended, because it closed its socket")
        self._bury_when_dead()

    def _bury_when_dead(self) -> None:
        """End all that hangs on the process, as soon as it has exited and all that it had said is heard."""
        if self._transport is not None or self.gone.is_set():
            return
        if self._process is None or self._process.poll() is not None:
            self._bury()
        elif self._pid_fd < 0:
            self._loop.call_later(0.02, self._bury_when_dead)

    def _bury(self) -> None:
        if self.gone.is_set():
            return
        self._forget_pid_fd()
        self.gone.set()
        if self._ticking is not None:
            self._ticking.cancel()
        if self._transport is not None:
            self._transport.abort()
        death = self._death()
        if not self.ready.done():
            self.ready.set_exception(death)
            self.ready.exception()  # nobody need have waited for it
        for question in self._questions.values():
            if not question.done():
                question.set_exception(death)
        for mailbox in self._runs.values():
            if self.closing:
                mailbox.put(GaveBack())
            else:
                mailbox.die(death)
        self._runs.clear()

    def _forget_pid_fd(self) -> None:
        if self._pid_fd >= 0:
            self._loop.remove_reader(self._pid_fd)
            os.close(self._pid_fd)
            self._pid_fd = -1

    def _death(self) -> WorkerDied:
        lines = self._log.last_lines()
        last = f"; its last lines ({self._log.path}):\n{lines}" if lines else ""
        return WorkerDied(f"the worker {self._name} {self._why or self._how()}{last}")

    def _how(self) -> str:
        code = None if self._process is None else self._process.returncode
        if code is None:
            return "is not running"
        if code >= 0:
            return f"ended with exit code {code}"
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        more = ", as the system does when memory runs out" if name == "SIGKILL" else ""
        return f"was killed by {name}{more}"
