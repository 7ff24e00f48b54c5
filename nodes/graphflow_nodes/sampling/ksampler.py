"""Sampling as nodes: from noise, or from a latent with noise on it, to a picture that follows a prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from graphflow.api import SILENT, Choice, Context, Range, Seed, node
from graphflow_nodes.facts import of_one_model
from graphflow_nodes.sampling.run import How, sample_latent, scheduled
from graphflow_nodes.sampling_names import SAMPLER_NAMES, SCHEDULE_NAMES
from graphflow_nodes.values import Conditioning, Latent, Model

if TYPE_CHECKING:
    from torch import Tensor

    from graphflow_nodes.diffusion.schedules import ModelSampling


@node("KSampler", category="sampling", check=of_one_model("latent_image", "positive", "negative", out=("out",)))
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
    how = How(sampler_name, cfg, seed, scheduled(scheduler, steps, denoise))
    return sample_latent(model, positive, negative, latent_image, how, ctx)


@node("KSamplerAdvanced", category="sampling", check=of_one_model("latent_image", "positive", "negative", out=("out",)))
def ksampler_advanced(
    model: Model,
    *,
    add_noise: Annotated[str, Choice(("enable", "disable"))] = "enable",
    noise_seed: Annotated[int, Seed()] = 0,
    steps: Annotated[int, Range(1, 10_000)] = 20,
    cfg: Annotated[float, Range(0, 100, step=0.1)] = 8.0,
    sampler_name: Annotated[str, Choice(SAMPLER_NAMES)] = "euler",
    scheduler: Annotated[str, Choice(SCHEDULE_NAMES)] = "simple",
    positive: Conditioning,
    negative: Conditioning,
    latent_image: Latent,
    start_at_step: Annotated[int, Range(0, 10_000)] = 0,
    end_at_step: Annotated[int, Range(0, 10_000)] = 10_000,
    return_with_leftover_noise: Annotated[str, Choice(("disable", "enable"))] = "disable",
    ctx: Context = SILENT,
) -> Latent:
    """Walk a part of the way from noise to a picture: from one step to another of a schedule of `steps`.

    Two of these in a row can change the prompt or the guidance on the way: the first returns with leftover noise, the
    second adds none and starts where the first ended; with the same seed they go the way of one. Without leftover
    noise the last step takes all noise away. Where there is no step to go, the latent comes out as it went in. A noise
    mask is for a whole way, or its first part: without noise of its own a run keeps the noise that lies outside it.
    """
    from graphflow_nodes.diffusion.schedules import SCHEDULES, noise_levels, part_of

    def levels(sampling: ModelSampling, skip: bool) -> Tensor:
        whole = noise_levels(SCHEDULES[scheduler], sampling, steps, skip_penultimate=skip)
        return part_of(whole, start_at_step, end_at_step, to_zero=return_with_leftover_noise == "disable")

    how = How(sampler_name, cfg, noise_seed, levels, add_noise == "enable")
    return sample_latent(model, positive, negative, latent_image, how, ctx)
