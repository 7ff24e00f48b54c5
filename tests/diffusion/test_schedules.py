from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from graphflow_nodes.diffusion.schedules import (
    SCHEDULES,
    ModelSampling,
    Spacing,
    beta,
    ddim_uniform,
    exponential,
    karras,
    kl_optimal,
    linear_quadratic,
    noise_levels,
    normal,
    part_of,
    sgm_uniform,
    simple,
)
from graphflow_nodes.diffusion.schedules.quantile import beta_quantile
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


EXACT = [name for name in SCHEDULES if name not in ("ddim_uniform", "beta")]


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("steps", [1, 2, 7, 20, 51, 999])
def test_schedules_fall_from_the_top_to_zero_in_so_many_steps(name: str, steps: int) -> None:
    sigmas = noise_levels(SCHEDULES[name], SAMPLING, steps)

    assert sigmas.shape == (steps + 1,)
    assert sigmas[0].item() == pytest.approx(SAMPLING.sigma_max, rel=1e-6)
    assert sigmas[-1] == 0
    assert bool((sigmas[1:] < sigmas[:-1]).all())


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("steps", [1, 2, 3, 20, 2000])
def test_every_schedule_falls_to_zero_and_never_repeats_a_level(name: str, steps: int) -> None:
    sigmas = noise_levels(SCHEDULES[name], SAMPLING, steps)

    assert sigmas.dtype == torch.float32
    assert sigmas[-1] == 0
    assert bool((sigmas[1:] < sigmas[:-1]).all())


def test_karras_matches_its_formula() -> None:
    low, high = SAMPLING.sigma_min ** (1 / 7), SAMPLING.sigma_max ** (1 / 7)
    expected = [(high + i / 9 * (low - high)) ** 7 for i in range(10)]

    assert karras(SAMPLING, 10).tolist() == pytest.approx([*expected, 0.0], rel=1e-6)


def test_exponential_falls_by_one_ratio() -> None:
    expected = np.geomspace(SAMPLING.sigma_max, SAMPLING.sigma_min, 10)

    assert exponential(SAMPLING, 10).tolist() == pytest.approx([*expected, 0.0], rel=1e-6)


def test_kl_optimal_spaces_the_arctangents_evenly() -> None:
    angles = np.arctan(kl_optimal(SAMPLING, 10)[:-1].double().numpy())

    np.testing.assert_allclose(
        angles, np.linspace(np.arctan(SAMPLING.sigma_max), np.arctan(SAMPLING.sigma_min), 10), rtol=1e-6
    )


def test_simple_takes_trained_levels_and_nothing_between() -> None:
    assert simple(SAMPLING, 4).tolist() == pytest.approx([*(SAMPLING.sigmas[t] for t in (999, 749, 499, 249)), 0.0])


def test_sgm_uniform_leaves_out_the_first_time() -> None:
    expected = [SAMPLING.sigma(t) for t in (999, 749.25, 499.5, 249.75)]

    assert sgm_uniform(SAMPLING, 4).tolist() == pytest.approx([*expected, 0.0], rel=1e-6)


def test_ddim_uniform_counts_up_from_time_one_as_long_as_there_are_times() -> None:
    expected = [SAMPLING.sigmas[t] for t in (751, 501, 251, 1)]

    assert ddim_uniform(SAMPLING, 4).tolist() == pytest.approx([*expected, 0.0], rel=1e-6)
    assert len(ddim_uniform(SAMPLING, 30)) == 32  # 1, 34, ... 991: one time more than asked for


@pytest.mark.parametrize("steps", [1, 2, 4, 20, 37, 150])
def test_beta_takes_the_quantiles_of_the_distribution_over_times(steps: int) -> None:
    times = np.rint(stats.beta.ppf(1 - np.linspace(0, 1, steps, endpoint=False), 0.6, 0.6) * 999)
    expected = [SAMPLING.sigmas[int(t)] for t in dict.fromkeys(times)]

    assert beta(SAMPLING, steps).tolist() == pytest.approx([*expected, 0.0], rel=1e-6)


@pytest.mark.parametrize(("a", "b"), [(0.6, 0.6), (0.5, 2.0), (3.0, 0.7), (1.0, 1.0), (20.0, 35.0)])
def test_the_beta_quantile_is_that_of_scipy(a: float, b: float) -> None:
    shares = [0.0, 1e-5, 0.001, 0.05, 0.3, 0.5, 0.77, 0.999, 1.0]

    assert [beta_quantile(p, a, b) for p in shares] == pytest.approx(stats.beta.ppf(shares, a, b), rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("steps", [2, 5, 20, 51])
def test_linear_quadratic_is_a_line_and_then_a_parabola_of_the_same_slope(steps: int) -> None:
    line = steps // 2
    # the parabola through the end of the line, with its slope there, and through everything fallen at the end
    bend = np.linalg.solve([[line**2, line, 1], [2 * line, 1, 0], [steps**2, steps, 1]], [0.025, 0.025 / line, 1.0])
    fallen = [0.025 * i / line if i < line else np.polyval(bend, i) for i in range(steps + 1)]

    ours = linear_quadratic(SAMPLING, steps).double().numpy()
    np.testing.assert_allclose(ours, SAMPLING.sigma_max * (1 - np.array(fallen)), rtol=1e-5, atol=1e-6)


def diffusers_levels(steps: int, **config: object) -> Tensor:
    from diffusers.schedulers.scheduling_euler_discrete import EulerDiscreteScheduler

    oracle = EulerDiscreteScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", **config)
    oracle.set_timesteps(steps)
    sigmas: Tensor = oracle.sigmas
    return sigmas


@pytest.mark.parametrize(
    ("schedule", "config", "worst"),
    [
        (karras, {"use_karras_sigmas": True}, 1.5e-5),
        (exponential, {"use_exponential_sigmas": True}, 1.5e-5),
        (normal, {"timestep_spacing": "linspace"}, 2e-5),
        (simple, {"timestep_spacing": "trailing"}, 5e-6),
        (ddim_uniform, {"timestep_spacing": "leading", "steps_offset": 1}, 5e-6),
    ],
)
def test_schedules_agree_with_diffusers(schedule: Spacing, config: dict[str, object], worst: float) -> None:
    torch.testing.assert_close(schedule(SAMPLING, 20), diffusers_levels(20, **config), rtol=worst, atol=0)


@pytest.mark.parametrize(
    ("schedule", "config", "off"),
    [(sgm_uniform, {"timestep_spacing": "trailing"}, 0.005), (beta, {"use_beta_sigmas": True}, 1.0)],
)
def test_what_diffusers_calls_alike_is_another_schedule(
    schedule: Spacing, config: dict[str, object], off: float
) -> None:
    ours, theirs = schedule(SAMPLING, 20)[:-1], diffusers_levels(20, **config)[:-1]

    assert float((ours / theirs - 1).abs().max()) > off


def test_no_two_schedules_are_the_same_and_each_says_what_it_is() -> None:
    levels = {tuple(schedule(SAMPLING, 20).tolist()) for schedule in SCHEDULES.values()}

    assert len(levels) == 9
    assert all(each.formula and each.source for each in SCHEDULES.values())


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


def test_a_skipped_level_is_the_last_above_zero_of_one_step_more() -> None:
    sigmas = noise_levels(karras, SAMPLING, 6, skip_penultimate=True)

    whole = karras(SAMPLING, 7)
    assert torch.equal(sigmas, torch.cat([whole[:6], whole[-1:]]))


def test_half_of_very_many_steps_is_half_of_the_levels() -> None:
    assert len(noise_levels(simple, SAMPLING, 10_000, denoise=0.5)) == 501


def test_the_parts_of_a_walk_meet_and_only_the_last_ends_in_zero() -> None:
    whole = normal(SAMPLING, 10)

    assert part_of(whole, 0, 4, to_zero=False).tolist() == whole[:5].tolist()
    assert part_of(whole, 4, 10_000, to_zero=True).tolist() == whole[4:].tolist()
    assert part_of(whole, 2, 4, to_zero=True).tolist() == [*whole[2:4].tolist(), 0.0]


@pytest.mark.parametrize(("start", "end"), [(4, 4), (5, 4), (10, 10_000), (10_000, 10_000), (0, 0)])
def test_a_part_without_a_step_is_empty(start: int, end: int) -> None:
    assert len(part_of(normal(SAMPLING, 10), start, end, to_zero=True)) == 0


def test_cutting_a_part_leaves_the_whole_as_it_was() -> None:
    whole = normal(SAMPLING, 10)
    before = whole.clone()

    part_of(whole, 0, 4, to_zero=True)

    assert torch.equal(whole, before)
