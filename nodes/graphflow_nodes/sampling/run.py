"""What all sampling nodes have in common: from what travels along links to a run of the driver, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from graphflow.api import Context, NodeError, RunCancelled
from graphflow_nodes.conditioning.prompts import prompts_of
from graphflow_nodes.fitting import fitting
from graphflow_nodes.models.recipes import VaeRecipe
from graphflow_nodes.previews import Sketcher, sketcher_of
from graphflow_nodes.sampling.controls import Controls, also_controlled
from graphflow_nodes.sampling.differential import strength_of
from graphflow_nodes.sampling.inpaint import Holes
from graphflow_nodes.scores import steer_of
from graphflow_nodes.values import Conditioning, Latent, Model

if TYPE_CHECKING:
    from torch import Tensor

    from graphflow_nodes.diffusion.driver import Watch
    from graphflow_nodes.diffusion.samplers import Sampler
    from graphflow_nodes.diffusion.schedules import ModelSampling


@dataclass(frozen=True, slots=True)
class How:
    """How a latent is sampled: the method, the guidance, the noise, and the levels to walk down.

    `levels` gives them for the levels that the model knows; its second argument says whether the sampler skips the
    last level above zero. `around` may put something around the sampler, such as one that notes what passes.
    """

    sampler_name: str
    cfg: float
    seed: int
    levels: Callable[[ModelSampling, bool], Tensor]
    add_noise: bool = True
    around: Callable[[Sampler], Sampler] = lambda sampler: sampler


def scheduled(scheduler: str, steps: int, denoise: float) -> Callable[[ModelSampling, bool], Tensor]:
    """Return the levels of a whole schedule, or of its last part, for `How`."""

    def levels(sampling: ModelSampling, skip: bool) -> Tensor:
        from graphflow_nodes.diffusion.schedules import SCHEDULES, noise_levels

        return noise_levels(SCHEDULES[scheduler], sampling, steps, denoise, skip_penultimate=skip)

    return levels


def sample_latent(
    model: Model, positive: Conditioning, negative: Conditioning, latent: Latent, how: How, ctx: Context
) -> Latent:
    """Sample from a latent; raise NodeError when it does not fit the model, RunCancelled when the run is cancelled."""
    from graphflow_nodes.diffusion.driver import SamplingStopped, Start, sample
    from graphflow_nodes.diffusion.guidance import Guidance
    from graphflow_nodes.diffusion.noise import step_noise
    from graphflow_nodes.diffusion.samplers import SAMPLERS
    from graphflow_nodes.models.pool import ModelPool

    pool = ctx.use(ModelPool)
    unet = pool.model(model.recipe)
    own_vae = VaeRecipe(model.recipe.checkpoint, model.recipe.family)
    samples = fitting(latent, unet.space, "latent_image")
    _check_counts(latent, len(samples))
    noise = _first_noise(samples, latent, how)
    here = samples.to(unet.device)
    holes = Holes(here, latent.noise_mask, unet.space.scale, lambda: pool.vae(own_vae)) if unet.reads_hole else None
    controls = Controls(pool, unet, here)
    prompts, away = (
        prompts_of(
            side,
            here,
            unet.space.factor,
            input,
            added=None if holes is None else holes.added,
            controls=partial(controls.of, input=input),
        )
        for side, input in ((positive, "positive"), (also_controlled(negative, positive), "negative"))
    )
    sampler, steer = how.around(SAMPLERS[how.sampler_name]), steer_of(model.recipe, lambda: pool.vae(own_vae))
    mask, differential = latent.noise_mask, strength_of(model.recipe)
    levels = how.levels(unet.sampling, sampler.skips_penultimate)
    if len(levels) < 2:
        ctx.log("there is no step to go, so the latent comes out as it went in")
    try:
        with controls.kept():
            result = sample(
                sampler,
                Guidance(unet.sampling, prompts, away, how.cfg, reads_uncond=sampler.reads_uncond, steer=steer),
                unet.denoiser,
                Start(here, noise.to(unet.device), mask, unet.space.scale, differential),
                levels,
                step_noise=step_noise(here, latent.seeds or how.seed, latent.batch_index),
                watch=_watch(ctx, sketcher_of(ctx, pool, own_vae, unet.space)),
                deterministic=ctx.deterministic,
            )
    except SamplingStopped as stopped:
        raise RunCancelled("the run was cancelled") from stopped
    return replace(latent, samples=_finite(result.cpu(), steered=steer is not None), factor=unet.space.factor)


def _check_counts(latent: Latent, batch: int) -> None:
    """Refuse seeds or numbers of noise of another batch than the latent's."""
    for what, numbers in (("seeds", latent.seeds), ("numbers of noise", latent.batch_index)):
        if numbers is not None and len(numbers) != batch:
            raise NodeError(
                f"the latent has {len(numbers)} {what} for {batch} pictures",
                input="latent_image",
                hint="take SetLatentSeeds last, behind all nodes that change how many pictures there are",
            )


def _first_noise(samples: Tensor, latent: Latent, how: How) -> Tensor:
    import torch

    from graphflow_nodes.diffusion.noise import initial_noise

    if not how.add_noise:
        return torch.zeros_like(samples)
    return initial_noise(samples, latent.seeds or how.seed, latent.batch_index)


def _watch(ctx: Context, sketcher: Sketcher) -> Watch:
    from graphflow_nodes.diffusion.driver import Watch

    def preview(x0: Tensor) -> None:
        if sketcher.is_ready():
            ctx.preview(lambda: sketcher.draw(x0))

    return Watch(
        progress=ctx.progress,
        preview=preview,
        cancelled=ctx.cancelled,
        journal=ctx.journal,
        replay=ctx.replay(),
    )


def _finite(samples: Tensor, *, steered: bool) -> Tensor:
    """Refuse what half precision, or a guidance far too strong, makes of a latent: a black picture at best."""
    remedy = "lower the scale of ClassifierGuidance, or raise its score's tolerance" if steered else "lower cfg"
    if not samples.isfinite().all():
        raise NodeError(
            "the numbers of the latent grew beyond all bounds while sampling",
            code="not-finite",
            hint=f"{remedy}, try another sampler, or run on the CPU, in full precision",
        )
    return samples
