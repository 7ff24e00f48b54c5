"""Stochastic samplers: the distribution that they make, exactly, and the path that a seed fixes.

With Gaussian data every method is linear in x and in its noises, so the variance of what it makes is a sum of squared
coefficients: each element of the tensor carries one of them, and nothing has to be drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor

from graphflow_nodes.diffusion.noise import step_noise
from graphflow_nodes.diffusion.samplers import SAMPLERS, Noise
from graphflow_nodes.diffusion.schedules import karras
from tests.diffusion.gaussian import SAMPLING, Gaussian, Mixture, drive
from tests.diffusion.test_sampler_order import geometric, ramp

STOCHASTIC = [name for name, sampler in SAMPLERS.items() if sampler.stochastic and name != "lcm"]
MEMORY = ("dpmpp_2m_sde", "dpmpp_3m_sde")  # the first step after a split has none


def coefficients(sigmas: Sequence[float]) -> tuple[Tensor, Noise]:
    """Return x as 1 in the first element, and a Brownian path whose increments each have an element of their own."""
    points = np.array(sorted({*sigmas, *(math.sqrt(a * b) for a, b in pairwise(sigmas) if b > 0)} - {0}, reverse=True))
    lengths = torch.from_numpy(np.diff(points**-2))

    def noise(here: float, below: float) -> Tensor:
        first, last = (int(np.abs(points - level).argmin()) for level in (here, below))
        unit = torch.zeros(len(points), dtype=torch.float64)
        unit[first + 1 : last + 1] = (lengths[first:last] / lengths[first:last].sum()).sqrt()
        return unit

    x = torch.zeros(len(points), dtype=torch.float64)
    x[0] = 1
    return x, noise


def variance(name: str, sigmas: Sequence[float], std: float = 0.5) -> float:
    """The variance of what a sampler makes of x with the right variance at sigmas[0]."""
    x, noise = coefficients(sigmas)
    weights = drive(SAMPLERS[name], x, sigmas, Gaussian(0.0, std), noise) ** 2
    return float(weights[0] * (std**2 + sigmas[0] ** 2) + weights[1:].sum())


# on the even grid the error of dpmpp_2m_sde changes its sign, and has no slope before that
@pytest.mark.parametrize(
    ("name", "grid"),
    [(name, ramp) for name in STOCHASTIC] + [(name, geometric) for name in STOCHASTIC if name != "dpmpp_2m_sde"],
)
def test_the_variance_converges_at_the_stated_order(name: str, grid: Callable[[int], list[float]]) -> None:
    errors = [abs(variance(name, grid(steps)) - Gaussian().variance(0.2)) for steps in (160, 320, 640)]

    measured = [math.log2(coarse / fine) for coarse, fine in pairwise(errors)]
    assert measured[-1] == pytest.approx(SAMPLERS[name].order, abs=0.3), errors


@pytest.mark.parametrize("name", STOCHASTIC)
def test_the_noise_that_goes_in_keeps_mean_and_spread_at_a_usual_number_of_steps(name: str) -> None:
    sigmas = karras(SAMPLING, 30).tolist()
    x = torch.full((1,), 0.3)

    unmoved = drive(SAMPLERS[name], x, sigmas, Gaussian(0.3, 0.5), lambda _here, _below: x * 0)

    torch.testing.assert_close(unmoved, x)
    room = 0.13 if SAMPLERS[name].order == 1 else 0.07
    assert math.sqrt(variance(name, sigmas)) == pytest.approx(0.5, rel=room)


@pytest.mark.parametrize("name", STOCHASTIC)
def test_one_step_to_a_known_picture_is_the_posterior_of_ddpm(name: str) -> None:
    """Ho et al. 2020, equations 6 and 7, for one x_0: mean and variance of q(x_(t-1) | x_t, x_0)."""
    here, below, picture, x_here = 3.0, 1.0, 0.7, 2.0
    bar, bar_below = (1 / (1 + sigma**2) for sigma in (here, below))
    beta = 1 - bar / bar_below
    x_t = x_here * math.sqrt(bar)
    mean = math.sqrt(bar_below) * beta / (1 - bar) * picture + math.sqrt(1 - beta) * (1 - bar_below) / (1 - bar) * x_t
    spread = math.sqrt((1 - bar_below) / (1 - bar) * beta)

    x, noise = coefficients([here, below])
    point = Gaussian(picture, std=0.0)
    quiet = drive(SAMPLERS[name], x * 0 + x_here, [here, below], point, lambda _here, _below: x * 0)
    noisy = drive(SAMPLERS[name], x * 0 + x_here, [here, below], point, noise)

    assert float(quiet[0]) * math.sqrt(bar_below) == pytest.approx(mean)
    assert float((noisy - quiet).square().sum().sqrt()) * math.sqrt(bar_below) == pytest.approx(spread)


@pytest.mark.parametrize("name", STOCHASTIC)
def test_shorter_steps_to_a_known_picture_end_in_the_very_same_place(name: str) -> None:
    x, point = torch.full((1, 4, 8, 8), 2.0, dtype=torch.float64), Gaussian(0.7, std=0.0)

    whole, parts = (
        drive(SAMPLERS[name], x, levels, point, step_noise(x, 5)) for levels in ([3.0, 1.0], [3.0, 2.9, 2.0, 1.5, 1.0])
    )

    torch.testing.assert_close(
        parts, whole, rtol=0, atol=1e-4
    )  # the path tells levels apart to 3e-5 of their logarithm


@pytest.mark.parametrize("name", STOCHASTIC)
def test_a_run_in_two_parts_is_the_whole_run(name: str) -> None:
    levels, world = geometric(16), Mixture()
    x = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64) * 10

    whole = drive(SAMPLERS[name], x, levels, world, step_noise(x, 5))
    half = drive(SAMPLERS[name], x, levels[:9], world, step_noise(x, 5))
    parts = drive(SAMPLERS[name], half, levels[8:], world, step_noise(x, 5))
    other = drive(SAMPLERS[name], half, levels[8:], world, step_noise(x, 6))

    if name in MEMORY:
        assert float((parts - whole).abs().mean()) < 0.2 * float((other - whole).abs().mean())
    else:
        assert torch.equal(parts, whole)


@pytest.mark.parametrize("name", STOCHASTIC)
def test_more_steps_refine_the_picture_of_a_seed(name: str) -> None:
    x = torch.randn(1, 1, 8, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64) * 10

    def made(steps: int, seed: int = 5) -> Tensor:
        return drive(SAMPLERS[name], x, geometric(steps), Gaussian(), step_noise(x, seed))

    fine = made(400)
    apart = [float((made(steps) - fine).square().mean().sqrt()) for steps in (20, 40, 80)]
    other = float((made(80, seed=6) - fine).square().mean().sqrt())

    assert [coarse / finer > 1.6 for coarse, finer in pairwise(apart)] == [True, True], apart
    assert apart[-1] < other / 10


def test_lcm_noises_the_estimate_to_each_level() -> None:
    x, noise = coefficients([5.0, 2.0, 1.0])
    world = Gaussian(0.0, 0.5)

    weights = drive(SAMPLERS["lcm"], x, [5.0, 2.0, 1.0], world, noise)

    kept = 0.25 / (0.25 + 4)  # the estimate at level 2 of what was there
    assert float(weights.square().sum()) == pytest.approx((kept * 0.25 / 25.25) ** 2 + (kept * 2) ** 2 + 1)


def test_lcm_samples_the_data_of_a_consistent_model_in_any_number_of_steps() -> None:
    class Consistent(Gaussian):
        def denoise(self, x: Tensor, sigma: float) -> Tensor:
            """The end of the flow that leads through x."""
            return self.flow(x, sigma, 0.0)

    for levels in ([10.0, 0.0], [10.0, 3.0, 0.0], [10.0, 4.0, 2.0, 1.0, 0.0]):
        x = 0.3 + torch.randn(1, 4, 64, 64, generator=torch.Generator().manual_seed(2)) * math.sqrt(100.25)
        made = drive(SAMPLERS["lcm"], x, levels, Consistent(), step_noise(x, 1))

        assert float(made.mean()) == pytest.approx(0.3, abs=0.02)
        assert float(made.std()) == pytest.approx(0.5, abs=0.015)
