from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from graphflow_nodes.diffusion.schedules import SCHEDULES, ModelSampling, karras, noise_levels, normal, simple
from tests.diffusion.gaussian import SAMPLING


def test_sigmas_are_the_ratio_of_noise_to_signal_after_each_step() -> None:
    roots = np.linspace(0.00085**0.5, 0.012**0.5, 1000)
    alpha_bar = np.cumprod(1 - roots**2)

    np.testing.assert_allclose(SAMPLING.sigmas, np.sqrt(1 / alpha_bar - 1), rtol=1e-12)
    assert SAMPLING.sigma_min == pytest.approx(0.02917, abs=1e-5)  # the published range of Stable Diffusion 1
    assert SAMPLING.sigma_max == pytest.approx(14.6146, abs=1e-4)


def test_a_linear_schedule_has_linear_betas() -> None:
    sampling = ModelSampling.from_betas("linear", 0.0001, 0.02)

    alpha_bar = np.cumprod(1 - np.linspace(0.0001, 0.02, 1000))
    np.testing.assert_allclose(sampling.sigmas, np.sqrt(1 / alpha_bar - 1), rtol=1e-9)


def test_an_unknown_beta_schedule_is_refused() -> None:
    with pytest.raises(ValueError, match="squaredcos"):
        ModelSampling.from_betas("squaredcos")  # type: ignore[arg-type]  # what a config file may say


def test_time_and_noise_level_are_inverse_between_and_on_trained_steps() -> None:
    times = [0.0, 0.25, 1.0, 17.5, 500.0, 998.9, 999.0]

    assert [SAMPLING.timestep(SAMPLING.sigma(t)) for t in times] == pytest.approx(times, abs=1e-6)
    assert SAMPLING.sigma(17.5) == pytest.approx(math.sqrt(SAMPLING.sigmas[17] * SAMPLING.sigmas[18]))


def test_time_is_held_to_the_trained_range() -> None:
    assert SAMPLING.timestep(1e6) == 999
    assert SAMPLING.timestep(1e-6) == 0
    assert SAMPLING.timestep(0.0) == 0
    assert SAMPLING.sigma(5000) == pytest.approx(SAMPLING.sigma_max)


def test_percent_runs_from_the_noisiest_time_to_none() -> None:
    assert SAMPLING.sigma_at_percent(0) == math.inf
    assert SAMPLING.sigma_at_percent(1) == 0
    assert SAMPLING.sigma_at_percent(0.5) == pytest.approx(SAMPLING.sigma(499.5))


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("steps", [1, 2, 7, 20, 51, 999])
def test_every_schedule_falls_from_the_top_to_zero(name: str, steps: int) -> None:
    sigmas = noise_levels(SCHEDULES[name], SAMPLING, steps)

    assert sigmas.shape == (steps + 1,)
    assert sigmas[0].item() == pytest.approx(SAMPLING.sigma_max, rel=1e-6)
    assert sigmas[-1] == 0
    assert bool((sigmas[1:] < sigmas[:-1]).all())


def test_karras_matches_its_formula() -> None:
    low, high = SAMPLING.sigma_min ** (1 / 7), SAMPLING.sigma_max ** (1 / 7)
    expected = [(high + i / 9 * (low - high)) ** 7 for i in range(10)]

    assert karras(SAMPLING, 10).tolist() == pytest.approx([*expected, 0.0], rel=1e-6)


def test_simple_takes_trained_levels_and_nothing_between() -> None:
    assert simple(SAMPLING, 4).tolist() == pytest.approx([*(SAMPLING.sigmas[t] for t in (999, 749, 499, 249)), 0.0])


@pytest.mark.parametrize(
    ("schedule", "config", "worst"),
    [
        (karras, {"use_karras_sigmas": True}, 1.5e-5),
        (normal, {"timestep_spacing": "linspace"}, 2e-5),
        (simple, {"timestep_spacing": "trailing"}, 5e-6),
    ],
)
def test_schedules_agree_with_diffusers(schedule: object, config: dict[str, object], worst: float) -> None:
    from diffusers.schedulers.scheduling_euler_discrete import EulerDiscreteScheduler

    oracle = EulerDiscreteScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", **config)
    oracle.set_timesteps(20)

    ours = schedule(SAMPLING, 20)  # type: ignore[operator]  # a plain function
    torch.testing.assert_close(ours, oracle.sigmas, rtol=worst, atol=0)


def test_denoise_below_one_takes_the_end_of_a_longer_schedule() -> None:
    part = noise_levels(normal, SAMPLING, 10, denoise=0.5)

    torch.testing.assert_close(part, noise_levels(normal, SAMPLING, 20)[-11:], rtol=0, atol=0)


def test_denoise_rounds_the_longer_schedule_down() -> None:
    part = noise_levels(karras, SAMPLING, 7, denoise=0.6)  # 7 / 0.6 = 11.67

    torch.testing.assert_close(part, karras(SAMPLING, 11)[-8:], rtol=0, atol=0)


def test_denoise_zero_leaves_no_steps_and_one_all() -> None:
    assert noise_levels(normal, SAMPLING, 10, denoise=0).shape == (0,)
    assert len(noise_levels(normal, SAMPLING, 10, denoise=0.99995)) == 11


def test_more_steps_than_trained_levels_never_repeat_a_level() -> None:
    sigmas = noise_levels(simple, SAMPLING, 10_000)

    assert bool((sigmas[1:] < sigmas[:-1]).all())
    assert len(sigmas) == 1001
