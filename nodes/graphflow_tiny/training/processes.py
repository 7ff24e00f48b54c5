"""Several processes that train copies of one model and average their weights every few steps."""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from typing import Any

import torch
import torch.multiprocessing as multiprocessing
from torch import Tensor, nn


def run_processes(work: Callable[..., None], count: int, arguments: tuple[Any, ...]) -> None:
    """Call `work(rank, *arguments)` in `count` processes, this one being rank 0; fail when another fails.

    Forked, not spawned: the training set is shared, and tools that pause the training by its command line see all.
    """
    context = multiprocessing.get_context("fork")
    others = [context.Process(target=work, args=(rank, *arguments), daemon=True) for rank in range(1, count)]
    for other in others:
        other.start()
    work(0, *arguments)
    for other in others:
        other.join()
        if other.exitcode != 0:
            raise RuntimeError(f"training process {other.pid} ended with {other.exitcode}")


class Meeting:
    """A place where processes leave their weights and take the mean along; also where one can ask all to stop."""

    def __init__(self, module: nn.Module, count: int) -> None:
        self.count = count
        self.barrier: Barrier = multiprocessing.get_context("fork").Barrier(count)
        size = sum(value.numel() for value in module.parameters())
        self.weights = torch.zeros(count, size).share_memory_()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        self.stop = torch.zeros(1).share_memory_()  # type: ignore[no-untyped-call]  # torch leaves it untyped

    @torch.no_grad()
    def average(self, module: nn.Module, rank: int) -> bool:
        """Replace the module's weights by the mean over all processes; answer whether a stop was asked for."""
        if self.count == 1:
            return bool(self.stop)
        self.weights[rank] = nn.utils.parameters_to_vector(module.parameters()).cpu()
        self.wait()
        mean = self.weights.mean(dim=0)
        stop = bool(self.stop)
        self.wait()
        _fill(module, mean)
        return stop

    def wait(self) -> None:
        """Wait for all; without a time limit, since any of them may be paused."""
        if self.count > 1:
            self.barrier.wait()


def _fill(module: nn.Module, weights: Tensor) -> None:
    place = 0
    for value in module.parameters():
        value.copy_(weights[place : place + value.numel()].view_as(value))
        place += value.numel()
