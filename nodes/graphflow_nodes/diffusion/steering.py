"""Guidance by a score: any differentiable wish moves the estimate of each step."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from graphflow_nodes.diffusion.guidance import Steer

Score = Callable[[Tensor, float], Tensor]
"""(x0, sigma) -> log p(wish | x0) of each item: (batch, channels, height, width) -> (batch,), differentiable in x0.

x0 has unit variance; sigma tells how noisy the latent was that it was estimated from.
"""


def steer_by(score: Score, scale: float) -> Steer:
    """Return what moves an estimate by the gradient of a score: x0 + scale * sigma^2 * grad_x log p(wish | x).

    Dhariwal and Nichol 2021, algorithm 1, in the variance-exploding form, where x0 = x + sigma^2 * grad_x log p(x).
    The score judges the estimate x0 rather than the noisy x, so that it needs no training on noise; by the chain rule
    grad_x = dx0/dx * grad_x0, and dx0/dx is taken as 1 / (sigma^2 + 1): what it is on average for data of unit
    variance, and cheap, since no gradient runs through the network.
    """

    def steer(x0: Tensor, sigma: float) -> Tensor:
        with torch.inference_mode(mode=False), torch.enable_grad():
            here = x0.clone().requires_grad_()  # a clone, because what inference mode made has no gradient
            (gradient,) = torch.autograd.grad(score(here, sigma).sum(), here)
        return x0 + gradient * (scale * sigma**2 / (sigma**2 + 1))

    return steer


def all_of(steers: list[Steer]) -> Steer | None:
    """Return the steers one after the other as one, or None when there is none."""

    def steer(x0: Tensor, sigma: float) -> Tensor:
        for each in steers:
            x0 = each(x0, sigma)
        return x0

    return steer if steers else None
