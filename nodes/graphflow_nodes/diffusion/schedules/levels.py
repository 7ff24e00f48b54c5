"""The noise levels that a discrete diffusion model was trained on.

`sigma` is the noise level of the variance-exploding form x = x0 + sigma * noise (Karras et al. 2022), `t` the
model's own time in 0..T-1.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from typing import Literal

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
