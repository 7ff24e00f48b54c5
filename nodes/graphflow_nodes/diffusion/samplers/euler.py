"""One-step methods of first order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor

from graphflow_nodes.diffusion.samplers.asking import Noise, Sampling


def euler(x: Tensor, sigmas: Sequence[float]) -> Sampling:
    """Euler steps of the probability-flow ODE, dx/dsigma = (x - D(x; sigma)) / sigma.

    Karras et al. 2022, algorithm 1 without its correction. DDIM with eta 0 (Song et al. 2021, equation 13) is this very step.
    """
    for here, below in pairwise(sigmas):
        estimate = yield x, here
        x = x + (x - estimate.x0) * ((below - here) / here)
    return x


def euler_cfg_pp(x: Tensor, sigmas: Sequence[float]) -> Sampling:
    """Euler steps that add the noise of the unguided estimate again to the guided one.

    CFG++, Chung et al. 2024, algorithm 2: x = x0 + sigma_next * (x - uncond) / sigma.
    """
    for here, below in pairwise(sigmas):
        estimate = yield x, here
        if estimate.uncond is None:
            raise ValueError("euler_cfg_pp needs the unguided estimate beside the guided one")
        x = estimate.x0 + (x - estimate.uncond) * (below / here)
    return x


def euler_ancestral(x: Tensor, sigmas: Sequence[float], noise: Noise, eta: float = 1.0) -> Sampling:
    """Step below the next noise level, then add fresh noise up to it.

    With eta 1 the step is the posterior q(x_next | x, x0) of Ho et al. 2020, equation 6, so DDPM is this very step.
    """
    for here, below in pairwise(sigmas):
        estimate = yield x, here
        down, up = ancestral_split(here, below, eta)
        x = x + (x - estimate.x0) * ((down - here) / here)
        if up > 0:
            x = x + noise(here, below) * up
    return x


def lcm(x: Tensor, sigmas: Sequence[float], noise: Noise) -> Sampling:
    """Jump to the estimate, then noise it to the next level, for models that were made consistent.

    Song et al. 2023, algorithm 1; Luo et al. 2023, algorithm 3.
    """
    for here, below in pairwise(sigmas):
        x = (yield x, here).x0
        if below > 0:
            x = x + noise(here, below) * below
    return x


def ancestral_split(here: float, below: float, eta: float = 1.0) -> tuple[float, float]:
    """Return (down, up) with down^2 + up^2 = below^2: how far to step, and how much noise to add again."""
    up = min(below, eta * (below**2 * (here**2 - below**2) / here**2) ** 0.5)
    return float((below**2 - up**2) ** 0.5), float(up)
