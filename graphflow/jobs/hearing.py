"""Hears the store's answers on an event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def hear(answer: Future[T], act: Callable[[Future[T]], None]) -> None:
    """Call `act` with an answer on the running loop, before anything that is delivered later.

    An answer that is given on the loop's own thread is heard at once and does not wake the loop again.
    """
    loop, here = asyncio.get_running_loop(), threading.get_ident()

    def given(answer: Future[T]) -> None:
        if threading.get_ident() == here:
            act(answer)
        elif not loop.is_closed():  # else nobody listens any more
            loop.call_soon_threadsafe(act, answer)

    answer.add_done_callback(given)


def heard(answer: Future[T]) -> asyncio.Future[T]:
    """Return a future of the running loop that is done as this one is; cancelling it cancels both."""
    hearing: asyncio.Future[T] = asyncio.get_running_loop().create_future()

    def pass_on(answer: Future[T]) -> None:
        if hearing.done():
            return
        if answer.cancelled():
            hearing.cancel()
        elif (error := answer.exception()) is not None:
            hearing.set_exception(error)
        else:
            hearing.set_result(answer.result())

    def stopped(hearing: asyncio.Future[T]) -> None:
        if hearing.cancelled():
            answer.cancel()

    hearing.add_done_callback(stopped)
    hear(answer, pass_on)
    return hearing
