"""Differential diffusion: a mask that opens step by step."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from graphflow_nodes.diffusion.denoiser import Denoiser
from graphflow_nodes.diffusion.driver import Start, Watch, sample
from graphflow_nodes.diffusion.guidance import Guidance, Prompt
from graphflow_nodes.diffusion.masks import opened
from graphflow_nodes.diffusion.noise import initial_noise, step_noise
from graphflow_nodes.diffusion.samplers import SAMPLERS
from graphflow_nodes.diffusion.schedules import normal
from tests.diffusion.gaussian import SAMPLING, context, network

SHADES = torch.tensor([0.0, 0.1, 0.5, 1.0])


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [(1.0, [0, 0, 0, 1]), (0.5, [0, 0, 1, 1]), (0.05, [0, 1, 1, 1]), (0.0, [0, 1, 1, 1])],
)
def test_a_place_opens_when_the_threshold_has_fallen_to_its_shade(threshold: float, expected: list[int]) -> None:
    assert opened(SHADES, threshold).tolist() == expected


def test_below_full_strength_the_mask_shines_through() -> None:
    assert opened(SHADES, 0.3, 0.25).tolist() == pytest.approx([0, 0.075, 0.5 + 0.25 * 0.5, 1])
    assert torch.equal(opened(SHADES, 0.3, 0.0), SHADES)


def test_opening_a_mask_leaves_it_as_it_was() -> None:
    mask = SHADES.clone()

    opened(mask, 0.3)

    assert torch.equal(mask, SHADES)


@pytest.mark.parametrize("steps", [5, 11])
def test_one_shade_more_opens_at_each_step_of_evenly_spaced_times(steps: int) -> None:
    latent = torch.full((1, 1, 1, steps), 7.0)
    shades = torch.arange(steps)[None] / (steps - 1)
    estimates: list[Tensor] = []

    sample(
        SAMPLERS["euler"],
        Guidance(SAMPLING, [Prompt(context(0.5))], [], 1.0),
        Denoiser(network),
        Start(latent, initial_noise(latent, 1), shades + 1e-6 * (shades > 0), differential=1.0),
        normal(SAMPLING, steps),
        step_noise=step_noise(latent, 1),
        watch=Watch(preview=estimates.append),
    )

    closed = [int((x0 == latent).sum()) for x0 in estimates]  # black never opens
    assert closed == [max(steps - 1 - number, 1) for number in range(steps)]


def test_a_later_start_opens_its_white_places_at_once() -> None:
    latent = torch.zeros(1, 4, 8, 8)

    made = sample(
        SAMPLERS["euler"],
        Guidance(SAMPLING, [Prompt(context(0.5))], [], 1.0),
        Denoiser(network),
        Start(latent, initial_noise(latent, 1), torch.ones(8, 8), differential=1.0),
        normal(SAMPLING, 10)[6:],
        step_noise=step_noise(latent, 1),
    )
    plain = sample(
        SAMPLERS["euler"],
        Guidance(SAMPLING, [Prompt(context(0.5))], [], 1.0),
        Denoiser(network),
        Start(latent, initial_noise(latent, 1)),
        normal(SAMPLING, 10)[6:],
        step_noise=step_noise(latent, 1),
    )

    torch.testing.assert_close(made, plain)
