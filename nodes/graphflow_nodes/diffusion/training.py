"""The training algorithm's formulas: the forward process for a batch, its loss, and which moments to train on.

A moment is one of the model's own times t in 0..T-1, as trained on; `alpha_bar` is a table over all of them, (T,).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from graphflow_nodes.diffusion.forward import alpha_bar as alpha_bar_at
from graphflow_nodes.diffusion.schedules import Prediction, betas

STEPS = 1000


def alpha_bars(steps: int = STEPS, first: float = 0.00085, last: float = 0.012) -> Tensor:
    """Give alpha_bar_t, the share of signal left after step t; Stable Diffusion's scaled-linear betas."""
    return torch.cumprod(1 - betas("scaled_linear", first, last, steps), dim=0).float()


def alpha_bars_of(sigmas: Sequence[float]) -> Tensor:
    """Give alpha_bar_t for a model's own noise levels, (T,)."""
    return torch.tensor([alpha_bar_at(sigma) for sigma in sigmas], dtype=torch.float64).float()


def q_sample(x0: Tensor, t: Tensor, eps: Tensor, alpha_bar: Tensor) -> Tensor:
    """Draw from q(x_t | x_0) = N(sqrt(alpha_bar_t) x_0, (1 - alpha_bar_t) I); Ho et al. 2020, equation 4.

    `x0`, `eps`: (batch, channels, height, width); `t`: (batch,) integers.
    """
    a = alpha_bar[t][:, None, None, None]
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


def target_of(prediction: Prediction, x0: Tensor, t: Tensor, eps: Tensor, alpha_bar: Tensor) -> Tensor:
    """Give what the network shall answer: the noise, or v = sqrt(alpha_bar_t) eps - sqrt(1 - alpha_bar_t) x_0.

    v is from Salimans & Ho 2022, section 4.
    """
    if prediction == "epsilon":
        return eps
    a = alpha_bar[t][:, None, None, None]
    return a.sqrt() * eps - (1 - a).sqrt() * x0


def epsilon_loss(predicted: Tensor, eps: Tensor, weight: Tensor) -> Tensor:
    """Give the weighted || eps - eps_theta(x_t, t, c) ||^2 (Ho et al. 2020, algorithm 1); `weight`: (batch,)."""
    return ((predicted - eps).square().mean(dim=(1, 2, 3)) * weight).mean()


def min_snr_weights(alpha_bar: Tensor, gamma: float, prediction: Prediction = "epsilon") -> Tensor:
    """Weigh the loss at each t by min(SNR, gamma) / SNR, for v by min(SNR, gamma) / (SNR + 1).

    Hang et al. 2023, equation 6 and section 3.4. A small gamma spends the effort on high noise, where the layout is
    decided and the words are needed.
    """
    snr = alpha_bar / (1 - alpha_bar)
    return snr.clamp(max=gamma) / (snr if prediction == "epsilon" else snr + 1)


def moments(weights: Tensor) -> Tensor:
    """Give the probability with which each t is drawn: as the square root of its weight, and 2 % everywhere.

    The other half of the weight stays in the loss, which keeps its variance low.
    """
    likely = weights.sqrt() / weights.sqrt().sum()
    return 0.98 * likely + 0.02 / len(weights)


def draw_moments(probability: Tensor, count: int, random: torch.Generator) -> Tensor:
    """Draw `count` moments t, one from each of as many equally likely strata, (count,)."""
    u = (torch.arange(count) + torch.rand(count, generator=random)) / count
    return torch.searchsorted(probability.cumsum(0), u).clamp(max=len(probability) - 1)


def weight_left(weights: Tensor, probability: Tensor, t: Tensor) -> Tensor:
    """Give the weights of a loss at moments t that were drawn with `probability`, (batch,).

    What the draw has already weighed is taken out; dividing by the mean keeps the size of the loss.
    """
    return weights[t] / (probability[t] * len(weights)) / weights.mean()
