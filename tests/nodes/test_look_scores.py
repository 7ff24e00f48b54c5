"""Wishes for pictures: what they say of a latent, and what they do to a sampler."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from graphflow.api import Context, NodeError
from graphflow_nodes.latent.vae import vae_decode, vae_encode
from graphflow_nodes.look.scores import score_brightness, score_colour
from graphflow_nodes.models.pool import ModelPool
from graphflow_nodes.scores import Score
from tests.nodes.default_model import as_image, default_parts
from tests.nodes.example_pictures import example_pictures
from tests.nodes.toy_models import SPACE, ToyAutoencoder


class Mixed(ToyAutoencoder):
    """Latents whose three channels are mixtures of red, green and blue."""

    def encode(self, pictures: Tensor) -> Tensor:
        mixture = torch.tensor([[1.0, 0.5, 0.0], [0.0, 1.0, -0.5], [0.5, 0.0, 1.0]])
        return torch.einsum("bchw,ck->bkhw", super().encode(pictures)[:, :3] * 2 - 1, mixture)


def latent_of(*colours: tuple[float, float, float]) -> Tensor:
    """Latents of one colour each, 8 x 8 cells, in unit variance."""
    pictures = torch.tensor(colours).view(-1, 1, 1, 3).expand(-1, 32, 32, 3)
    return Mixed().encode(pictures) * SPACE.scale


def log_p(score: Score, x0: Tensor) -> Tensor:
    toy: Any = Mixed()  # the latent's colours need its encoder only
    return score.build(toy)(x0, 1.0)


def test_a_colour_is_wished_for_by_the_distance_of_the_mean() -> None:
    x0 = latent_of((1.0, 0.0, 0.0), (0.5, 0.0, 0.2))

    found = log_p(score_colour("red", tolerance=0.5), x0)

    # 64 cells: -64 / 2 * (0.5^2 + 0.2^2) / 0.5^2
    assert_close(found, torch.tensor([0.0, -32 * 0.29 / 0.25]), rtol=1e-3, atol=1e-3)


def test_brightness_counts_green_most() -> None:
    x0 = latent_of((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (0.5, 0.5, 0.5))

    found = log_p(score_brightness(0.0, tolerance=1.0), x0)

    assert_close(found, -32 * torch.tensor([0.2126, 0.7152, 0.0722, 0.5]) ** 2, rtol=2e-3, atol=1e-3)


def test_only_the_region_counts() -> None:
    x0 = latent_of((0.0, 0.0, 1.0))
    x0[:, :, :4, 4:] = latent_of((1.0, 0.0, 0.0))[:, :, :4, 4:]

    corner, elsewhere = (
        log_p(score_colour("red", tolerance=1.0, width=0.5, height=0.5, x=x, y=y), x0) for x, y in ((0.5, 0), (0, 0.5))
    )

    assert_close(corner, torch.zeros(1), rtol=0, atol=1e-3)
    assert_close(elsewhere, torch.tensor([-16 / 2 * 2.0]), rtol=1e-3, atol=1e-3)  # 16 cells, red and blue are 1 off


def test_a_region_outside_the_picture_is_its_last_cell() -> None:
    assert log_p(score_colour("blue", x=1.0, y=1.0, width=0.0), latent_of((0.0, 0.0, 1.0))).abs().item() < 1e-3


@pytest.mark.parametrize("picture", ["latent", "decoded"])
def test_the_gradient_of_a_wish_is_that_of_finite_differences(picture: str, cpu: Context) -> None:
    vae = default_parts().vae
    autoencoder = cpu.use(ModelPool).vae(vae.recipe)
    score = score_colour("#30c040", picture=picture, tolerance=1.0).build(autoencoder)
    latent = vae_encode(as_image(example_pictures()["circle.png"]), vae, ctx=cpu).samples
    assert isinstance(latent, Tensor)
    x0 = latent * autoencoder.space.scale
    direction = torch.randn(x0.shape, generator=torch.Generator().manual_seed(1))

    here = x0.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(score(here, 1.0).sum(), here)

    with torch.no_grad():
        slope = (score(x0 + 0.01 * direction, 1.0) - score(x0 - 0.01 * direction, 1.0)) / 0.02
    assert (gradient * direction).sum().item() == pytest.approx(slope.item(), rel=0.02, abs=0.02)


def test_the_latents_own_colours_are_near_those_of_the_decoded_picture(cpu: Context) -> None:
    vae = default_parts().vae
    autoencoder = cpu.use(ModelPool).vae(vae.recipe)
    latent = vae_encode(as_image(example_pictures()["meadow.png"]), vae, ctx=cpu)
    assert isinstance(latent.samples, Tensor)
    mean = vae_decode(latent, vae, ctx=cpu).tensor.mean(dim=(1, 2))[0].tolist()
    colour = "#" + "".join(f"{round(level * 255):02x}" for level in mean)

    for picture, near in (("decoded", 0.01), ("latent", 0.15)):
        score = score_colour(colour, picture=picture, tolerance=1.0).build(autoencoder)
        far = (-score(latent.samples * autoencoder.space.scale, 1.0).item() * 2 / 256) ** 0.5
        assert far < near


def test_a_score_comes_back_from_its_bytes_and_rubbish_does_not() -> None:
    score = score_colour("teal", width=0.25)

    assert Score.restore(score.store()) == score
    assert score_colour("teal") != score
    with pytest.raises(ValueError, match="no stored score"):
        Score.restore(b"{}")


def test_a_word_that_is_no_colour_is_refused() -> None:
    with pytest.raises(NodeError, match="'rde' is no colour") as raised:
        score_colour("rde")

    assert raised.value.input == "colour"
