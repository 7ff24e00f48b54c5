from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.testing import assert_close

from graphflow.api import Context, File, NodeError, RunCancelled
from graphflow_nodes.conditioning.encode import clip_encode
from graphflow_nodes.loaders import load_checkpoint
from graphflow_nodes.sampling.ksampler import ksampler
from graphflow_nodes.sampling_names import SCHEDULE_NAMES
from graphflow_nodes.values import Area, Blank, Conditioning, Entry, Latent
from tests.diffusion.gaussian import context
from tests.nodes.latents import numbers, samples
from tests.nodes.toy_models import MODEL, ToyRecorder, says


def sample(latent: Latent, ctx: ToyRecorder | None = None, **inputs: Any) -> Latent:
    given: dict[str, Any] = {"steps": 12, "cfg": 1.0, "positive": says(1.0), "negative": says(0.0)} | inputs
    return ksampler(MODEL, latent_image=latent, ctx=ctx or ToyRecorder(), **given)


def test_an_empty_latent_takes_the_channels_and_factor_of_the_model() -> None:
    assert samples(sample(Latent(Blank(64, 42, 3)))).shape == (3, 4, 10, 16)


@pytest.mark.parametrize("name", ["euler", "euler_ancestral", "lms", "dpmpp_2m", "uni_pc"])
@pytest.mark.parametrize("schedule", SCHEDULE_NAMES)
def test_samplers_on_every_schedule_sample_what_the_prompt_says(name: str, schedule: str) -> None:
    made = samples(sample(Latent(Blank(128, 128)), sampler_name=name, scheduler=schedule, steps=30)) * 2

    assert made.mean().item() == pytest.approx(1.0, abs=0.06)
    if schedule == "linear_quadratic":  # its last step is so long that it comes near the mean of all pictures
        assert made.std().item() < 0.3
    else:
        assert made.std().item() == pytest.approx(0.5, abs=0.08)


def test_guidance_goes_beyond_the_prompt_away_from_the_negative_one() -> None:
    means = [samples(sample(Latent(Blank(64, 64)), cfg=cfg)).mean().item() * 2 for cfg in (1, 2, 3)]

    assert means == pytest.approx([1, 2, 3], abs=0.1)


def test_the_same_seed_gives_the_same_latent_and_another_seed_another() -> None:
    one, same, other = (samples(sample(Latent(Blank(32, 32)), seed=seed)) for seed in (7, 7, 2**64 - 1))

    assert_close(one, same, rtol=0, atol=0)
    assert (one - other).abs().mean() > 0.05


def test_a_batch_holds_different_pictures_and_one_of_them_can_be_made_alone() -> None:
    batch = samples(sample(Latent(Blank(32, 32, 3), batch_index=(0, 1, 2))))
    alone = samples(sample(Latent(Blank(32, 32), batch_index=(2,))))

    assert (batch[0] - batch[1]).abs().mean() > 0.05
    assert_close(alone[0], batch[2])


def test_the_lower_the_denoise_the_more_of_the_latent_stays() -> None:
    start = Latent(numbers(1, 4, 16, 16) * 0.25 + 0.5)

    change = [(samples(sample(start, denoise=d)) - samples(start)).abs().mean().item() for d in (0.0, 0.1, 0.4, 1.0)]

    assert change[0] == 0
    assert change == sorted(change)
    assert change[1] < 0.5 * change[3]


def test_the_latent_outside_the_mask_stays_bit_for_bit() -> None:
    start = numbers(2, 4, 16, 16)
    mask = torch.zeros(1, 64, 64)
    mask[:, 16:48, 16:48] = 1

    made = sample(Latent(start, noise_mask=mask), cfg=3.0)

    outside = mask[:, ::4, ::4].expand(2, 16, 16) == 0
    for item in range(2):
        assert torch.equal(samples(made)[item][:, outside[item]], start[item][:, outside[item]])
        inside = samples(made)[item][:, ~outside[item]]
        assert (inside - start[item][:, ~outside[item]]).abs().mean() > 0.3
    assert made.noise_mask is mask


def test_sampling_changes_none_of_its_inputs() -> None:
    latent = Latent(numbers(1, 4, 8, 8), noise_mask=torch.ones(1, 32, 32) * 0.5)
    before = samples(latent).clone()

    sample(latent, denoise=0.5)

    assert_close(samples(latent), before, rtol=0, atol=0)
    assert latent.noise_mask is not None
    assert_close(latent.noise_mask, torch.full((1, 32, 32), 0.5), rtol=0, atol=0)


def test_progress_counts_the_steps_and_each_estimate_is_journalled() -> None:
    ctx = ToyRecorder()

    sample(Latent(Blank(32, 32)), ctx, steps=5)

    assert ctx.steps == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]
    assert [step for step, _ in ctx.noted] == [0, 1, 2, 3, 4]
    assert all(data for _, data in ctx.noted)


def test_every_step_offers_a_preview() -> None:
    ctx = ToyRecorder()

    sample(Latent(Blank(32, 32)), ctx, steps=3)

    assert len(ctx.previews) == 3
    assert all(data.startswith(b"\xff\xd8") for data in ctx.previews)


def test_cancelling_stops_before_the_next_step() -> None:
    ctx = ToyRecorder(cancel_after=2)

    with pytest.raises(RunCancelled):
        sample(Latent(Blank(32, 32)), ctx, steps=10)

    assert len(ctx.steps) == 2
    assert ctx.pool.unet.denoiser.forwards == 2
    assert ctx.pool.unet.denoiser.jobs == 0


def test_prompts_hold_in_their_area_and_mask() -> None:
    left = Entry(context(1.0), area=Area(0, 0, 32, 64))
    mask = torch.zeros(1, 64, 64)
    mask[:, :, 32:] = 1
    right = Entry(context(-1.0), mask=mask)

    made = samples(sample(Latent(Blank(64, 64)), positive=Conditioning((left, right)), steps=20)) * 2

    assert made[..., :7].mean().item() == pytest.approx(1.0, abs=0.1)
    assert made[..., 9:].mean().item() == pytest.approx(-1.0, abs=0.1)


def test_an_area_is_cut_to_its_mask() -> None:
    everywhere = Entry(context(0.0), strength=1e-3)
    mask = torch.zeros(1, 16, 16)
    mask[:, :8] = 1
    corner = Entry(context(2.0), area=Area(0, 0, 32, 64), mask=mask)

    made = samples(sample(Latent(Blank(64, 64)), positive=Conditioning((everywhere, corner)), steps=20)) * 2

    assert made[..., :7, :7].mean().item() == pytest.approx(2.0, abs=0.15)
    for elsewhere in (made[..., :7, 9:], made[..., 9:, :7], made[..., 9:, 9:]):
        assert elsewhere.mean().item() == pytest.approx(0.0, abs=0.15)


def test_a_width_that_halves_unevenly_is_sampled_all_the_same(folder: File, cpu: Context) -> None:
    model, clip, _ = load_checkpoint(folder)
    prompt = clip_encode("a house", clip, ctx=cpu)

    made = ksampler(model, steps=1, positive=prompt, negative=prompt, latent_image=Latent(Blank(52, 60)), ctx=cpu)

    assert samples(made).shape == (1, 4, 15, 13)


def test_a_latent_of_other_channels_is_refused_by_name() -> None:
    with pytest.raises(NodeError, match="works on 4 latent channels, this latent has 16") as raised:
        sample(Latent(numbers(1, 16, 8, 8)))

    assert raised.value.input == "latent_image"


def test_numbers_that_grow_beyond_all_bounds_are_no_result() -> None:
    ctx = ToyRecorder()
    ctx.pool.unet.denoiser.network = lambda x, _t, _context, _added: x * float("inf")

    with pytest.raises(NodeError, match="beyond all bounds") as raised:
        sample(Latent(Blank(32, 32)), ctx)

    assert raised.value.code == "not-finite"
