"""Methods that solve the reverse SDE in log sigma, along one Brownian path.

With eta 1 it is the SDE of Song et al. 2021b, with eta 0 the probability-flow ODE. The estimate is integrated as
in DPM-Solver++ (Lu et al. 2022b, section 5), the noise exactly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor

from graphflow_nodes.diffusion.samplers.asking import Noise, Sampling
from graphflow_nodes.diffusion.samplers.euler import ancestral_split


def dpmpp_sde(x: Tensor, sigmas: Sequence[float], noise: Noise, eta: float = 1.0) -> Sampling:
    """Step with the estimate in the middle of the step in log sigma, which is reached with noise of its own.

    DPM-Solver++ (SDE) of k-diffusion, with r 1/2: the singlestep method of second order.
    """
    for here, below in pairwise(sigmas):
        x0 = (yield x, here).x0
        if below == 0:
            return x0
        middle = math.sqrt(here * below)
        down, up = ancestral_split(here, middle, eta)
        between = x0 + (x - x0) * (down / here) + noise(here, middle) * up
        x0 = (yield between, middle).x0
        down, up = ancestral_split(here, below, eta)
        x = x0 + (x - x0) * (down / here) + noise(here, below) * up
    return x


def dpmpp_2m_sde(x: Tensor, sigmas: Sequence[float], noise: Noise, eta: float = 1.0) -> Sampling:
    """SDE-DPM-Solver++(2M), the multistep method of second order, in its midpoint form.

    Lu et al. 2022b, section 5, as in k-diffusion.
    """
    before: Tensor | None = None
    h_before = 0.0
    for here, below in pairwise(sigmas):
        x0 = (yield x, here).x0
        if below == 0:
            return x0
        h = math.log(here / below)
        kept, spread = _decay(h, eta, below)
        x = x0 + (x - x0) * kept + noise(here, below) * spread
        if before is not None:
            x = x + (x0 - before) * ((1 - kept) * h / (2 * h_before))
        before, h_before = x0, h
    return x


def dpmpp_3m_sde(x: Tensor, sigmas: Sequence[float], noise: Noise, eta: float = 1.0) -> Sampling:
    """SDE-DPM-Solver++(3M), the multistep method of third order, as in k-diffusion.

    phi_2 and phi_3 are the integrals of the exponential against the first and second divided difference.
    """
    before: list[tuple[Tensor, float]] = []  # (estimate, length of the step from it), newest first
    for here, below in pairwise(sigmas):
        x0 = (yield x, here).x0
        if below == 0:
            return x0
        h = math.log(here / below)
        kept, spread = _decay(h, eta, below)
        x = x0 + (x - x0) * kept + noise(here, below) * spread
        phi_2 = 1 + math.expm1(-h * (1 + eta)) / (h * (1 + eta))
        if before:
            (x0_1, h_1), *older = before
            rise = (x0 - x0_1) * (h / h_1)
            if older:
                x0_2, h_2 = older[0]
                bend = (rise - (x0_1 - x0_2) * (h / h_2)) * (h / (h_1 + h_2))
                x = x - bend * (phi_2 / (h * (1 + eta)) - 0.5)
                rise = rise + bend * (h_1 / h)
            x = x + rise * phi_2
        before = [(x0, h), *before[:1]]
    return x


def _decay(h: float, eta: float, below: float) -> tuple[float, float]:
    """Return what is left of x - x0 after a step of h in log sigma, and the spread of the noise that came in."""
    return math.exp(-h * (1 + eta)), below * math.sqrt(-math.expm1(-2 * eta * h))
