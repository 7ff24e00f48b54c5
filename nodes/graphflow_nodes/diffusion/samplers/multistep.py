"""Methods that reuse the estimates of earlier steps."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

from torch import Tensor

from graphflow_nodes.diffusion.samplers.asking import Sampling

Clock = Callable[[float], float]
"""A time for a noise level."""


def lms(x: Tensor, sigmas: Sequence[float], order: int = 4) -> Sampling:
    """Adams-Bashforth steps of the probability-flow ODE on an uneven grid, up to order 4.

    Integrates the polynomial through the last slopes over the step, as in k-diffusion.
    """
    slopes: deque[Tensor] = deque(maxlen=order)  # newest first
    for step, (here, below) in enumerate(pairwise(sigmas)):
        estimate = yield x, here
        slopes.appendleft((x - estimate.x0) / here)
        known = [sigmas[step - back] for back in range(len(slopes))]
        x = _weighted(x, slopes, adams_weights(known, below))
    return x


def ipndm(x: Tensor, sigmas: Sequence[float]) -> Sampling:
    """Take Adams-Bashforth steps with the weights of an even grid, up to order 4; the step to zero is an Euler step.

    Liu et al. 2022, equation 12, started at lower orders (Zhang and Chen 2023, iPNDM).
    """
    slopes: deque[Tensor] = deque(maxlen=len(EVEN_WEIGHTS))  # newest first
    for here, below in pairwise(sigmas):
        slopes.appendleft((x - (yield x, here).x0) / here)
        weights = EVEN_WEIGHTS[len(slopes) - 1 if below > 0 else 0]
        x = _weighted(x, slopes, [weight * (below - here) for weight in weights])
    return x


EVEN_WEIGHTS: Final = (
    (1.0,),
    (3 / 2, -1 / 2),
    (23 / 12, -16 / 12, 5 / 12),
    (55 / 24, -59 / 24, 37 / 24, -9 / 24),
)


def vp_time(sigma: float) -> float:
    """Return the time at which the variance-preserving SDE with linear beta(t) has reached a noise level.

    Karras et al. 2022, table 1: sigma(t)^2 + 1 = exp(beta_d t^2 / 2 + beta_min t), with both constants from
    sigma(0.001) = 0.002 and sigma(1) = 80.
    """
    return (math.sqrt(BETA_MIN**2 + 2 * BETA_D * math.log(sigma**2 + 1)) - BETA_MIN) / BETA_D


BETA_D: Final = 2 * (math.log(0.002**2 + 1) / 0.001 - math.log(80**2 + 1)) / (0.001 - 1)
BETA_MIN: Final = math.log(80**2 + 1) - BETA_D / 2


def deis(x: Tensor, sigmas: Sequence[float], order: int = 3, clock: Clock = vp_time) -> Sampling:
    """Integrate the polynomial in time through the last slopes over the step; the step to zero is an Euler step.

    tAB-DEIS, Zhang and Chen 2023, equation 15. In the time `sigma` itself it would be lms.
    """
    slopes: deque[Tensor] = deque(maxlen=order)  # newest first
    for step, (here, below) in enumerate(pairwise(sigmas)):
        slopes.appendleft((x - (yield x, here).x0) / here)
        known = [sigmas[step - back] for back in range(len(slopes) if below > 0 else 1)]
        x = _weighted(x, slopes, adams_weights(known, below, clock, pieces=16))
    return x


def adams_weights(
    known: Sequence[float], below: float, clock: Clock = lambda sigma: sigma, pieces: int = 1
) -> list[float]:
    """Return the weight of the slope at each of the (at most 4) `known` levels in the step from known[0] to `below`.

    Weight j is the integral over sigma of the j-th Lagrange polynomial on the times of `known`. In the time sigma
    itself it is of degree 3 at most, so one piece by the Gauss-Legendre rule with two points is exact.
    """
    if len(known) > 4:
        raise ValueError(f"exact for at most 4 known slopes, got {len(known)}")
    half = (below - known[0]) / (2 * pieces)
    offset = half / math.sqrt(3)
    middles = [known[0] + half * (2 * piece + 1) for piece in range(pieces)]
    nodes = [clock(middle + side) for middle in middles for side in (-offset, offset)]
    times = [clock(level) for level in known]
    return [half * sum(_lagrange(times, j, tau) for tau in nodes) for j in range(len(known))]


def dpmpp_2m(x: Tensor, sigmas: Sequence[float]) -> Sampling:
    """DPM-Solver++(2M), the multistep method of second order in log sigma.

    Lu et al. 2022b, algorithm 2; exp(-h) is the ratio of the noise levels. The step to zero returns the estimate.
    """
    before: Tensor | None = None
    h_before = 0.0
    for here, below in pairwise(sigmas):
        x0 = (yield x, here).x0
        ratio = below / here
        h = -math.log(ratio) if below > 0 else math.inf
        if before is None or below == 0:
            x = x * ratio + x0 * (1 - ratio)
        else:
            bend = h / (2 * h_before)
            x = x * ratio + (x0 * (1 + bend) - before * bend) * (1 - ratio)
        before, h_before = x0, h
    return x


def _weighted(x: Tensor, slopes: Sequence[Tensor], weights: Sequence[float]) -> Tensor:
    for slope, weight in zip(slopes, weights, strict=False):  # a step to zero uses the newest slope only
        x = x + slope * weight
    return x


def _lagrange(known: Sequence[float], j: int, tau: float) -> float:
    return math.prod((tau - other) / (known[j] - other) for k, other in enumerate(known) if k != j)
