"""The previewer that ships: small, close to what the default model's own decoder draws, and known by its latents."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from graphflow.api import File
from graphflow.files import Files
from graphflow_nodes.models.parts import Autoencoder
from graphflow_nodes.models.pool import ModelPool
from graphflow_nodes.models.recipes import ALONE, Source, VaeRecipe, recipes_of
from graphflow_nodes.previews import APPROXIMATE, fit_colours
from graphflow_tiny import MODEL_ROOTS
from graphflow_tiny.score_previewer import PREVIEWER
from graphflow_tiny.score_upscaler import psnr
from graphflow_tiny.training.data import HELD_OUT_FROM, SIDE
from graphflow_tiny.world import make_spec, render

MODEL = File("graphflow-tiny", MODEL_ROOTS["checkpoints"] / "graphflow-tiny", "a1" * 32)


@pytest.fixture(scope="module")
def pool() -> ModelPool:
    return ModelPool("cpu")


@pytest.fixture(scope="module")
def own(pool: ModelPool) -> Autoencoder:
    """The default model's own autoencoder."""
    return pool.vae(recipes_of(MODEL)[2])


@pytest.fixture(scope="module")
def tiny(pool: ModelPool) -> Autoencoder:
    return pool.vae(VaeRecipe(Source("a2" * 32, PREVIEWER.name, str(PREVIEWER)), ALONE))


@pytest.fixture(scope="module")
def renders() -> Tensor:
    """Pictures that no training drew, (12, 64, 64, 3) in 0..1."""
    made = [render(make_spec(HELD_OUT_FROM + number), SIDE) for number in range(12)]
    return torch.from_numpy(np.stack(made)).float() / 255


def test_the_shipped_previewer_is_a_small_choice_for_the_default_models_latents(own: Autoencoder) -> None:
    files = Files({"vae_approx": (MODEL_ROOTS["vae_approx"],)}, None)

    (file, facts), *others = files.fitting(APPROXIMATE)

    assert (file.name, others) == (PREVIEWER.name, [])
    assert (facts["latent_channels"], facts["factor"]) == (own.space.channels, own.space.factor)
    assert facts["scale"] == pytest.approx(own.space.scale, rel=0.005)  # a second training's may differ by so much
    assert sum(each.stat().st_size for each in PREVIEWER.iterdir()) < 300_000


def test_it_draws_held_out_renders_from_their_latents_nearly_as_the_models_own(
    own: Autoencoder, tiny: Autoencoder, renders: Tensor
) -> None:
    latents = own.encode(renders)
    colours = fit_colours(own.encode)
    mapped = torch.einsum("bchw,ck->bhwk", latents, colours[:-1]) + colours[-1]
    flat = mapped.clamp(0, 1).repeat_interleave(4, 1).repeat_interleave(4, 2)

    drawn = tiny.decode(latents)

    assert psnr(drawn, renders) > 26.5
    assert psnr(drawn, own.decode(latents)) > 30
    assert psnr(drawn, renders) > psnr(flat, renders) + 8


def test_its_encoder_gives_latents_that_the_models_own_decoder_draws(
    own: Autoencoder, tiny: Autoencoder, renders: Tensor
) -> None:
    assert psnr(own.decode(tiny.encode(renders)), renders) > 24


def test_diffusers_loads_it_and_draws_the_same(own: Autoencoder, tiny: Autoencoder, renders: Tensor) -> None:
    from diffusers import AutoencoderTiny

    theirs = AutoencoderTiny.from_pretrained(PREVIEWER)
    latents = own.encode(renders[:2])
    with torch.no_grad():
        expected = theirs.decode(latents * own.space.scale).sample / 2 + 0.5

    assert_close(
        tiny.decode(latents), expected.clamp(0, 1).movedim(1, -1), atol=0.01, rtol=0
    )  # the scales differ a little
