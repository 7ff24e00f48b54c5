"""Guidance by a score, in a world where the posterior has a closed form."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from graphflow_nodes.diffusion.denoiser import Denoiser
from graphflow_nodes.diffusion.driver import Start, sample
from graphflow_nodes.diffusion.guidance import Guidance, Prompt
from graphflow_nodes.diffusion.samplers import SAMPLERS
from graphflow_nodes.diffusion.schedules import karras
from graphflow_nodes.diffusion.steering import all_of, steer_by
from tests.diffusion.gaussian import SAMPLING, context

MEAN = 0.4  # data from N(0.4, 1)
SEEN, SPREAD = 1.5, 0.7  # an observation of 1.5 with this deviation


def unit_gaussian(x: Tensor, t: Tensor, _context: Tensor, _added: Mapping[str, Tensor]) -> Tensor:
    """The best network for data of unit variance: eps = (x - E[x0 | x]) / sigma."""
    sigma = torch.tensor([SAMPLING.sigma(float(each)) for each in t]).view(-1, 1, 1, 1)
    x = x * (sigma**2 + 1).sqrt()
    return (x - MEAN) * sigma / (sigma**2 + 1)


def observation(x0: Tensor, sigma: float) -> Tensor:
    """log p(seen | x): what the picture will be is still uncertain by sigma^2 / (sigma^2 + 1)."""
    variance = SPREAD**2 + sigma**2 / (sigma**2 + 1)
    return -((SEEN - x0) ** 2).sum(dim=(1, 2, 3)) / (2 * variance)


def made(scale: float, steps: int = 60, mean: float = MEAN) -> Tensor:
    """Samples, begun where noisy data lies: a flow carries what its start is off, shrunk by sigma, to its end."""
    noise = torch.randn(1, 4, 64, 64, generator=torch.Generator().manual_seed(2))
    steer = all_of([steer_by(observation, scale)])
    guidance = Guidance(SAMPLING, [Prompt(context(0.0))], [], 1.0, steer=steer)
    start = Start(torch.full_like(noise, mean), noise)
    levels = karras(SAMPLING, steps)
    return sample(
        SAMPLERS["dpmpp_2m"], guidance, Denoiser(unit_gaussian), start, levels, step_noise=lambda _a, _b: noise
    )


def test_guided_samples_are_those_of_the_posterior() -> None:
    # Bayes: 1 / variance = 1 + 1 / spread^2, mean = variance * (prior mean + seen / spread^2).
    variance = 1 / (1 + 1 / SPREAD**2)
    mean = variance * (MEAN + SEEN / SPREAD**2)

    samples = made(scale=1.0, mean=mean)

    assert samples.mean().item() == pytest.approx(mean, abs=0.02)
    assert samples.std().item() == pytest.approx(variance**0.5, rel=0.02)


def test_without_scale_the_samples_are_those_of_the_prior() -> None:
    samples = made(scale=0.0)

    assert samples.mean().item() == pytest.approx(MEAN, abs=0.02)
    assert samples.std().item() == pytest.approx(1.0, rel=0.02)


def test_a_larger_scale_goes_further() -> None:
    means = [made(scale, steps=12).mean().item() for scale in (0.0, 0.5, 1.0, 2.0)]

    assert means == sorted(means)
    assert means[-1] < SEEN


def test_the_step_is_the_gradient_of_the_score_times_sigma_squared() -> None:
    x0 = torch.tensor([1.0, -2.0]).view(2, 1, 1, 1)
    steer = steer_by(lambda x, _sigma: -(x**2).sum(dim=(1, 2, 3)), scale=3.0)

    with torch.inference_mode():
        moved = steer(x0, 2.0)

    assert_close(moved, x0 - 2 * x0 * 3.0 * 4.0 / 5.0)


def test_two_wishes_act_one_after_the_other_and_none_is_nothing() -> None:
    both = all_of([lambda x0, _sigma: x0 + 1, lambda x0, _sigma: x0 * 2])

    assert both is not None
    assert_close(both(torch.ones(1), 1.0), torch.full((1,), 4.0))
    assert all_of([]) is None
