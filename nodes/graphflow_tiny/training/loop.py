"""What every training stage shares: learning rate, averaged weights, checkpoints, the log."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from graphflow_nodes.diffusion.average import Ema


def learning_rate(step: int, steps: int, top: float, *, warm_up: int = 60, decay: float = 0.3) -> float:
    """Rise for `warm_up` steps, stay at `top`, and fall in a straight line to 5 % over the last `decay` of the run."""
    rise = min(1.0, (step + 1) / warm_up)
    fall = min(1.0, max(0.05, (steps - step) / (decay * steps)))
    return top * min(rise, fall)


class HasGroups(Protocol):
    """An optimizer, or several that take their steps together."""

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """Rates and the like, by parameters."""


def set_learning_rate(optimizer: HasGroups, rate: float) -> None:
    """Give every group of the optimizer this rate."""
    for group in optimizer.param_groups:
        group["lr"] = rate


def generator(stage: str, seed: int, step: int, rank: int = 0) -> torch.Generator:
    """Give the random numbers of one step: they depend on nothing else, so a resumed run draws the same ones."""
    mixed = hash((seed, step, rank, *stage.encode()))  # a hash of numbers is the same in every process
    return torch.Generator().manual_seed(mixed & 0x7FFF_FFFF_FFFF_FFFF)


def save_atomic(state: Mapping[str, Any], path: Path) -> None:
    """Write a checkpoint beside its place and rename it, so that a kill leaves the old one whole."""
    beside = path.with_suffix(f".{os.getpid()}.tmp")
    torch.save(dict(state), beside)
    beside.replace(path)


def load_checkpoint(path: Path) -> dict[str, Any] | None:
    """Read a checkpoint, or None where there is none yet."""
    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state


def resume(path: Path, module: nn.Module, optimizer: torch.optim.Optimizer, average: Ema) -> int:
    """Bring a course of one process to where its checkpoint was; return how many steps are done."""
    state = load_checkpoint(path)
    if state is None:
        return 0
    module.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    average.load_state_dict(state["ema"])
    return int(state["step"])


def keep(path: Path, step: int, module: nn.Module, optimizer: torch.optim.Optimizer, average: Ema) -> None:
    """Write the checkpoint that `resume` reads."""
    state = {"model": module.state_dict(), "optimizer": optimizer.state_dict(), "ema": average.state_dict()}
    save_atomic({"step": step, **state}, path)


def averaged(path: Path) -> dict[str, Tensor]:
    """Return the averaged weights of a checkpoint; raise FileNotFoundError where there is none."""
    state = load_checkpoint(path)
    if state is None:
        raise FileNotFoundError(f"{path} is missing: run the stage that writes it first")
    weights: dict[str, Tensor] = state["ema"]["weights"]
    return weights


class Log:
    """Append one JSON object per line to a file, and print it."""

    def __init__(self, path: Path, stage: str) -> None:
        self.path, self.stage, self.began = path, stage, time.monotonic()

    def __call__(self, **facts: float | int | str) -> None:
        """Write one line."""
        rounded = {name: round(value, 5) if isinstance(value, float) else value for name, value in facts.items()}
        line = json.dumps({"stage": self.stage, "seconds": round(time.monotonic() - self.began, 1), **rounded})
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        print(line, flush=True)


def zero_residual_branches(module: nn.Module) -> None:
    """Start every residual branch at zero, as the original latent diffusion code does and diffusers does not."""
    for name, value in module.named_parameters():
        if any(part in f".{name}" for part in (".conv2.", ".to_out.0.", ".proj_out.", ".ff.net.2.")):
            nn.init.zeros_(value)


def reconstruction_loss(out: Tensor, target: Tensor) -> Tensor:
    """Compare pictures: |d| + d^2 + |gradient of d| / 2; the last keeps edges sharp."""
    d = out - target
    across, down = d[..., :, 1:] - d[..., :, :-1], d[..., 1:, :] - d[..., :-1, :]
    return d.abs().mean() + d.square().mean() + 0.25 * (across.abs().mean() + down.abs().mean())


def mean(values: list[Tensor]) -> float:
    """Give the mean of scalar tensors as a number."""
    return float(torch.stack(values).mean()) if values else float("nan")
