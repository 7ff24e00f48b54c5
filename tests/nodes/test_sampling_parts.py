"""A way from noise to a picture, walked in parts."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from graphflow.api import RunCancelled
from graphflow_nodes.diffusion.noise import initial_noise
from graphflow_nodes.diffusion.schedules import karras
from graphflow_nodes.sampling.ksampler import ksampler, ksampler_advanced
from graphflow_nodes.values import Blank, Latent
from tests.diffusion.gaussian import SAMPLING, Gaussian
from tests.nodes.toy_models import MODEL, SPACE, ToyRecorder, says

WITHOUT_MEMORY = ("euler", "euler_cfg_pp", "heun", "dpm_2", "ddim")
WITHOUT_MEMORY_BUT_NOISE = ("euler_ancestral", "dpm_2_ancestral", "dpmpp_2s_ancestral", "dpmpp_sde", "ddpm", "lcm")
SCALE = SPACE.scale


def walk(latent: Latent, ctx: ToyRecorder | None = None, **inputs: Any) -> Tensor:
    given: dict[str, Any] = {"steps": 10, "cfg": 2.0, "scheduler": "karras", "noise_seed": 4}
    sides = {"positive": says(1.0), "negative": says(0.0)}
    made = ksampler_advanced(MODEL, latent_image=latent, ctx=ctx or ToyRecorder(), **(given | sides | inputs))
    assert isinstance(made.samples, Tensor)
    return made.samples


def start(batch: int = 2) -> Latent:
    return Latent(torch.randn(batch, 4, 8, 8, generator=torch.Generator().manual_seed(3)))


@pytest.mark.parametrize("name", WITHOUT_MEMORY + WITHOUT_MEMORY_BUT_NOISE)
@pytest.mark.parametrize("cut", [1, 4, 6])
def test_two_halves_make_what_the_whole_makes(name: str, cut: int) -> None:
    whole = walk(start(), sampler_name=name)

    first = walk(start(), sampler_name=name, end_at_step=cut, return_with_leftover_noise="enable")
    both = walk(Latent(first), sampler_name=name, start_at_step=cut, add_noise="disable")

    assert (first - whole).abs().mean() > 0.01
    assert_close(both, whole, rtol=1e-4, atol=1e-4)


def test_the_whole_way_is_what_ksampler_makes() -> None:
    sides: dict[str, Any] = {"positive": says(1.0), "negative": says(0.0)}
    plain = ksampler(
        MODEL, seed=4, steps=10, cfg=2.0, scheduler="karras", latent_image=start(), ctx=ToyRecorder(), **sides
    )

    assert isinstance(plain.samples, Tensor)
    assert torch.equal(walk(start()), plain.samples)


def test_leftover_noise_is_that_of_the_level_where_the_part_ends() -> None:
    latent = Latent(torch.zeros(1, 4, 64, 64))

    made = walk(latent, steps=40, cfg=1.0, end_at_step=20, return_with_leftover_noise="enable") * SCALE

    sigma = float(karras(SAMPLING, 40)[20])
    assert made.std().item() == pytest.approx((0.25 + sigma**2) ** 0.5, rel=0.1)


def test_without_leftover_noise_the_last_step_goes_to_zero() -> None:
    made = walk(start(), steps=10, cfg=1.0, end_at_step=3) * SCALE

    top = [*karras(SAMPLING, 10).tolist()[:3], 0.0]
    x = (start().tensor(4, 4) * SCALE) + initial_noise(torch.zeros(2, 4, 8, 8), 4) * (top[0] ** 2 + 1) ** 0.5
    for here, below in pairwise(top):  # Euler's steps, written out
        x = x + (x - Gaussian(1.0).denoise(x, here)) / here * (below - here)
    assert_close(made, x, rtol=1e-4, atol=1e-4)


def test_a_later_start_noises_the_latent_to_its_level() -> None:
    made = walk(start(), steps=60, cfg=1.0, start_at_step=30, sampler_name="heun") * SCALE

    sigma = float(karras(SAMPLING, 60)[30])
    noised = start().tensor(4, 4) * SCALE + initial_noise(torch.zeros(2, 4, 8, 8), 4) * sigma
    assert_close(made, Gaussian(1.0).flow(noised, sigma, 0.0), rtol=0.02, atol=0.02)


def test_without_noise_the_latent_itself_is_taken_for_the_noisy_one() -> None:
    sigma = float(karras(SAMPLING, 60)[30])

    made = walk(start(), steps=60, cfg=1.0, start_at_step=30, sampler_name="heun", add_noise="disable") * SCALE

    assert_close(made, Gaussian(1.0).flow(start().tensor(4, 4) * SCALE, sigma, 0.0), rtol=0.02, atol=0.02)


@pytest.mark.parametrize("steps", [{"start_at_step": 10}, {"start_at_step": 5, "end_at_step": 5}, {"end_at_step": 0}])
def test_where_there_is_no_step_to_go_the_latent_comes_out_as_it_went_in(steps: dict[str, int]) -> None:
    ctx = ToyRecorder()

    assert torch.equal(walk(start(), ctx, **steps), start().tensor(4, 4))
    assert ctx.pool.unet.denoiser.forwards == 0


def test_a_part_reports_only_its_own_steps_and_journals_and_previews_each() -> None:
    ctx = ToyRecorder()

    walk(Latent(Blank(32, 32)), ctx, start_at_step=3, end_at_step=7)

    assert ctx.steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert [step for step, _ in ctx.noted] == [0, 1, 2, 3]
    assert len(ctx.previews) == 4


def test_a_part_can_be_cancelled() -> None:
    ctx = ToyRecorder(cancel_after=2)

    with pytest.raises(RunCancelled):
        walk(start(), ctx)

    assert len(ctx.steps) == 2


def test_outside_a_mask_leftover_noise_lies_on_the_kept_latent() -> None:
    mask = torch.zeros(1, 32, 32)
    mask[..., 16:] = 1
    latent = Latent(start().samples, noise_mask=mask)

    made = walk(latent, end_at_step=5, return_with_leftover_noise="enable")

    sigma = float(karras(SAMPLING, 10)[5])
    expected = start().tensor(4, 4) + initial_noise(torch.zeros(2, 4, 8, 8), 4) * sigma / SCALE
    assert_close(made[..., :4], expected[..., :4], rtol=1e-5, atol=1e-5)
