"""A world where every answer is known: data drawn from one Gaussian, whose best denoiser has a closed form."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from graphflow_nodes.diffusion.samplers import Estimate, Noise, Sampler
from graphflow_nodes.diffusion.schedules import ModelSampling

SAMPLING = ModelSampling.from_betas()


@dataclass(frozen=True)
class Gaussian:
    """Data from N(mean, std^2), element by element."""

    mean: float = 0.3
    std: float = 0.5

    def denoise(self, x: Tensor, sigma: float) -> Tensor:
        """E[x0 | x] when x = x0 + sigma * noise."""
        return self.mean + (x - self.mean) * (self.std**2 / (self.std**2 + sigma**2))

    def flow(self, x: Tensor, start: float, end: float) -> Tensor:
        """Where the probability-flow ODE carries x from one noise level to another."""
        return self.mean + (x - self.mean) * math.sqrt((self.std**2 + end**2) / (self.std**2 + start**2))


def network(x: Tensor, t: Tensor, context: Tensor, added: Mapping[str, Tensor]) -> Tensor:
    """Predict epsilon as a network would: x comes scaled, the first number of the context is the data's mean."""
    sigma = torch.tensor([SAMPLING.sigma(float(each)) for each in t]).view(-1, 1, 1, 1)
    mean = context[:, 0, 0].view(-1, 1, 1, 1)
    x = x * (sigma**2 + 1).sqrt()
    x0 = mean + (x - mean) * (0.25 / (0.25 + sigma**2))
    return (x - x0) / sigma


def context(mean: float, tokens: int = 77) -> Tensor:
    return torch.full((1, tokens, 4), mean)


def drive(sampler: Sampler, x: Tensor, sigmas: list[float], world: Gaussian, noise: Noise | None = None) -> Tensor:
    """Run a sampler against the closed-form denoiser, without any of our driver's parts."""
    run = sampler.start(x, sigmas, noise or (lambda _here, _below: torch.randn_like(x)))
    x, sigma = next(run)
    while True:
        try:
            x, sigma = run.send(Estimate(world.denoise(x, sigma)))
        except StopIteration as end:
            result: Tensor = end.value
            return result
