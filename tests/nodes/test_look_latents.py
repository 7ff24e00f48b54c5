from __future__ import annotations

import math

import pytest
import torch
from diffusers import DDPMScheduler
from torch.testing import assert_close

from graphflow.api import NodeError
from graphflow_nodes.look.channels import latent_channels
from graphflow_nodes.look.forward import add_noise
from graphflow_nodes.look.roundtrip import vae_round_trip
from graphflow_nodes.values import Blank, Image, Latent
from tests.nodes.latents import numbers, samples
from tests.nodes.toy_models import MODEL, SPACE, VAE, ToyRecorder


@pytest.mark.parametrize("t", [0, 1, 250, 500, 999])
def test_noise_is_added_as_diffusers_adds_it(t: int) -> None:
    x0 = numbers(2, 4, 8, 8)
    scheduler = DDPMScheduler(1000, 0.00085, 0.012, "scaled_linear")

    made = add_noise(MODEL, Latent(x0 / SPACE.scale), t=t, seed=3, ctx=ToyRecorder())

    noise = torch.randn(x0.shape, generator=torch.Generator().manual_seed(3))
    theirs = scheduler.add_noise(x0, noise, torch.tensor([t, t]))
    assert_close(samples(made.latent) * SPACE.scale, theirs, rtol=1e-4, atol=1e-5)
    assert_close(samples(made.noise) * SPACE.scale, noise)


@pytest.mark.parametrize("t", [100, 500, 900])
def test_the_moments_of_a_noised_latent_are_those_of_the_forward_process(t: int) -> None:
    one = torch.ones(1, 4, 64, 64) / SPACE.scale

    noisy = samples(add_noise(MODEL, Latent(one), t=t, seed=8, ctx=ToyRecorder()).latent) * SPACE.scale

    kept = float(torch.cumprod(1 - torch.linspace(0.00085**0.5, 0.012**0.5, 1000).double() ** 2, 0)[t])
    assert noisy.mean().item() == pytest.approx(kept**0.5, abs=0.03)
    assert noisy.var().item() == pytest.approx(1 - kept, rel=0.04)


def test_an_empty_latent_becomes_nothing_but_noise() -> None:
    made = add_noise(MODEL, Latent(Blank(32, 16, 2)), t=999, ctx=ToyRecorder())

    assert samples(made.latent).shape == (2, 4, 4, 8)
    assert_close(samples(made.latent), samples(made.noise) * math.sqrt(1 - 0.0046601), rtol=1e-4, atol=1e-5)


def test_grey_channels_reach_from_black_at_the_lowest_to_white_at_the_highest() -> None:
    latent = torch.tensor([[[[-3.0, 1.0], [5.0, 1.0]], [[0.0, 0.0], [10.0, 5.0]]]])

    figure, channels = latent_channels(Latent(latent))

    assert channels.tensor.shape == (2, 256, 256, 3)
    levels = channels.tensor[:, [64, 64, 192, 192], [64, 192, 64, 192]]
    assert_close(levels[0, :, 0], torch.tensor([0.0, 0.5, 1.0, 0.5]), rtol=0, atol=4e-3)
    assert_close(levels[1, :, 2], torch.tensor([0.0, 0.0, 1.0, 0.5]), rtol=0, atol=4e-3)
    assert figure.tensor.shape[0] == 1
    assert figure.tensor.std() > 0.05


def test_false_colours_put_all_channels_on_one_scale_around_zero() -> None:
    latent = torch.zeros(1, 2, 2, 2)
    latent[0, 0, 0, 0], latent[0, 0, 1, 1], latent[0, 1, 0, 0] = 8.0, -8.0, 2.0

    pixels = latent_channels(Latent(latent), colours="false colours").channels.tensor

    red, blue, white, faint = pixels[0, 0, 0], pixels[0, -1, -1], pixels[0, 0, -1], pixels[1, 0, 0]
    assert red[0] > 2 * red[2]
    assert blue[2] > 2 * blue[0]
    assert white.min() > 0.95
    assert white.sum() > faint.sum() > red.sum()  # a quarter of the way to red


def test_a_channel_of_one_value_is_grey_and_every_latent_has_a_figure() -> None:
    figure, channels = latent_channels(Latent(torch.full((3, 1, 4, 4), 7.0)))

    assert len(figure.tensor) == len(channels.tensor) == 3
    assert_close(channels.tensor, torch.full_like(channels.tensor, 0.5), rtol=0, atol=4e-3)


def test_an_empty_latent_has_no_channels_to_show() -> None:
    with pytest.raises(NodeError, match="no channels yet"):
        latent_channels(Latent(Blank(64, 64)))


def test_the_psnr_of_a_round_trip_is_that_of_what_the_autoencoder_lost() -> None:
    # The toy keeps the mean of each cell of 4 x 4 pixels: a checkerboard of +-0.1 within the cells is what it loses.
    signs = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).repeat(8, 8)[None, :, :, None]
    pictures = torch.cat([0.5 + 0.1 * signs, 0.5 + 0.01 * signs]).expand(2, 16, 16, 3)

    made = vae_round_trip(Image(pictures), VAE, amplify=2.0, ctx=ToyRecorder())

    assert made.psnr == pytest.approx((20 + 40) / 2, abs=1e-4)  # 10 log10(1 / 0.1^2) and 10 log10(1 / 0.01^2)
    assert_close(made.image.tensor, torch.full((2, 16, 16, 3), 0.5))
    assert_close(made.difference.tensor[0], torch.full((16, 16, 3), 0.2))
    assert samples(made.latent).shape == (2, 4, 4, 4)
    assert len(made.figure.tensor) == 2


def test_a_round_trip_leaves_out_edges_that_fill_no_cell_and_alpha() -> None:
    picture = torch.rand(1, 19, 13, 4, generator=torch.Generator().manual_seed(1))
    picture[:, :1], picture[:, 17:], picture[:, :, 12:] = 9.0, 9.0, 9.0

    made = vae_round_trip(Image(picture), VAE, ctx=ToyRecorder())

    assert made.image.tensor.shape == (1, 16, 12, 3)
    assert made.image.tensor.max() < 1


def test_a_picture_smaller_than_a_cell_is_refused() -> None:
    with pytest.raises(NodeError, match="smaller than one cell"):
        vae_round_trip(Image(torch.zeros(1, 3, 8, 3)), VAE, ctx=ToyRecorder())
