"""The forward process: how a clean latent becomes noise, in closed form at any time.

Ho et al. 2020 write x_t = sqrt(alpha_bar_t) x0 + sqrt(1 - alpha_bar_t) eps, of constant variance; samplers here walk
x = x0 + sigma eps. The two differ by a factor: x_t = sqrt(alpha_bar_t) x, with sigma^2 = (1 - alpha_bar) / alpha_bar.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor


def alpha_bar(sigma: float) -> float:
    """Return the share of the clean latent's variance at a noise level: 1 / (sigma^2 + 1)."""
    return 1 / (sigma**2 + 1)


def betas_of(sigmas: Sequence[float]) -> list[float]:
    """Return beta_t = 1 - alpha_bar_t / alpha_bar_(t-1) from the noise levels of all times; alpha_bar_(-1) is 1."""
    kept = [1.0, *(alpha_bar(sigma) for sigma in sigmas)]
    return [1 - here / before for before, here in pairwise(kept)]


def diffuse(x0: Tensor, noise: Tensor, sigma: float) -> Tensor:
    """Draw from q(x_t | x0): sqrt(alpha_bar) x0 + sqrt(1 - alpha_bar) noise. Ho et al. 2020, equation 4."""
    kept = alpha_bar(sigma)
    return x0 * math.sqrt(kept) + noise * math.sqrt(1 - kept)


def signal_to_noise(sigma: float) -> float:
    """Return alpha_bar / (1 - alpha_bar), which is 1 / sigma^2. Kingma et al. 2021, equation 2."""
    return 1 / sigma**2
