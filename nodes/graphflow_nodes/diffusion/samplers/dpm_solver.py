"""DPM-Solver: steps of third order in t = -log sigma that choose their own noise levels, Lu et al. 2022a.

Both methods know of a schedule only its first level, its lowest level above zero and the number of its steps.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence

from torch import Tensor

from graphflow_nodes.diffusion.samplers.asking import Estimate, Sampling
from graphflow_nodes.diffusion.samplers.second_order import midpoint


def dpm_fast(x: Tensor, sigmas: Sequence[float]) -> Sampling:
    """Spend one evaluation for each step of the schedule on even steps in log sigma, three to a step of order 3.

    Lu et al. 2022a, section 3.4: what is left over at the end makes a step of order 2 or 1. A schedule that ends
    in zero takes one estimate more, to get there.
    """
    first, lowest = sigmas[0], _lowest(sigmas)
    if lowest < first:
        orders = fast_orders(len(sigmas) - 1)
        ratio = (lowest / first) ** (1 / len(orders))
        for step, order in enumerate(orders):
            here, below = first * ratio**step, first * ratio ** (step + 1)
            if order == 2:
                x = yield from midpoint(x, here, below)
                continue
            slope = (x - (yield x, here).x0) / here
            if order == 1:
                x = x + slope * (below - here)
            else:
                _, x = yield from _second_and_third(x, slope, here, below)
    return (yield x, lowest).x0 if sigmas[-1] == 0 else x


def fast_orders(evaluations: int) -> list[int]:
    """Return the orders of the steps that take so many evaluations: 3, 3, ... and the rest."""
    if evaluations % 3 == 0:
        return [3] * (evaluations // 3 - 1) + [2, 1]
    return [3] * (evaluations // 3) + [evaluations % 3]


def dpm_adaptive(
    x: Tensor,
    sigmas: Sequence[float],
    rtol: float = 0.05,
    atol: float = 0.0078,
    h_first: float = 0.05,
    safety: float = 0.81,
) -> Sampling:
    """Take steps in log sigma as long as the tolerance allows, judged by a step of order 2 inside one of order 3.

    Lu et al. 2022a, section 3.4 and appendix C (DPM-Solver-23), with the step control of k-diffusion: an integrating controller
    whose changes are limited by 1 + atan. A schedule that ends in zero takes one estimate more, to get there.
    """
    lowest = _lowest(sigmas)
    here, h, low_before = sigmas[0], h_first, x
    slope: Tensor | None = None
    while here > lowest * (1 + 1e-5):
        below = max(lowest, here * math.exp(-h))
        if slope is None:
            slope = (x - (yield x, here).x0) / here
        low, high = yield from _second_and_third(x, slope, here, below)
        allowed = (low.abs().maximum(low_before.abs()) * rtol).clamp(min=atol)
        error = float(((low - high) / allowed).square().mean().sqrt())
        if not math.isfinite(error):
            return high  # no step would be small enough: whoever called sees it in the result
        factor = 1 + math.atan((error + 1e-8) ** (-1 / 3) - 1)
        h *= factor
        if factor >= safety:
            x, here, low_before, slope = high, below, low, None
    return (yield x, lowest).x0 if sigmas[-1] == 0 else x


def _lowest(sigmas: Sequence[float]) -> float:
    return sigmas[-1] if sigmas[-1] > 0 else sigmas[-2]


def _second_and_third(
    x: Tensor, slope: Tensor, here: float, below: float
) -> Generator[tuple[Tensor, float], Estimate, tuple[Tensor, Tensor]]:
    """DPM-Solver-2 and DPM-Solver-3 with common slopes at 0, 1/3 and 2/3 of the step."""
    h = math.log(here / below)
    third, two_thirds = here * math.exp(-h / 3), here * math.exp(-h * 2 / 3)
    ahead = x + slope * (third - here)
    bend = (ahead - (yield ahead, third).x0) / third - slope
    low = x + (slope + bend * 1.5) * (below - here)
    curved = two_thirds * 2 * (math.expm1(h * 2 / 3) / (h * 2 / 3) - 1)
    ahead = x + slope * (two_thirds - here) - bend * curved
    bend = (ahead - (yield ahead, two_thirds).x0) / two_thirds - slope
    high = x + slope * (below - here) - bend * (below * 1.5 * (math.expm1(h) / h - 1))
    return low, high
