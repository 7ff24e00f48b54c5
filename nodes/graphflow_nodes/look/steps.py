"""A sampler's way from noise to a picture, step by step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

from graphflow.api import SILENT, Choice, Context, Range, Seed, node
from graphflow_nodes.facts import of_one_model
from graphflow_nodes.look.recorded import Record
from graphflow_nodes.sampling.run import How, sample_latent, scheduled
from graphflow_nodes.sampling_names import SAMPLER_NAMES, SCHEDULE_NAMES
from graphflow_nodes.values import Conditioning, Latent, Model

if TYPE_CHECKING:
    from torch import Tensor

WHAT: Final = ("x0", "x")


class Steps(NamedTuple):
    """The pictures on the way and the result, and the name of each for the edge of a grid."""

    latent: Latent
    labels: list[str]


@node("SampleSteps", category="look", check=of_one_model("latent_image", "positive", "negative", out=("latent",)))
def sample_steps(
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
    every: Annotated[int, Range(1, 10_000)] = 1,
    what: Annotated[str, Choice(WHAT)] = "x0",
    ctx: Context = SILENT,
) -> Steps:
    """Sample as KSampler does, and show how the picture comes about: one batch of all moments, the result last.

    `x0` is the picture that the network expects at the beginning of a step, guided; `x` the noisy latent that it looks
    at, brought to constant variance, x / sqrt(sigma^2 + 1), so that it is the x_t of Ho et al. 2020. Shown are the
    steps 1, 1 + every, 1 + 2 every and so on; the last step's x0 gives way to the result, which most samplers make of
    it. A batch of pictures comes step by step: all of the first step, all of the second.
    """
    import torch

    from graphflow_nodes.models.pool import ModelPool

    record = Record()
    how = How(sampler_name, cfg, seed, scheduled(scheduler, steps, denoise), around=record.around)
    result = sample_latent(model, positive, negative, latent_image, how, ctx)
    space = ctx.use(ModelPool).model(model.recipe).space
    final = result.tensor(space.channels, space.factor)

    begun = record.by_step()
    last = len(record.levels) - (1 if what == "x" else 2)
    shown = [step for step in range(1, last + 1, every) if step in begun]
    way = [_looked_at(begun[step].x, begun[step].sigma) if what == "x" else begun[step].x0 for step in shown]
    samples = torch.cat([*((each / space.scale).cpu() for each in way), final])
    return Steps(Latent(samples, factor=space.factor), [*(f"step {step}" for step in shown), "result"])


def _looked_at(x: Tensor, sigma: float) -> Tensor:
    from graphflow_nodes.diffusion.forward import alpha_bar

    return x * math.sqrt(alpha_bar(sigma))
