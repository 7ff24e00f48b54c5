"""Methods that reuse the estimates of earlier steps."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor

from graphflow_nodes.diffusion.samplers.asking import Sampling


def lms(x: Tensor, sigmas: Sequence[float], order: int = 4) -> Sampling:
    """Adams-Bashforth steps of the probability-flow ODE on an uneven grid, up to order 4.

    Integrates the polynomial through the last slopes over the step, as in k-diffusion.
    """
    slopes: deque[Tensor] = deque(maxlen=order)  # newest first
    for step, (here, below) in enumerate(pairwise(sigmas)):
        estimate = yield x, here
        slopes.appendleft((x - estimate.x0) / here)
        known = [sigmas[step - back] for back in range(len(slopes))]
        for slope, weight in zip(slopes, adams_weights(known, below), strict=True):
            x = x + slope * weight
    return x


def adams_weights(known: Sequence[float], below: float) -> list[float]:
    """Return the weight of the slope at each of the (at most 4) `known` levels in the step from known[0] to `below`.

    Weight j is the integral of the j-th Lagrange polynomial on `known`: of degree 3 at most, so the Gauss-Legendre
    rule with two points is exact.
    """
    if len(known) > 4:
        raise ValueError(f"exact for at most 4 known slopes, got {len(known)}")
    half = (below - known[0]) / 2
    middle, offset = known[0] + half, half / math.sqrt(3)
    nodes = (middle - offset, middle + offset)
    return [half * sum(_lagrange(known, j, tau) for tau in nodes) for j in range(len(known))]


def dpmpp_2m(x: Tensor, sigmas: Sequence[float]) -> Sampling:
    """DPM-Solver++(2M), the multistep method of second order in the log-SNR half-step h.

    Lu et al. 2022, algorithm 2; exp(-h) is the ratio of the noise levels. The step to zero returns the estimate.
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


def _lagrange(known: Sequence[float], j: int, tau: float) -> float:
    return math.prod((tau - other) / (known[j] - other) for k, other in enumerate(known) if k != j)
