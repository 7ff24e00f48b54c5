"""Worlds where every answer is known: data drawn from one Gaussian, or from a few of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from graphflow_nodes.diffusion.samplers import Estimate, Noise, Sampler
from graphflow_nodes.diffusion.schedules import ModelSampling

SAMPLING = ModelSampling.from_betas()


class World(Protocol):
    """Something that knows the clean picture in a noisy one."""

    def denoise(self, x: Tensor, sigma: float) -> Tensor: ...


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

    def variance(self, sigma: float) -> float:
        """The variance of x at a noise level."""
        return self.std**2 + sigma**2


@dataclass(frozen=True)
class Mixture:
    """Data from one of two Gaussians of equal weight, so that the estimate bends between them."""

    means: tuple[float, float] = (-1.0, 1.2)
    std: float = 0.3

    def denoise(self, x: Tensor, sigma: float) -> Tensor:
        """E[x0 | x]: the estimates of both, weighted by how likely each is."""
        variance = self.std**2 + sigma**2
        each = [Gaussian(mean, self.std) for mean in self.means]
        likely = torch.stack([-((x - mean) ** 2) / (2 * variance) for mean in self.means]).softmax(dim=0)
        return sum((weight * one.denoise(x, sigma) for weight, one in zip(likely, each, strict=True)), x * 0)


def network(x: Tensor, t: Tensor, context: Tensor, added: Mapping[str, Tensor]) -> Tensor:
    """Predict epsilon as a network would: x comes scaled, the first number of the context is the data's mean."""
    sigma = torch.tensor([SAMPLING.sigma(float(each)) for each in t]).view(-1, 1, 1, 1)
    mean = context[:, 0, 0].view(-1, 1, 1, 1)
    x = x * (sigma**2 + 1).sqrt()
    x0 = mean + (x - mean) * (0.25 / (0.25 + sigma**2))
    return (x - x0) / sigma


def context(mean: float, tokens: int = 77) -> Tensor:
    return torch.full((1, tokens, 4), mean)


def drive(
    sampler: Sampler,
    x: Tensor,
    sigmas: Sequence[float],
    world: World,
    noise: Noise | None = None,
    *,
    uncond: World | None = None,
    seen: Callable[[float], None] = lambda _sigma: None,
) -> Tensor:
    """Run a sampler against a closed-form denoiser, without any of our driver's parts; `seen` gets what it asks."""
    run = sampler.start(x, sigmas, noise or (lambda _here, _below: torch.randn_like(x)))
    x, sigma = next(run)
    while True:
        seen(sigma)
        try:
            x, sigma = run.send(Estimate(world.denoise(x, sigma), (uncond or world).denoise(x, sigma)))
        except StopIteration as end:
            result: Tensor = end.value
            return result
