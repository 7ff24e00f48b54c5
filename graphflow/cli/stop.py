"""Lets Ctrl-C and SIGTERM stop a run at its next step, and a second Ctrl-C at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Stop:
    """Whether somebody asked to stop."""

    def __init__(self) -> None:
        self.asked = False

    def ask(self) -> None:
        """Ask to stop at the next step."""
        self.asked = True

    def __call__(self) -> bool:
        """Say whether to stop: what the executor calls `cancelled`."""
        return self.asked


@contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """Turn the first signal into a wish, and let the second act as it would without us."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():  # only there can signals be taken
        yield stop
        return
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}

    def on_signal(*_: object) -> None:
        stop.ask()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

    for each in before:
        signal.signal(each, on_signal)
    try:
        yield stop
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
