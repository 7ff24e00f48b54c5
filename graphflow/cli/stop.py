"""Lets Ctrl-C and SIGTERM stop a run at its next step, and a second one at once."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

GRACE_SECONDS = 1.0
"""How long the second signal waits for Python to come back from a library before it ends the process."""
_SHOW_CURSOR = b"\x1b[?25h"


class Stop:
    """Whether somebody asked to stop."""

    def __init__(self) -> None:
        self.asked = False
        self.heard = False
        """A signal came in, though the main thread may not have noticed yet: for display only."""
        self.ended = threading.Event()

    def ask(self) -> None:
        """Ask to stop at the next step."""
        self.asked = True

    def __call__(self) -> bool:
        """Say whether to stop: what the executor calls `cancelled`."""
        return self.asked


@contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """Turn the first signal into a wish, and let the second end everything.

    Python runs signal handlers in the main thread, between two of its own instructions: while a library computes for
    a minute, none runs. So a thread listens as well, at the other end of the wake-up socket into which the
    interpreter writes at once.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():  # only there can signals be taken
        yield stop
        return

    def on_signal(*_: object) -> None:
        if stop.asked:
            raise KeyboardInterrupt
        stop.ask()

    hearing, waking = socket.socketpair()
    waking.setblocking(False)
    fd_before = signal.set_wakeup_fd(waking.fileno(), warn_on_full_buffer=False)
    before = {each: signal.signal(each, on_signal) for each in (signal.SIGINT, signal.SIGTERM)}
    threading.Thread(target=_listen, args=(hearing, stop), name="graphflow-stop", daemon=True).start()
    try:
        yield stop
    finally:
        stop.ended.set()
        for each, handler in before.items():
            signal.signal(each, handler)
        signal.set_wakeup_fd(fd_before)
        waking.close()


def _listen(hearing: socket.socket, stop: Stop) -> None:
    """Wait for a second signal; when the main thread does not follow it in time, end the process."""
    with hearing:
        if not hearing.recv(1):
            return
        stop.heard = True
        if not hearing.recv(1) or stop.ended.wait(GRACE_SECONDS):
            return
    if sys.stderr.isatty():
        os.write(2, _SHOW_CURSOR)
    os._exit(130)
