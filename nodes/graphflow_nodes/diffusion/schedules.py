"""The noise levels of a discrete diffusion model, and the schedules that walk down them.

`sigma` is the noise level of the variance-exploding form x = x0 + sigma * noise (Karras et al. 2022), `t` the
model's own time in 0..T-1. Schedules follow k-diffusion and ComfyUI by name and formula.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import torch
from torch import Tensor

BetaSchedule = Literal["linear", "scaled_linear"]
Prediction = Literal["epsilon", "v_prediction"]


@dataclass(frozen=True, slots=True)
class ModelSampling:
    """Map between noise level and time for a model trained on T discrete steps.

    `sigmas` rises with t; `log_sigmas` is its logarithm, between whose entries both directions interpolate.
    """

    sigmas: tuple[float, ...]
    log_sigmas: tuple[float, ...]
    prediction: Prediction = "epsilon"

    @classmethod
    def from_betas(
        cls,
        schedule: BetaSchedule = "scaled_linear",
        start: float = 0.00085,
        end: float = 0.012,
        steps: int = 1000,
        prediction: Prediction = "epsilon",
    ) -> ModelSampling:
        """Build from a beta schedule: sigma_t = sqrt((1 - alpha_bar_t) / alpha_bar_t).

        Ho et al. 2020, equation 4, in the coordinates of Karras et al. 2022, appendix C.3.4.
        """
        alpha_bar = torch.cumprod(1 - betas(schedule, start, end, steps), dim=0)
        sigmas = ((1 - alpha_bar) / alpha_bar).sqrt()
        return cls(tuple(sigmas.tolist()), tuple(sigmas.log().tolist()), prediction)

    @property
    def sigma_min(self) -> float:
        """Return the lowest noise level the model was trained on."""
        return self.sigmas[0]

    @property
    def sigma_max(self) -> float:
        """Return the highest noise level the model was trained on."""
        return self.sigmas[-1]

    def sigma(self, t: float) -> float:
        """Return the noise level at time `t`, linear in log sigma between whole times, held at both ends."""
        last = len(self.sigmas) - 1
        t = min(max(t, 0.0), float(last))
        low = min(int(t), last - 1)
        part = t - low
        return math.exp((1 - part) * self.log_sigmas[low] + part * self.log_sigmas[low + 1])

    def timestep(self, sigma: float) -> float:
        """Return the time at noise level `sigma`, the inverse of `sigma`, held to 0..T-1."""
        logs = self.log_sigmas
        wanted = math.log(max(sigma, 1e-10))
        low = min(max(bisect_right(logs, wanted) - 1, 0), len(logs) - 2)
        part = (wanted - logs[low]) / (logs[low + 1] - logs[low])
        return low + min(max(part, 0.0), 1.0)

    def sigma_at_percent(self, percent: float) -> float:
        """Return the noise level when `percent` (0..1) of the model's time has passed: inf at 0, 0 at 1."""
        if percent <= 0:
            return math.inf
        if percent >= 1:
            return 0.0
        return self.sigma((1 - percent) * (len(self.sigmas) - 1))


def betas(schedule: BetaSchedule, start: float, end: float, steps: int) -> Tensor:
    """Return the variances beta_t, (steps,) float64: linear (Ho et al.), or linear in the root (Rombach et al.)."""
    if schedule == "linear":
        return torch.linspace(start, end, steps, dtype=torch.float64)
    if schedule == "scaled_linear":
        return torch.linspace(start**0.5, end**0.5, steps, dtype=torch.float64) ** 2
    raise ValueError(f"unknown beta schedule {schedule!r}; known are 'linear' and 'scaled_linear'")


Schedule = Callable[[ModelSampling, int], Tensor]


def normal(sampling: ModelSampling, steps: int) -> Tensor:
    """Space the steps evenly in time, from the last time to the first, then zero: (steps + 1,)."""
    times = torch.linspace(sampling.timestep(sampling.sigma_max), 0, steps, dtype=torch.float64)
    return _down_to_zero([sampling.sigma(t) for t in times.tolist()])


def simple(sampling: ModelSampling, steps: int) -> Tensor:
    """Take every (T / steps)-th trained noise level from the top, then zero: (steps + 1,)."""
    stride = len(sampling.sigmas) / steps
    return _down_to_zero([sampling.sigmas[-1 - int(step * stride)] for step in range(steps)])


def karras(sampling: ModelSampling, steps: int, rho: float = 7.0) -> Tensor:
    """Space the steps evenly in sigma^(1/rho), then zero: (steps + 1,). Karras et al. 2022, equation 5."""
    ramp = torch.linspace(0, 1, steps, dtype=torch.float64)
    low, high = sampling.sigma_min ** (1 / rho), sampling.sigma_max ** (1 / rho)
    return _down_to_zero(((high + ramp * (low - high)) ** rho).tolist())


SCHEDULES: Final[Mapping[str, Schedule]] = {"simple": simple, "karras": karras, "normal": normal}


def noise_levels(schedule: Schedule, sampling: ModelSampling, steps: int, denoise: float = 1.0) -> Tensor:
    """Return the falling noise levels of `steps` steps, at most (steps + 1,); none at all when `denoise` is 0.

    With `denoise` < 1 the schedule is made for steps / denoise steps and its last `steps` are taken. Equal
    neighbours (more steps than trained levels) are merged: a step of length zero changes nothing, and multistep
    methods divide by it.
    """
    if denoise <= 0:
        return torch.empty(0)
    whole = steps if denoise > 0.9999 else int(steps / denoise)
    sigmas: Tensor = torch.unique_consecutive(schedule(sampling, whole)[-(steps + 1) :])
    return sigmas


def _down_to_zero(sigmas: list[float]) -> Tensor:
    return torch.tensor([*sigmas, 0.0], dtype=torch.float32)
