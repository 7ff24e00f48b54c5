"""Sampling as a node: from noise, or from a latent with noise on it, to a picture that follows a prompt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from graphflow.api import SILENT, Checked, Choice, Context, Facts, NodeError, Range, RunCancelled, Seed, node
from graphflow_nodes.conditioning.prompts import prompts_of
from graphflow_nodes.facts import SPACE, TEXT, mismatches
from graphflow_nodes.models.recipes import VaeRecipe
from graphflow_nodes.previews import Sketcher
from graphflow_nodes.sampling_names import SAMPLER_NAMES, SCHEDULE_NAMES
from graphflow_nodes.scores import steer_of
from graphflow_nodes.values import Conditioning, Latent, Model

if TYPE_CHECKING:
    from torch import Tensor

    from graphflow_nodes.diffusion.driver import Watch


def _check(_values: Mapping[str, Any], facts: Mapping[str, Facts]) -> Checked:
    """Refuse prompts and latents that were made for another model; what comes out is in the model's space."""
    model, latent = facts.get("model", {}), facts.get("latent_image", {})
    hint = "encode the picture with the VAE of the same checkpoint"
    problems = list(mismatches(latent, model, SPACE, input="latent_image", hint=hint))
    for side in ("positive", "negative"):
        hint = "encode the prompt with the CLIP of the same checkpoint"
        problems.extend(mismatches(facts.get(side, {}), model, TEXT, input=side, hint=hint))
    return Checked(tuple(problems), {"out": model})


@node("KSampler", category="sampling", revision=2, check=_check)
def ksampler(
    model: Model,
    *,
    seed: Annotated[int, Seed()] = 0,
    steps: Annotated[int, Range(1, 10_000)] = 20,
    cfg: Annotated[float, Range(0, 100, step=0.1)] = 8.0,
    sampler_name: Annotated[str, Choice(SAMPLER_NAMES)] = "euler",
    scheduler: Annotated[str, Choice(SCHEDULE_NAMES)] = "simple",
    positive: Conditioning,
    negative: Conditioning,
    latent_image: Latent,
    denoise: Annotated[float, Range(0, 1, step=0.01)] = 1.0,
    ctx: Context = SILENT,
) -> Latent:
    """Denoise a latent, guided by a prompt and away from another.

    A `denoise` below 1 starts from the latent with that share of the noise: the lower, the more of it stays. Where
    the latent has a noise mask, only the masked part is made anew.
    """
    from graphflow_nodes.diffusion.driver import SamplingStopped, Start, sample
    from graphflow_nodes.diffusion.guidance import Guidance
    from graphflow_nodes.diffusion.noise import initial_noise, step_noise
    from graphflow_nodes.diffusion.samplers import SAMPLERS
    from graphflow_nodes.diffusion.schedules import SCHEDULES, noise_levels
    from graphflow_nodes.models.pool import ModelPool

    pool = ctx.use(ModelPool)
    unet = pool.model(model.recipe)
    own_vae = VaeRecipe(model.recipe.checkpoint, model.recipe.family)
    latent = _fitting(latent_image, unet.space.channels, unet.space.factor)
    noise = initial_noise(latent, seed, latent_image.batch_index)
    here = latent.to(unet.device)
    sampler = SAMPLERS[sampler_name]
    prompts = prompts_of(positive, here, unet.space.factor, "positive")
    away = prompts_of(negative, here, unet.space.factor, "negative")
    steer = steer_of(model.recipe, lambda: pool.vae(own_vae))
    try:
        result = sample(
            sampler,
            Guidance(unet.sampling, prompts, away, cfg, reads_uncond=sampler.reads_uncond, steer=steer),
            unet.denoiser,
            Start(here, noise.to(unet.device), latent_image.noise_mask, unet.space.scale),
            noise_levels(SCHEDULES[scheduler], unet.sampling, steps, denoise),
            step_noise=step_noise(here, seed),
            watch=_watch(ctx, Sketcher(lambda: pool.vae(own_vae), unet.space.scale)),
        )
    except SamplingStopped as stopped:
        raise RunCancelled("the run was cancelled") from stopped
    return replace(latent_image, samples=_finite(result.cpu()), factor=unet.space.factor)


def _watch(ctx: Context, sketcher: Sketcher) -> Watch:
    from graphflow_nodes.diffusion.driver import Watch

    return Watch(
        progress=ctx.progress,
        preview=lambda x0: ctx.preview(lambda: sketcher.draw(x0)),
        cancelled=ctx.cancelled,
        journal=ctx.journal,
    )


def _fitting(latent: Latent, channels: int, factor: int) -> Tensor:
    """Return the samples that the model works on, (batch, channels, height, width)."""
    samples = latent.tensor(channels, factor)
    if samples.shape[1] != channels:
        raise NodeError(
            f"the model works on {channels} latent channels, this latent has {samples.shape[1]}",
            input="latent_image",
            hint="encode the picture with the VAE of the same checkpoint",
        )
    return samples


def _finite(samples: Tensor) -> Tensor:
    """Refuse what half precision, or a guidance far too strong, makes of a latent: a black picture at best."""
    if not samples.isfinite().all():
        raise NodeError(
            "the numbers of the latent grew beyond all bounds while sampling",
            code="not-finite",
            hint="lower cfg, try another sampler, or run on the CPU, in full precision",
        )
    return samples
