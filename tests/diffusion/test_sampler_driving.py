"""Every sampler in the driver: progress, previews, and the unguided estimate."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from graphflow_nodes.diffusion.denoiser import Denoiser
from graphflow_nodes.diffusion.driver import SILENT_WATCH, Start, Watch, sample
from graphflow_nodes.diffusion.guidance import Guidance, Prompt
from graphflow_nodes.diffusion.noise import initial_noise, step_noise
from graphflow_nodes.diffusion.samplers import SAMPLERS
from graphflow_nodes.diffusion.schedules import karras
from tests.diffusion.gaussian import SAMPLING, context, network

LATENT = torch.zeros(1, 4, 8, 8)


def run(name: str, sigmas: Tensor, *, cfg: float = 2.0, watch: Watch = SILENT_WATCH) -> Tensor:
    sampler = SAMPLERS[name]
    prompts = [Prompt(context(0.5))], [Prompt(context(-0.5))]
    return sample(
        sampler,
        Guidance(SAMPLING, *prompts, cfg, reads_uncond=sampler.reads_uncond),
        Denoiser(network),
        Start(LATENT, initial_noise(LATENT, 1)),
        sigmas,
        step_noise=step_noise(LATENT, 1),
        watch=watch,
    )


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize("part", [slice(0, 13), slice(0, 7), slice(5, 9)])
def test_progress_rises_to_the_number_of_steps(name: str, part: slice) -> None:
    seen: list[tuple[int, int]] = []
    sigmas = karras(SAMPLING, 12)[part]

    run(name, sigmas, watch=Watch(progress=lambda done, total: seen.append((done, total))))

    done = [number for number, _ in seen]
    assert {total for _, total in seen} == {len(sigmas) - 1}
    assert done[0] == 1
    assert all(before <= after for before, after in pairwise(done))
    assert done[-1] == len(sigmas) - 1


@pytest.mark.parametrize("name", SAMPLERS)
def test_the_last_preview_is_the_picture(name: str) -> None:
    seen: list[Tensor] = []

    made = run(name, karras(SAMPLING, 12), watch=Watch(preview=seen.append))

    torch.testing.assert_close(made, seen[-1], rtol=0, atol=0.1)


@pytest.mark.parametrize("name", SAMPLERS)
def test_only_samplers_that_read_it_depend_on_the_unguided_estimate_at_cfg_1(name: str) -> None:
    forwards: list[int] = []

    def counting(x: Tensor, t: Tensor, context: Tensor, added: Mapping[str, Tensor]) -> Tensor:
        forwards.append(len(x))
        return network(x, t, context, added)

    sampler = SAMPLERS[name]
    sample(
        sampler,
        Guidance(SAMPLING, [Prompt(context(0.5))], [Prompt(context(-0.5))], 1.0, reads_uncond=sampler.reads_uncond),
        Denoiser(counting),
        Start(LATENT, initial_noise(LATENT, 1)),
        karras(SAMPLING, 4),
        step_noise=step_noise(LATENT, 1),
    )

    assert set(forwards) == {2 if name == "euler_cfg_pp" else 1}
