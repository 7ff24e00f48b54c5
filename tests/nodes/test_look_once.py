"""One look of the network: what it sees in noise, and where two prompts see different things."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from diffusers import DDPMScheduler
from torch.testing import assert_close

from graphflow.api import Blocked, Context
from graphflow_nodes.conditioning.encode import clip_encode
from graphflow_nodes.latent.vae import vae_encode
from graphflow_nodes.look.diffedit import diff_edit_mask
from graphflow_nodes.look.forward import add_noise
from graphflow_nodes.look.once import denoise_once
from graphflow_nodes.values import Blank, Conditioning, Entry, Latent
from tests.diffusion.gaussian import SAMPLING, Gaussian, context
from tests.nodes.default_model import as_image, default_parts
from tests.nodes.example_pictures import example_pictures
from tests.nodes.latents import numbers, samples
from tests.nodes.toy_models import MODEL, SPACE, VAE, ToyRecorder, says


@pytest.mark.parametrize("t", [10, 500, 999])
def test_the_picture_seen_is_the_best_guess_and_diffusers_gets_it_from_the_noise(t: int) -> None:
    noisy = numbers(2, 4, 8, 8)  # in unit variance

    seen = denoise_once(MODEL, says(1.5), Latent(noisy / SPACE.scale), t=t, ctx=ToyRecorder())

    sigma = SAMPLING.sigma(t)
    best = Gaussian(1.5, 0.5).denoise(noisy * (sigma**2 + 1) ** 0.5, sigma)
    assert_close(samples(seen.x0) * SPACE.scale, best, rtol=1e-4, atol=1e-4)
    scheduler = DDPMScheduler(1000, 0.00085, 0.012, "scaled_linear", clip_sample=False)
    theirs = scheduler.step(samples(seen.noise) * SPACE.scale, t, noisy).pred_original_sample
    assert_close(samples(seen.x0) * SPACE.scale, theirs, rtol=2e-3, atol=2e-3)


def test_the_latent_minus_its_noise_is_the_picture_as_faint_as_it_is_at_that_time() -> None:
    noisy = numbers(1, 4, 8, 8) / SPACE.scale
    kept = DDPMScheduler(1000, 0.00085, 0.012, "scaled_linear").alphas_cumprod[300]

    seen = denoise_once(MODEL, says(0.5), Latent(noisy), t=300, ctx=ToyRecorder())

    assert_close(samples(seen.difference), noisy - (1 - kept).sqrt() * samples(seen.noise), rtol=1e-4, atol=1e-5)
    assert_close(samples(seen.difference), kept.sqrt() * samples(seen.x0), rtol=1e-4, atol=1e-5)


def test_the_error_is_the_training_loss_where_the_true_noise_is_known() -> None:
    noised = add_noise(MODEL, Latent(Blank(256, 256)), t=400, ctx=ToyRecorder())

    seen = denoise_once(MODEL, says(0.0), noised.latent, t=400, true_noise=noised.noise, ctx=ToyRecorder())

    # x is noise of level sigma alone, of which this world takes 0.25 / (0.25 + sigma^2) for a picture.
    sigma = SAMPLING.sigma(400)
    assert seen.error == pytest.approx((0.25 / (0.25 + sigma**2)) ** 2, rel=0.05)


def test_without_the_true_noise_or_a_vae_their_ports_stay_silent() -> None:
    seen = denoise_once(MODEL, says(0.0), Latent(Blank(32, 32)), ctx=ToyRecorder())

    assert isinstance(seen.error, Blocked)
    assert isinstance(seen.figure, Blocked)


def test_a_vae_gives_a_figure_for_each_latent() -> None:
    seen = denoise_once(MODEL, says(0.0), Latent(Blank(32, 32, 2)), vae=VAE, ctx=ToyRecorder())

    assert not isinstance(seen.figure, Blocked)
    assert len(seen.figure.tensor) == 2
    assert seen.figure.tensor.std() > 0.05


def corner(height: int) -> Conditioning:
    """Like `says(0)`, but for the top rows of a picture of 64 pixels, where something else stands."""
    mask = torch.zeros(1, 64, 64)
    mask[:, :height] = 1
    return Conditioning((Entry(context(0.0)), Entry(context(2.0), mask=mask)))


@pytest.mark.parametrize(("height", "level"), [(16, 1.0), (32, 1 / 1.5)])
def test_the_mask_of_an_edit_is_where_the_two_prompts_differ(height: int, level: float) -> None:
    latent = Latent(numbers(2, 4, 16, 16))

    found = diff_edit_mask(MODEL, says(0.0), corner(height), latent, samples=3, ctx=ToyRecorder())

    assert found.mask.tensor.shape == (2, 64, 64)
    assert found.mask.tensor[:, :height].min() == 1
    assert found.mask.tensor[:, height:].max() == 0
    # One difference on a share of the picture: its mean is that share of it, and three times the mean counts as 1.
    assert_close(found.difference.tensor[:, :height], torch.full((2, height, 64), level), rtol=1e-4, atol=1e-4)


def test_equal_prompts_have_nothing_to_edit() -> None:
    found = diff_edit_mask(MODEL, says(1.0), says(1.0), Latent(Blank(64, 64)), samples=2, ctx=ToyRecorder())

    assert found.mask.tensor.max() == 0
    assert isinstance(found.figure, Blocked)  # no VAE to draw the picture with


def test_on_the_default_model_another_colour_of_the_circle_masks_the_circle(cpu: Context) -> None:
    model, clip, vae = default_parts()
    picture = example_pictures()["circle.png"]
    source, target = (
        clip_encode(f"a large {colour} circle on a blue background", clip, ctx=cpu) for colour in ("red", "green")
    )

    latent = vae_encode(as_image(picture), vae, ctx=cpu)
    found = diff_edit_mask(model, source, target, latent, vae=vae, ctx=cpu)

    circle = picture[..., 0].astype(int) > picture[..., 2].astype(int)
    mask = found.mask.tensor[0].numpy() > 0
    assert (mask & circle).sum() / (mask | circle).sum() > 0.75
    difference = found.difference.tensor[0].numpy()
    assert np.mean(difference[circle]) > 5 * np.mean(difference[~circle])
    assert not isinstance(found.figure, Blocked)
    assert found.figure.tensor.std() > 0.1


def test_on_the_default_model_the_noise_that_was_added_is_seen_again(cpu: Context) -> None:
    model, clip, vae = default_parts()
    prompt = clip_encode("a large red circle on a blue background", clip, ctx=cpu)
    latent = vae_encode(as_image(example_pictures()["circle.png"]), vae, ctx=cpu)

    noised = add_noise(model, latent, t=500, ctx=cpu)
    seen = denoise_once(model, prompt, noised.latent, t=500, true_noise=noised.noise, ctx=cpu)

    assert not isinstance(seen.error, Blocked)
    assert seen.error < 0.05  # guessing nothing would give 1
    before, after = samples(latent), samples(seen.x0)
    assert (after - before).square().mean() < 0.2 * (samples(noised.latent) - before).square().mean()
