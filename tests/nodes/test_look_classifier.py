"""Guidance by a score: what a model's recipe holds, and what its pictures become."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from graphflow.api import Context
from graphflow_nodes.conditioning.encode import clip_encode
from graphflow_nodes.latent.vae import vae_decode
from graphflow_nodes.look.scores import classifier_guidance, score_brightness, score_colour
from graphflow_nodes.models.pool import ModelPool
from graphflow_nodes.sampling.ksampler import ksampler
from graphflow_nodes.scores import Score, steer_of
from graphflow_nodes.values import Blank, Latent, Model
from tests.nodes.default_model import default_parts
from tests.nodes.toy_models import ToyAutoencoder


def pictures(model: Model, cpu: Context) -> Tensor:
    """Two landscapes of the default model, (2, 64, 64, 3)."""
    _, clip, vae = default_parts()
    prompt, nothing = (clip_encode(text, clip, ctx=cpu) for text in ("a house in a meadow", ""))
    latent = Latent(Blank(64, 64, 2))
    made = ksampler(model, seed=3, steps=10, cfg=3.0, positive=prompt, negative=nothing, latent_image=latent, ctx=cpu)
    return vae_decode(made, vae, ctx=cpu).tensor


def redness(picture: Tensor) -> float:
    return float((picture[..., 0] - picture[..., 1:].mean(dim=-1)).mean())


@pytest.mark.parametrize("picture", ["latent", "decoded"])
def test_a_wish_for_red_makes_redder_pictures_the_more_the_larger_its_scale(picture: str, cpu: Context) -> None:
    model = default_parts().model
    wish = score_colour("red", picture=picture)

    plain, half, whole, away = (
        redness(pictures(classifier_guidance(model, wish, scale=scale), cpu)) for scale in (0, 0.5, 1, -0.5)
    )

    assert plain + 0.1 < half < whole
    assert away < plain
    assert plain == redness(pictures(model, cpu))


def test_a_wish_for_darkness_in_one_half_darkens_that_half_most(cpu: Context) -> None:
    model = default_parts().model
    dark = classifier_guidance(model, score_brightness(0.0, width=0.5), scale=3.0)

    change = pictures(model, cpu) - pictures(dark, cpu)

    assert change[:, :, :28].mean() > 0.04
    assert change[:, :, :28].mean() > 1.4 * change[:, :, 36:].mean()


def test_guidance_by_a_score_travels_with_the_model_and_shares_its_network(cpu: Context) -> None:
    model = default_parts().model
    twice = classifier_guidance(classifier_guidance(model, score_colour("red")), score_brightness(0.5), scale=2.0)

    pool = cpu.use(ModelPool)

    assert Model.restore(twice.store()) == twice
    assert twice != model
    assert pool.model(twice.recipe) is pool.model(model.recipe)
    assert steer_of(model.recipe, ToyAutoencoder) is None  # type: ignore[arg-type]  # never loaded


def test_an_autoencoder_that_a_preview_loaded_still_gives_gradients(cpu: Context) -> None:
    recipe = default_parts().vae.recipe
    with torch.inference_mode():  # where previews are drawn
        autoencoder = ModelPool("cpu").vae(recipe)

    x0 = torch.zeros(1, 4, 8, 8, requires_grad=True)
    score = score_colour("red", picture="decoded").build(autoencoder)(x0, 1.0)

    (gradient,) = torch.autograd.grad(score.sum(), x0)
    assert gradient.abs().sum() > 0


def test_a_score_of_nothing_known_is_no_score() -> None:
    with pytest.raises(ValueError, match="no stored score"):
        Score.restore(b'{"kind": "colour"}')
