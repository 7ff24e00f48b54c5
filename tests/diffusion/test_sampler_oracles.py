"""Samplers against the schedulers of diffusers that solve the same equation by the same formula."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
import torch
from torch import Tensor

from graphflow_nodes.diffusion.samplers import SAMPLERS, Sampler
from graphflow_nodes.diffusion.samplers.multistep import deis
from tests.diffusion.gaussian import Gaussian, drive

WORLD = Gaussian()
BETAS: dict[str, Any] = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
SPACED: dict[str, Any] = {**BETAS, "timestep_spacing": "linspace"}


def start() -> Tensor:
    return torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def noises() -> Iterator[Tensor]:
    return (torch.randn(start().shape, generator=torch.Generator().manual_seed(seed)).double() for seed in count())


def compare(
    sampler: Sampler, scheduler: Any, steps: int, *, preserving: bool, noisy: bool = False, tolerance: float = 1e-5
) -> None:
    """Drive both from the same x. A variance-`preserving` scheduler works on x / sqrt(1 + sigma^2)."""
    scheduler.set_timesteps(steps)
    levels = [level for i, level in enumerate(scheduler.sigmas.tolist()) if level not in scheduler.sigmas[:i].tolist()]
    size: Callable[[float], float] = (lambda sigma: math.sqrt(1 + sigma**2)) if preserving else lambda _sigma: 1.0
    ours, theirs = noises(), noises()

    first = start() * levels[0]
    x = first / size(levels[0])
    for t in scheduler.timesteps:
        if scheduler.step_index is None:
            scheduler._init_step_index(t)
        scheduler.scale_model_input(x, t)  # warns when left out
        sigma = asked(scheduler)
        seen = x * size(sigma)
        more = {"variance_noise": next(theirs)} if noisy else {}
        x = scheduler.step((seen - WORLD.denoise(seen, sigma)) / max(sigma, 1e-9), t, x, **more).prev_sample
    expected = x * size(levels[-1])

    made = drive(sampler, first, levels, WORLD, lambda _here, _below: next(ours))
    torch.testing.assert_close(made, expected, rtol=0, atol=tolerance)


def asked(scheduler: Any) -> float:
    """The noise level that a scheduler's step is about: for the second half of a KDPM2 step it lies between two."""
    between = hasattr(scheduler, "sigmas_interpol") and not scheduler.state_in_first_order
    return float((scheduler.sigmas_interpol if between else scheduler.sigmas)[scheduler.step_index])


def test_euler_is_that_of_diffusers() -> None:
    from diffusers.schedulers.scheduling_euler_discrete import EulerDiscreteScheduler

    compare(SAMPLERS["euler"], EulerDiscreteScheduler(**SPACED), 20, preserving=False)


def test_ddim_is_that_of_diffusers_in_the_coordinates_of_the_variance_preserving_process() -> None:
    # diffusers' own DDIM has whole timesteps only, its DPM-Solver of order 1 is DDIM (Lu et al. 2022a, section 4.1)
    from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler

    oracle = DPMSolverMultistepScheduler(**SPACED, solver_order=1, final_sigmas_type="zero")
    compare(SAMPLERS["ddim"], oracle, 20, preserving=True)


def test_heun_is_that_of_diffusers() -> None:
    from diffusers.schedulers.scheduling_heun_discrete import HeunDiscreteScheduler

    compare(SAMPLERS["heun"], HeunDiscreteScheduler(**SPACED), 20, preserving=False)


@pytest.mark.filterwarnings("ignore:__array_wrap__:DeprecationWarning")  # diffusers on NumPy 2
def test_dpm_2_is_that_of_diffusers_when_the_middle_is_evaluated_at_its_own_level() -> None:
    # through whole timesteps, as its pipelines use it, the middle is rounded: then it is near (4e-4) only
    from diffusers.schedulers.scheduling_k_dpm_2_discrete import KDPM2DiscreteScheduler

    compare(SAMPLERS["dpm_2"], KDPM2DiscreteScheduler(**SPACED), 20, preserving=False)


def test_lms_is_that_of_diffusers() -> None:
    from diffusers.schedulers.scheduling_lms_discrete import LMSDiscreteScheduler

    compare(SAMPLERS["lms"], LMSDiscreteScheduler(**SPACED), 51, preserving=False)


@pytest.mark.parametrize("karras", [False, True])
def test_dpmpp_2m_is_that_of_diffusers_when_its_levels_are_not_rounded(karras: bool) -> None:
    from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler

    oracle = DPMSolverMultistepScheduler(**SPACED, use_karras_sigmas=karras, final_sigmas_type="zero")
    compare(SAMPLERS["dpmpp_2m"], oracle, 20, preserving=True)


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5, 20])
@pytest.mark.parametrize(
    ("name", "kind", "end"),
    # at zero B(h) = h is infinite, and diffusers gives NaN there
    [("uni_pc", "bh1", "sigma_min"), ("uni_pc_bh2", "bh2", "sigma_min"), ("uni_pc_bh2", "bh2", "zero")],
)
def test_uni_pc_is_that_of_diffusers(name: str, kind: str, end: str, steps: int) -> None:
    from diffusers.schedulers.scheduling_unipc_multistep import UniPCMultistepScheduler

    oracle = UniPCMultistepScheduler(**SPACED, solver_order=3, solver_type=kind, final_sigmas_type=end)
    compare(SAMPLERS[name], oracle, steps, preserving=True)


def test_deis_is_that_of_diffusers_when_its_polynomials_run_over_log_sigma() -> None:
    # diffusers interpolates the slopes over log sigma, DEIS in k-diffusion's line over the time of the linear SDE
    from diffusers.schedulers.scheduling_deis_multistep import DEISMultistepScheduler

    over_logs = Sampler(lambda x, sigmas: deis(x, sigmas, clock=math.log), 3, "")
    oracle = DEISMultistepScheduler(**BETAS, solver_order=3)
    compare(over_logs, oracle, 20, preserving=True, tolerance=1e-4)


@pytest.mark.parametrize(("name", "order"), [("euler_ancestral", 1), ("ddpm", 1), ("dpmpp_2m_sde", 2)])
def test_stochastic_samplers_are_those_of_diffusers_with_the_same_noise(name: str, order: int) -> None:
    # of order 3 diffusers has another formula: its last coefficient tends to -1 rather than 0 for short steps
    from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler

    oracle = DPMSolverMultistepScheduler(
        **SPACED, algorithm_type="sde-dpmsolver++", solver_order=order, final_sigmas_type="zero"
    )
    compare(SAMPLERS[name], oracle, 20, preserving=True, noisy=True)
