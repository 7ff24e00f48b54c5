"""Nine ways to walk down a model's noise levels, by the names that ComfyUI gave them.

Each takes the model's levels, `steps` n, and returns falling noise levels that end in zero: (n + 1,) float32, except
where it says otherwise. T is the number of trained times, sigma_t the noise level at time t.
"""

from __future__ import annotations

import math
from itertools import groupby

import torch
from torch import Tensor

from graphflow_nodes.diffusion.schedules.levels import ModelSampling
from graphflow_nodes.diffusion.schedules.quantile import beta_quantile


def simple(sampling: ModelSampling, steps: int) -> Tensor:
    """Take every (T / n)-th trained noise level from the top: sigma_(T - 1 - floor(i T / n)).

    "Trailing" spacing in Lin et al. 2024, table 2.
    """
    stride = len(sampling.sigmas) / steps
    return _down_to_zero([sampling.sigmas[-1 - int(step * stride)] for step in range(steps)])


def sgm_uniform(sampling: ModelSampling, steps: int) -> Tensor:
    """Space n + 1 times evenly from the last to the first and leave the first out, which zero stands for.

    Podell et al. 2023 sample SDXL so, in Stability AI's generative-models.
    """
    return _down_to_zero(_at_times(sampling, torch.linspace(_last(sampling), 0, steps + 1, dtype=torch.float64)[:-1]))


def karras(sampling: ModelSampling, steps: int, rho: float = 7.0) -> Tensor:
    """Space the levels evenly in sigma^(1/rho), rho = 7. Karras et al. 2022, equation 5."""
    low, high = sampling.sigma_min ** (1 / rho), sampling.sigma_max ** (1 / rho)
    return _down_to_zero((_ramp(high, low, steps) ** rho).tolist())


def exponential(sampling: ModelSampling, steps: int) -> Tensor:
    """Space the levels evenly in log sigma. Lu et al. 2022 (DPM-Solver), section 3.4, as log-SNR = -2 log sigma."""
    return _down_to_zero(_ramp(math.log(sampling.sigma_max), math.log(sampling.sigma_min), steps).exp().tolist())


def ddim_uniform(sampling: ModelSampling, steps: int) -> Tensor:
    """Take every floor(T / n)-th trained time from time 1 upwards, for as long as there are times.

    Song et al. 2021 (DDIM), appendix D.2. It starts below the top, and where n does not divide T it makes more steps
    than n: 31 for 30 steps of 1,000 times.
    """
    stride = max(len(sampling.sigmas) // steps, 1)
    return _down_to_zero(list(reversed(sampling.sigmas[1::stride])))


def beta(sampling: ModelSampling, steps: int, a: float = 0.6, b: float = 0.6) -> Tensor:
    """Space the times by the quantiles of a Beta(0.6, 0.6) distribution: dense at both ends.

    Time i is (T - 1) Q(1 - i / n), rounded to a trained time; times that come out equal are taken once, so there may
    be fewer steps than n. Lee et al. 2024 (Beta Sampling is All You Need).
    """
    last = len(sampling.sigmas) - 1
    times = [round(last * beta_quantile(1 - step / steps, a, b)) for step in range(steps)]
    return _down_to_zero([sampling.sigmas[t] for t, _ in groupby(times)])


def normal(sampling: ModelSampling, steps: int) -> Tensor:
    """Space the times evenly, from the last to the first.

    "Linspace" spacing in Lin et al. 2024, table 2.
    """
    return _down_to_zero(_at_times(sampling, _ramp(_last(sampling), 0, steps)))


def linear_quadratic(sampling: ModelSampling, steps: int, threshold: float = 0.025) -> Tensor:
    """Fall from the top on a straight line for n / 2 steps, down by a share of 0.025, then on a parabola to zero.

    The two meet with one slope. With L = floor(n / 2) the share fallen is 0.025 i / L, and beyond L also
    (L - 0.025 n) / L * ((i - L) / (n - L))^2. Polyak et al. 2024 (Movie Gen); Mochi 1 uses it so.
    """
    line = steps // 2
    if line == 0:
        return _down_to_zero([sampling.sigma_max])
    bend = (line - threshold * steps) / (line * (steps - line) ** 2)
    fallen = [threshold * i / line + bend * max(i - line, 0) ** 2 for i in range(steps)]
    return _down_to_zero([sampling.sigma_max * (1 - share) for share in fallen])


def kl_optimal(sampling: ModelSampling, steps: int) -> Tensor:
    """Space the levels evenly in arctan(sigma), which keeps the divergence of each step least for Gaussian data.

    Sabour et al. 2024 (Align Your Steps), section 3.
    """
    return _down_to_zero(_ramp(math.atan(sampling.sigma_max), math.atan(sampling.sigma_min), steps).tan().tolist())


def _ramp(start: float, end: float, count: int) -> Tensor:
    return torch.linspace(start, end, count, dtype=torch.float64)


def _last(sampling: ModelSampling) -> float:
    return float(len(sampling.sigmas) - 1)


def _at_times(sampling: ModelSampling, times: Tensor) -> list[float]:
    return [sampling.sigma(t) for t in times.tolist()]


def _down_to_zero(sigmas: list[float]) -> Tensor:
    return torch.tensor([*sigmas, 0.0], dtype=torch.float32)
