"""The forward process: a latent with the noise of any time upon it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final, NamedTuple

from graphflow.api import SILENT, Context, Range, Seed, node
from graphflow_nodes.facts import of_one_model
from graphflow_nodes.fitting import fitting
from graphflow_nodes.values import Latent, Model

TIME: Final = Range(0, 999)


class Noised(NamedTuple):
    """A noisy latent, and the noise that is in it."""

    latent: Latent
    noise: Latent


@node("AddNoise", category="look", check=of_one_model("latent", out=("latent", "noise")))
def add_noise(
    model: Model,
    latent: Latent,
    *,
    t: Annotated[int, TIME] = 500,
    seed: Annotated[int, Seed()] = 0,
    ctx: Context = SILENT,
) -> Noised:
    """Put noise on a latent as the forward process does by time t: x_t = sqrt(alpha_bar_t) x0 + sqrt(1 - alpha_bar_t) eps.

    Ho et al. 2020, equation 4, where x0 has unit variance. What comes out is in the autoencoder's own scale like every
    latent: `latent` can be decoded, and latent = sqrt(alpha_bar_t) x0 + sqrt(1 - alpha_bar_t) noise holds there too.
    The noise is the one that KSampler draws for the seed. ComfyUI has a node of the same name with other inputs
    (model, noise, sigmas, latent_image), which adds sigma times noise for a sampler to go on from.
    """
    from graphflow_nodes.diffusion.forward import diffuse
    from graphflow_nodes.diffusion.noise import initial_noise
    from graphflow_nodes.models.pool import ModelPool

    unet = ctx.use(ModelPool).model(model.recipe)
    x0 = fitting(latent, unet.space, "latent")
    noise = initial_noise(x0, latent.seeds or seed, latent.batch_index) / unet.space.scale
    noisy = diffuse(x0, noise, unet.sampling.sigma(t))
    factor = unet.space.factor
    return Noised(replace(latent, samples=noisy, factor=factor), Latent(noise, factor=factor))
