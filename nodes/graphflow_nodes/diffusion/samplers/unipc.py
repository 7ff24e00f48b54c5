"""UniPC: a predictor and a corrector of any order that share their estimates, Zhao et al. 2023."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor

from graphflow_nodes.diffusion.samplers.asking import Sampling

Variant = Literal["bh1", "bh2"]


def uni_pc(x: Tensor, sigmas: Sequence[float]) -> Sampling:
    """Predict the next x, and correct it with the estimate that is found there: UniPC-3 with B(h) = h."""
    return _uni_pc(x, sigmas, "bh1")


def uni_pc_bh2(x: Tensor, sigmas: Sequence[float]) -> Sampling:
    """Predict and correct as uni_pc does, with B(h) = exp(h) - 1."""
    return _uni_pc(x, sigmas, "bh2")


def _uni_pc(x: Tensor, sigmas: Sequence[float], variant: Variant) -> Sampling:
    """Predict the next x, and correct it when its estimate is known: algorithms 1 and 2, with data prediction.

    The order rises by one a step up to 3 and falls again to 1 in the last step, which is not corrected.
    """
    steps = len(sigmas) - 1
    highest = min(3, max(steps - 1, 1))
    known: deque[tuple[float, Tensor]] = deque(maxlen=highest)  # (sigma, x0), newest first
    used, start = 0, x
    for step, (here, below) in enumerate(pairwise(sigmas), start=1):
        x0 = (yield x, here).x0
        if step > 1:
            x = _update(start, list(known)[:used], here, variant, x0)
        known.appendleft((here, x0))
        used, start = min(highest, step, steps + 1 - step), x
        x = _update(start, list(known)[:used], below, variant)
    return x


def _update(
    x: Tensor, known: Sequence[tuple[float, Tensor]], below: float, variant: Variant, reached: Tensor | None = None
) -> Tensor:
    """Step from known[0] to `below`, through the estimates that are known and, to correct, the one `reached` there."""
    (here, x0), *older = known
    result = x0 + (x - x0) * (below / here)
    if not older and reached is None:
        return result
    h = math.log(here / below)
    places = [(math.log(here / sigma) / h, estimate) for sigma, estimate in older]
    if reached is not None:
        places.append((1.0, reached))
    scale = -h if variant == "bh1" else math.expm1(-h)
    weights = _weights([place for place, _ in places], h, scale)
    for (place, estimate), weight in zip(places, weights, strict=True):
        result = result - (estimate - x0) * (scale * weight / place)
    return result


def _weights(places: Sequence[float], h: float, scale: float) -> list[float]:
    """Solve sum_m a_m r_m^(n-1) = -h n! phi_(n+1)(-h) / B for the a_m, as in theorem 3.1; one alone is simply 1/2."""
    if len(places) == 1:
        return [0.5]
    phi, factorial = math.expm1(-h) / -h - 1, 1  # -h phi_2(-h)
    wanted = []
    for n in range(1, len(places) + 1):
        wanted.append(phi * factorial / scale)
        factorial *= n + 1
        phi = phi / -h - 1 / factorial
    powers = torch.tensor([[place**n for place in places] for n in range(len(places))], dtype=torch.float64)
    solved: list[float] = torch.linalg.solve(powers, torch.tensor(wanted, dtype=torch.float64)).tolist()
    return solved
