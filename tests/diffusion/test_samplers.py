"""What holds for every sampler."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import torch
from torch import Tensor

from graphflow_nodes.diffusion.noise import step_noise
from graphflow_nodes.diffusion.samplers import SAMPLERS
from graphflow_nodes.diffusion.schedules import karras
from tests.diffusion.gaussian import SAMPLING, Gaussian, Mixture, drive

WORLD = Gaussian()
ODE = [name for name, sampler in SAMPLERS.items() if not sampler.stochastic]
TRUE = [name for name in SAMPLERS if name != "lcm"]  # those that sample the data of a denoiser; lcm has its own test


def start(size: int = 64) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(1, 4, size, size, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("name", TRUE)
def test_every_sampler_makes_the_data_distribution_from_noise(name: str) -> None:
    sigmas = karras(SAMPLING, 60).tolist()
    x = start(32) * sigmas[0]

    made = drive(SAMPLERS[name], x, sigmas, WORLD, step_noise(x, 3))

    assert float(made.mean()) == pytest.approx(WORLD.mean, abs=0.02)
    assert float(made.std()) == pytest.approx(WORLD.std, abs=0.04)  # a step of first order is a little sharp


@pytest.mark.parametrize("name", TRUE)
def test_every_sampler_finds_both_modes_of_a_mixture_in_their_shares(name: str) -> None:
    world, sigmas = Mixture(means=(-2.0, 2.0)), karras(SAMPLING, 60).tolist()
    x = start(32) * sigmas[0]

    made = drive(SAMPLERS[name], x, sigmas, world, step_noise(x, 3))

    right = made[made > 0]
    assert len(right) / made.numel() == pytest.approx(0.5, abs=0.04)
    assert float(right.mean()) == pytest.approx(2.0, abs=0.04)
    assert float(right.std()) == pytest.approx(world.std, abs=0.04)


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_single_step_to_zero_returns_the_estimate(name: str) -> None:
    x = start(4) * 5

    torch.testing.assert_close(drive(SAMPLERS[name], x, [5.0, 0.0], WORLD), WORLD.denoise(x, 5.0))


@pytest.mark.parametrize("name", ODE)
@pytest.mark.parametrize("sigmas", [[5.0, 4.5], [5.0, 4.5, 4.0], [0.1, 0.07, 0.06, 0.05]])
def test_schedules_may_start_and_end_anywhere(name: str, sigmas: list[float]) -> None:
    x = start(4) * sigmas[0]

    made = drive(SAMPLERS[name], x, sigmas, WORLD)

    moved = float((WORLD.flow(x, sigmas[0], sigmas[-1]) - x).abs().max())
    torch.testing.assert_close(made, WORLD.flow(x, sigmas[0], sigmas[-1]), rtol=0, atol=0.2 * moved)


@pytest.mark.parametrize("name", [name for name in TRUE if name not in ODE])
@pytest.mark.parametrize("sigmas", [[5.0, 4.5], [5.0, 4.5, 4.0], [0.5, 0.45, 0.4, 0.35]])
def test_a_schedule_that_ends_above_zero_leaves_that_much_noise(name: str, sigmas: list[float]) -> None:
    x = WORLD.mean + start(64) * WORLD.variance(sigmas[0]) ** 0.5

    made = drive(SAMPLERS[name], x, sigmas, WORLD, step_noise(x, 3))

    assert float(made.std()) == pytest.approx(WORLD.variance(sigmas[-1]) ** 0.5, rel=0.03)


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize("sigmas", [[5.0, 2.0, 0.0], [5.0, 2.0, 1.0, 0.0]])
def test_very_short_schedules_end_within_the_data(name: str, sigmas: list[float]) -> None:
    x = WORLD.mean + start(32) * WORLD.variance(sigmas[0]) ** 0.5

    made = drive(SAMPLERS[name], x, sigmas, WORLD, step_noise(x, 3))

    assert float(made.mean()) == pytest.approx(WORLD.mean, abs=0.05)
    assert 0.05 < float(made.std()) < 2 * WORLD.std


@pytest.mark.parametrize("name", SAMPLERS)
def test_samplers_leave_their_input_alone(name: str) -> None:
    x = start(4) * 10
    before = x.clone()

    drive(SAMPLERS[name], x, np.geomspace(10, 0.2, 6).tolist(), WORLD)

    assert torch.equal(x, before)


@pytest.mark.parametrize("name", [name for name, sampler in SAMPLERS.items() if sampler.evaluations is not None])
@pytest.mark.parametrize("steps", [2, 3, 4, 5, 20])
def test_samplers_ask_as_often_as_the_table_says(name: str, steps: int) -> None:
    sampler, asked = SAMPLERS[name], list[float]()

    drive(sampler, start(4) * 10, [*np.geomspace(10, 0.2, steps).tolist(), 0.0], WORLD, seen=asked.append)

    assert sampler.evaluations is not None
    assert len(asked) == sampler.evaluations * (steps - len(sampler.at_zero)) + sum(sampler.at_zero)


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_sampler_asks_on_its_way_down_and_never_outside_the_schedule(name: str) -> None:
    asked = list[float]()

    drive(SAMPLERS[name], start(4) * 10, [10.0, 4.0, 2.0, 0.5, 0.0], WORLD, seen=asked.append)

    assert asked[0] == 10.0
    assert min(asked) == pytest.approx(0.5)
    assert max(asked) == 10.0


def root(name: str) -> str:
    same = SAMPLERS[name].same_as
    return name if same is None else same.name


def test_no_two_names_give_the_same_picture_unless_the_table_says_so() -> None:
    sigmas = karras(SAMPLING, 12).tolist()
    x = start(8) * sigmas[0]
    guided, unguided = Mixture(), Gaussian(mean=0.1)

    made = {
        name: drive(sampler, x, sigmas, guided, step_noise(x, 3), uncond=unguided) for name, sampler in SAMPLERS.items()
    }

    for one, other in combinations(SAMPLERS, 2):
        apart = float((made[one] - made[other]).abs().max())
        assert (apart == 0) == (root(one) == root(other)), (one, other, apart)
        assert apart == 0 or apart > 1e-4, (one, other, apart)


def test_what_is_the_same_is_explained_and_leads_to_a_sampler_of_its_own() -> None:
    same = {name: sampler.same_as for name, sampler in SAMPLERS.items() if sampler.same_as is not None}

    assert {name: other.name for name, other in same.items()} == {"ddim": "euler", "ddpm": "euler_ancestral"}
    assert all(other.because and SAMPLERS[other.name].same_as is None for other in same.values())


@pytest.mark.parametrize("name", [name for name in SAMPLERS if name not in ODE])
def test_stochastic_samplers_repeat_with_their_seed(name: str) -> None:
    sigmas = karras(SAMPLING, 8).tolist()
    x = start(8) * sigmas[0]

    once, again, other = (drive(SAMPLERS[name], x, sigmas, WORLD, step_noise(x, seed)) for seed in (5, 5, 6))

    assert torch.equal(once, again)
    assert not torch.allclose(once, other)
