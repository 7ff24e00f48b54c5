"""How many threads a network's mathematics gets on the CPU."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import torch

ALL: Final = torch.get_num_threads()
"""What torch or the user chose, taken before anything here changes it."""

SMALL: Final = 1e10
"""Weights times places below which one thread is enough: some 50 ms of one core."""


@contextmanager
def threads_for(device: torch.device, weights: int, places: int) -> Iterator[None]:
    """Give a small forward one thread and a large one all, for the time of a block.

    The threads of a parallel region wait for each other by spinning. In small regions that gains little on an idle
    machine, and on a busy one it was seen to cost twenty times the work itself. The number is set anew each time, and
    never derived from the present one, because a new thread begins with whatever another has set last.
    """
    if device.type != "cpu":
        yield
        return
    torch.set_num_threads(1 if weights * places < SMALL else ALL)
    try:
        yield
    finally:
        torch.set_num_threads(ALL)
