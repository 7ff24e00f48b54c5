"""One-step methods that look at the slope a second time, further down."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor

from graphflow_nodes.diffusion.samplers.asking import Noise, Sampling
from graphflow_nodes.diffusion.samplers.euler import ancestral_split


def heun(x: Tensor, sigmas: Sequence[float]) -> Sampling:
    """Average the slopes at both ends of the step; the step to zero is an Euler step.

    Karras et al. 2022, algorithm 1.
    """
    for here, below in pairwise(sigmas):
        slope = (x - (yield x, here).x0) / here
        ahead = x + slope * (below - here)
        if below > 0:
            slope = (slope + (ahead - (yield ahead, below).x0) / below) / 2
            ahead = x + slope * (below - here)
        x = ahead
    return x


def heunpp2(x: Tensor, sigmas: Sequence[float]) -> Sampling:
    """Average the slopes here, one step and two steps ahead, the later ones by their share of the first noise level.

    Heun++ as in ComfyUI. The last step is an Euler step, the one before it looks one step ahead. The
    shares are not those of a quadrature rule, so the order stays 1; the slopes ahead count most where noise is high.
    """
    for step, (here, below) in enumerate(pairwise(sigmas)):
        first = slope = average = (x - (yield x, here).x0) / here
        looks = sigmas[step + 1 : min(step + 3, len(sigmas) - 1)]  # all but the last level of all
        ahead = x
        for above, level in pairwise((here, *looks)):
            ahead = ahead + slope * (level - above)
            slope = (ahead - (yield ahead, level).x0) / level
            average = average + (slope - first) * (level / ((len(looks) + 1) * sigmas[0]))
        x = x + average * (below - here)
    return x


def dpm_2(x: Tensor, sigmas: Sequence[float]) -> Sampling:
    """Take the slope in the middle of the step in log sigma; the step to zero is an Euler step.

    DPM-Solver-2, Lu et al. 2022a, algorithm 1, with the slope of Karras et al. 2022, equation 3.
    """
    for here, below in pairwise(sigmas):
        x = yield from midpoint(x, here, below)
    return x


def dpm_2_ancestral(x: Tensor, sigmas: Sequence[float], noise: Noise, eta: float = 1.0) -> Sampling:
    """Take the step of dpm_2 to below the next noise level, then add fresh noise up to it."""
    for here, below in pairwise(sigmas):
        down, up = ancestral_split(here, below, eta)
        x = yield from midpoint(x, here, down)
        if up > 0:
            x = x + noise(here, below) * up
    return x


def dpmpp_2s_ancestral(x: Tensor, sigmas: Sequence[float], noise: Noise, eta: float = 1.0) -> Sampling:
    """Take a step of DPM-Solver++(2S) to below the next noise level, then add fresh noise up to it.

    Lu et al. 2022b, algorithm 1, with the estimate in the middle of the step in log sigma.
    """
    for here, below in pairwise(sigmas):
        x0 = (yield x, here).x0
        down, up = ancestral_split(here, below, eta)
        if down > 0:
            middle = math.sqrt(here * down)
            x0 = (yield x0 + (x - x0) * (middle / here), middle).x0
        x = x0 + (x - x0) * (down / here)
        if up > 0:
            x = x + noise(here, below) * up
    return x


def midpoint(x: Tensor, here: float, below: float) -> Sampling:
    """Step with the slope that is found in the middle in log sigma; to zero, with the slope at `here`."""
    slope = (x - (yield x, here).x0) / here
    if below > 0:
        middle = math.sqrt(here * below)
        between = x + slope * (middle - here)
        slope = (between - (yield between, middle).x0) / middle
    return x + slope * (below - here)
