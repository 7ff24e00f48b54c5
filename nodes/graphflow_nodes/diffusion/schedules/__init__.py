"""The noise levels of a diffusion model, and the schedules that walk down them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from graphflow_nodes.diffusion.schedules.levels import BetaSchedule, ModelSampling, Prediction, betas
from graphflow_nodes.diffusion.schedules.spacing import (
    beta,
    ddim_uniform,
    exponential,
    karras,
    kl_optimal,
    linear_quadratic,
    normal,
    sgm_uniform,
    simple,
)

Spacing = Callable[[ModelSampling, int], Tensor]
"""(levels of the model, steps) -> falling noise levels that end in zero."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A way to space the steps, with what a table says of it; calling it gives the noise levels."""

    spacing: Spacing
    formula: str
    source: str
    note: str = ""

    def __call__(self, sampling: ModelSampling, steps: int) -> Tensor:
        """Return falling noise levels that end in zero."""
        return self.spacing(sampling, steps)


SCHEDULES: Final[Mapping[str, Schedule]] = {
    "simple": Schedule(simple, "σ at time T − 1 − ⌊i T / n⌋", "Lin et al. 2024, trailing"),
    "sgm_uniform": Schedule(sgm_uniform, "σ at time (T − 1)(1 − i / n)", "Podell et al. 2023"),
    "karras": Schedule(karras, "evenly in σ^(1/7)", "Karras et al. 2022, eq. 5"),
    "exponential": Schedule(exponential, "evenly in log σ", "Lu et al. 2022, section 3.4"),
    "ddim_uniform": Schedule(
        ddim_uniform,
        "σ at times 1, 1 + ⌊T / n⌋, 1 + 2⌊T / n⌋, …",
        "Song et al. 2021, appendix D.2",
        "starts below the top; more steps than n where n does not divide T",
    ),
    "beta": Schedule(
        beta,
        "σ at time (T − 1) Q(1 − i / n), rounded, Q the quantile of Beta(0.6, 0.6)",
        "Lee et al. 2024",
        "fewer steps than n where two fall on one time",
    ),
    "normal": Schedule(normal, "σ at time (T − 1)(1 − i / (n − 1))", "Lin et al. 2024, linspace"),
    "linear_quadratic": Schedule(
        linear_quadratic,
        "a line down by 2.5 % for n / 2 steps, then a parabola",
        "Polyak et al. 2024",
        "made for video models of another kind: its last step is long, so pictures come out soft",
    ),
    "kl_optimal": Schedule(kl_optimal, "evenly in arctan σ", "Sabour et al. 2024, section 3"),
}


def noise_levels(
    schedule: Spacing, sampling: ModelSampling, steps: int, denoise: float = 1.0, *, skip_penultimate: bool = False
) -> Tensor:
    """Return the falling noise levels of `steps` steps, about (steps + 1,); none at all when `denoise` is 0.

    With `denoise` < 1 the schedule is made for steps / denoise steps and its last `steps` are taken. With
    `skip_penultimate` it is made for one step more, and its last level above zero is left out. Equal neighbours (more
    steps than trained levels) are merged: a step of length zero changes nothing, and multistep methods divide by it.
    """
    if denoise <= 0:
        return torch.empty(0)
    whole = steps if denoise > 0.9999 else int(steps / denoise)
    sigmas = schedule(sampling, whole + skip_penultimate)
    if skip_penultimate:
        sigmas = torch.cat([sigmas[:-2], sigmas[-1:]])
    if denoise <= 0.9999:
        sigmas = sigmas[-(steps + 1) :]
    distinct: Tensor = torch.unique_consecutive(sigmas)
    return distinct


def part_of(sigmas: Tensor, start: int, end: int, *, to_zero: bool) -> Tensor:
    """Return the levels from step `start` to step `end`; `to_zero` makes the last one 0, so that no noise is left.

    An `end` beyond the last step is the last step. None at all is returned when there is no step from `start` on.
    """
    part = sigmas[: end + 1].clone()
    if to_zero and len(part):
        part[-1] = 0
    return part[start:] if start < len(part) - 1 else part[:0]


__all__ = [
    "SCHEDULES",
    "BetaSchedule",
    "ModelSampling",
    "Prediction",
    "Schedule",
    "Spacing",
    "beta",
    "betas",
    "ddim_uniform",
    "exponential",
    "karras",
    "kl_optimal",
    "linear_quadratic",
    "noise_levels",
    "normal",
    "part_of",
    "sgm_uniform",
    "simple",
]
