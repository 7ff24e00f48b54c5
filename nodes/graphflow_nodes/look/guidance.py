"""Guidance seen from inside: the two estimates that it adds up, all the way down."""

from __future__ import annotations

from functools import partial
from typing import Annotated, NamedTuple

from graphflow.api import SILENT, Choice, Context, Range, Seed, node
from graphflow_nodes.drawing import draw
from graphflow_nodes.facts import of_one_model
from graphflow_nodes.look.asking import noise_in
from graphflow_nodes.look.recorded import Record
from graphflow_nodes.look.vectors import Pair, lengths_csv, lengths_of, paint_vectors
from graphflow_nodes.sampling.controls import also_controlled, controlled_prompts
from graphflow_nodes.sampling.run import How, sample_latent, scheduled
from graphflow_nodes.sampling_names import SAMPLER_NAMES, SCHEDULE_NAMES
from graphflow_nodes.values import Conditioning, Image, Latent, Model


class Vectors(NamedTuple):
    """Lengths and angles over the steps, as a picture and as numbers, and what was sampled meanwhile."""

    figure: Image
    csv: str
    latent: Latent


@node("GuidanceVectors", category="look", check=of_one_model("latent_image", "positive", "negative", out=("latent",)))
def guidance_vectors(
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
) -> Vectors:
    """Sample as KSampler does, and measure what guidance adds up at each estimate.

    At each x that the sampler asked about: the length of the noise that the network sees with the prompt, of that
    which it sees with the negative one, of their difference, of the guided estimate, uncond + cfg (cond - uncond) (Ho
    and Salimans 2022, equation 6), and the angle between the first two. Lengths are root mean squares, so pure noise
    has 1; a batch is averaged. It takes twice the time of sampling alone.
    """
    from graphflow_nodes.models.pool import ModelPool

    record = Record()
    how = How(sampler_name, cfg, seed, scheduled(scheduler, steps, denoise), around=record.around)
    result = sample_latent(model, positive, negative, latent_image, how, ctx)
    pool = ctx.use(ModelPool)
    unet = pool.model(model.recipe)
    sides = positive, also_controlled(negative, positive)
    pairs = []
    for x, sigma, _ in ctx.track(record.moments):
        seen = [noise_in(unet, x, sigma, controlled_prompts(pool, unet, side, x)) for side in sides]
        pairs.append(Pair(sigma, *(noise.cpu() for noise in seen)))
    lengths = lengths_of(pairs, cfg, unet.sampling.timestep)
    figure = draw(partial(paint_vectors, lengths=lengths, cfg=cfg), 1320, 440)
    return Vectors(Image(figure), lengths_csv(lengths), result)
