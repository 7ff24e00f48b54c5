"""What a step of sampling costs beside the network: our generators and diffusers' scheduler objects."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import diffusers
import torch
from torch import Tensor

from benchmarks.measuring import Figure, Report, Times, times
from graphflow_nodes.diffusion.noise import step_noise
from graphflow_nodes.diffusion.samplers import SAMPLERS, Estimate
from graphflow_nodes.diffusion.schedules import SCHEDULES, ModelSampling, noise_levels

TITLE = "Samplers"
ABOUT = """Time of one step outside the network, over 50 steps on one latent of 4 x 64 x 64 (a picture of 512 pixels), on one
thread, GraphFlow and diffusers in turn. The network is replaced by a tensor that is there already, so only the arithmetic
of the method and its Python are left: for diffusers `scale_model_input` and `step`, for GraphFlow the sampler's generator.
Euler ancestral draws fresh noise on both sides; ours comes from a Brownian path, so that a run can be split."""

STEPS = 50
REPEATS = 15
BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
OTHERS: dict[str, Callable[[], Any]] = {
    "euler": lambda: diffusers.EulerDiscreteScheduler(**BETAS),
    "lms": lambda: diffusers.LMSDiscreteScheduler(**BETAS),
    "dpmpp_2m": lambda: diffusers.DPMSolverMultistepScheduler(**BETAS),
    "uni_pc": lambda: diffusers.UniPCMultistepScheduler(**BETAS),
    "euler_ancestral": lambda: diffusers.EulerAncestralDiscreteScheduler(**BETAS),
}


def measure(_work: Path) -> Report:
    """Return the figures about samplers."""
    torch.set_num_threads(1)
    diffusers.logging.set_verbosity_error()
    figures: list[Figure] = []
    for name, make in OTHERS.items():
        _ours(name)
        _theirs(make)
        ours, theirs = Times(), Times()
        for _ in range(REPEATS):
            ours.add(_per_step(times(partial(_ours, name))))
            theirs.add(_per_step(times(partial(_theirs, make))))
        mine = ours.figure(f"a step of {name}: GraphFlow", "us")
        figures += [mine, theirs.figure(f"a step of {name}: diffusers", "us", beside=mine)]
    return Report(TITLE, ABOUT, figures)


def _latent() -> Tensor:
    return torch.randn(1, 4, 64, 64, generator=torch.Generator().manual_seed(0))


@torch.inference_mode()
def _ours(name: str) -> Tensor:
    x, sampler, sampling = _latent(), SAMPLERS[name], ModelSampling.from_betas()
    levels = noise_levels(SCHEDULES["normal"], sampling, STEPS, skip_penultimate=sampler.skips_penultimate)
    answer = Estimate(x * 0.1)
    run = sampler.start(x * levels[0], levels.tolist(), step_noise(x, 1))
    next(run)
    try:
        while True:
            run.send(answer)
    except StopIteration as end:
        result: Tensor = end.value
        return result


@torch.inference_mode()
def _theirs(make: Callable[[], Any]) -> Tensor:
    scheduler, x, random = make(), _latent(), torch.Generator().manual_seed(1)
    scheduler.set_timesteps(STEPS)
    noise, sample = x * 0.1, x * scheduler.init_noise_sigma
    further = {"generator": random} if isinstance(scheduler, diffusers.EulerAncestralDiscreteScheduler) else {}
    for t in scheduler.timesteps:
        scheduler.scale_model_input(sample, t)
        sample = scheduler.step(noise, t, sample, **further).prev_sample
    result: Tensor = sample
    return result


def _per_step(whole: Times) -> Times:
    return Times([each / STEPS for each in whole.wall], [each / STEPS for each in whole.processor])
