from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from scipy import integrate
from torch import Tensor

from graphflow_nodes.diffusion.samplers import SAMPLERS
from graphflow_nodes.diffusion.samplers.euler import ancestral_split
from graphflow_nodes.diffusion.samplers.multistep import adams_weights
from graphflow_nodes.diffusion.schedules import karras, normal
from tests.diffusion.gaussian import SAMPLING, Gaussian, drive

WORLD = Gaussian()
ODE = [name for name, sampler in SAMPLERS.items() if not sampler.draws_noise]


def start(size: int = 64) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(1, 4, size, size, generator=generator, dtype=torch.float64)


def smooth_grid(steps: int, high: float = 10.0, low: float = 0.2) -> list[float]:
    return np.geomspace(high, low, steps + 1).tolist()  # type: ignore[no-any-return]  # numpy says list[Any]


def oracle_result(scheduler: Any, steps: int) -> tuple[Tensor, Tensor]:
    """Drive a diffusers scheduler on the closed-form world; return its start and its end."""
    scheduler.set_timesteps(steps)
    first = x = start(16).float() * scheduler.sigmas[0]
    for t in scheduler.timesteps:
        scheduler.scale_model_input(x, t)
        sigma = float(scheduler.sigmas[scheduler.step_index])
        x = scheduler.step((x - WORLD.denoise(x, sigma)) / sigma, t, x).prev_sample
    return first, x


BETAS: dict[str, Any] = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}


def test_euler_agrees_with_diffusers() -> None:
    from diffusers.schedulers.scheduling_euler_discrete import EulerDiscreteScheduler

    oracle = EulerDiscreteScheduler(**BETAS, timestep_spacing="linspace")
    first, expected = oracle_result(oracle, 20)

    torch.testing.assert_close(
        drive(SAMPLERS["euler"], first, oracle.sigmas.tolist(), WORLD), expected, rtol=1e-5, atol=1e-5
    )


def test_lms_agrees_with_diffusers() -> None:
    from diffusers.schedulers.scheduling_lms_discrete import LMSDiscreteScheduler

    oracle = LMSDiscreteScheduler(**BETAS, timestep_spacing="linspace")
    first, expected = oracle_result(oracle, 51)

    torch.testing.assert_close(
        drive(SAMPLERS["lms"], first, oracle.sigmas.tolist(), WORLD), expected, rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("known", [[3.0], [3.0, 4.5], [3.0, 3.9, 7.0], [0.5, 0.9, 1.0, 4.0]])
@pytest.mark.parametrize("below", [0.4, 0.0])
def test_adams_weights_are_the_integrals_of_the_lagrange_polynomials(known: list[float], below: float) -> None:
    def lagrange(tau: float, j: int) -> float:
        return math.prod((tau - k) / (known[j] - k) for i, k in enumerate(known) if i != j)

    expected = [integrate.quad(lagrange, known[0], below, args=(j,))[0] for j in range(len(known))]
    assert adams_weights(known, below) == pytest.approx(expected, rel=1e-10, abs=1e-12)


def test_adams_weights_refuse_more_slopes_than_they_are_exact_for() -> None:
    with pytest.raises(ValueError, match="at most 4"):
        adams_weights([5.0, 6.0, 7.0, 8.0, 9.0], 4.0)


@pytest.mark.parametrize(("name", "order"), [("euler", 1), ("ddim", 1), ("lms", 2), ("dpmpp_2m", 2)])
def test_ode_samplers_converge_to_the_exact_flow_at_their_order(name: str, order: int) -> None:
    # lms starts with one Euler step, which bounds its global order by 2 once the steps are very fine
    room = 1.0 if name == "lms" else 0.2
    x = start(4) * 10
    exact = WORLD.flow(x, 10.0, 0.2)

    counts = [40, 80, 160, 320]
    errors = [float((drive(SAMPLERS[name], x, smooth_grid(n), WORLD) - exact).abs().max()) for n in counts]

    slopes = [math.log2(coarse / fine) for coarse, fine in pairwise(errors)]
    assert order - 0.2 < slopes[-1] < order + room, errors


def test_lms_gains_from_its_memory() -> None:
    x = start(4) * 10
    exact = WORLD.flow(x, 10.0, 0.2)

    error = {name: (drive(SAMPLERS[name], x, smooth_grid(40), WORLD) - exact).abs().max() for name in ("euler", "lms")}

    assert error["lms"] < error["euler"] / 10


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_sampler_makes_the_data_distribution_from_noise(name: str) -> None:
    torch.manual_seed(3)
    sigmas = karras(SAMPLING, 60).tolist()

    made = drive(SAMPLERS[name], start(64) * sigmas[0], sigmas, WORLD)

    assert float(made.mean()) == pytest.approx(WORLD.mean, abs=0.02)
    assert float(made.std()) == pytest.approx(WORLD.std, abs=0.04)  # a step of first order is a little sharp


@pytest.mark.parametrize("name", ODE)
def test_a_single_step_to_zero_returns_the_estimate(name: str) -> None:
    x = start(4) * 5

    torch.testing.assert_close(drive(SAMPLERS[name], x, [5.0, 0.0], WORLD), WORLD.denoise(x, 5.0))


def test_dpmpp_2m_is_exact_in_its_first_step_for_a_constant_estimate() -> None:
    x = start(4) * 5
    known = Gaussian(mean=0.7, std=0.0)  # all data is one point, so the estimate never changes

    torch.testing.assert_close(drive(SAMPLERS["dpmpp_2m"], x, [5.0, 2.0, 1.0], known), 0.7 + (x - 0.7) / 5)


@pytest.mark.parametrize(("here", "below"), [(10.0, 7.0), (1.0, 0.1), (0.5, 0.0)])
def test_the_ancestral_split_keeps_the_variance_and_is_the_posterior_of_ddpm(here: float, below: float) -> None:
    down, up = ancestral_split(here, below)

    assert down**2 + up**2 == pytest.approx(below**2)
    # Ho et al. 2020, equation 7, in variance-exploding coordinates: weight of x_t in the posterior mean
    assert down / here == pytest.approx(below**2 / here**2)


def test_ancestral_noise_has_the_right_moments_after_one_step() -> None:
    torch.manual_seed(0)
    x = start(128) * 0 + 2.0

    after = drive(SAMPLERS["euler_ancestral"], x, [3.0, 1.0], Gaussian(mean=0.5, std=0.0))

    assert float(after.mean()) == pytest.approx(0.5 + (2.0 - 0.5) / 9, abs=0.02)
    assert float(after.std()) == pytest.approx(ancestral_split(3.0, 1.0)[1], rel=0.02)


def test_ancestral_sampling_repeats_with_the_same_noise() -> None:
    from graphflow_nodes.diffusion.noise import step_noise

    x, sigmas = start(8) * 14.6, normal(SAMPLING, 8).tolist()
    sampler = SAMPLERS["euler_ancestral"]

    once, again = (drive(sampler, x, sigmas, WORLD, step_noise(x, seed=5)) for _ in range(2))
    other = drive(sampler, x, sigmas, WORLD, step_noise(x, seed=6))

    assert torch.equal(once, again)
    assert not torch.allclose(once, other)


@pytest.mark.parametrize("name", SAMPLERS)
def test_samplers_leave_their_input_alone(name: str) -> None:
    x = start(4) * 10
    before = x.clone()

    drive(SAMPLERS[name], x, smooth_grid(5), WORLD)

    assert torch.equal(x, before)
