"""The training loop: a network learns captioned pictures and becomes a checkpoint."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from graphflow.api import (
    SILENT,
    Artifact,
    Checked,
    Choice,
    Context,
    Facts,
    Multiline,
    NodeError,
    Range,
    Seed,
    node,
)
from graphflow_nodes.models.recipes import ModelRecipe, Source
from graphflow_nodes.saving import check_prefix
from graphflow_nodes.training.curve import draw_curve, write_losses
from graphflow_nodes.training.lesson import make_lesson, own_network, parts_of_one_model
from graphflow_nodes.training.step import LAYERS, RATE
from graphflow_nodes.values import Clip, Image, Model, Vae

if TYPE_CHECKING:
    from torch import Tensor, nn

    from graphflow_nodes.models.parts import Unet
    from graphflow_nodes.models.save import Whole
    from graphflow_nodes.training.lesson import Lesson

MEDIA_TYPE = "application/x-safetensors"
ROOT = "checkpoints/"
"""What is saved below this folder of the output is found by LoadCheckpoint."""
SHOWN_EVERY = 20
"""Steps between two previews of the curve."""


class Trained(NamedTuple):
    """The trained network, its checkpoint and the name by which LoadCheckpoint finds it, and how the loss went."""

    model: Model
    checkpoint: Artifact
    ckpt_name: str
    loss_curve: Image
    losses: str


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train."""

    steps: int
    batch_size: int
    learning_rate: float
    seed: int
    layers: str
    caption_dropout: float
    min_snr_gamma: float
    ema_decay: float


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """What a training left: the weights, and per step its loss and the length of its gradient."""

    weights: dict[str, Tensor]
    losses: list[float]
    lengths: list[float]


def _check(values: Mapping[str, Any], facts: Mapping[str, Facts]) -> Checked:
    """Refuse parts of different models, and a checkpoint that would leave the output folder, before hours of work."""
    parts = parts_of_one_model("model")(values, facts)
    return Checked((*parts.problems, *check_prefix(values, facts).problems), parts.facts)


@node("TrainLoop", category="training", output=True, check=_check)
def train_loop(
    model: Model,
    clip: Clip,
    vae: Vae,
    images: Image,
    *,
    captions: Annotated[str, Multiline()],
    steps: Annotated[int, Range(1, 1_000_000)] = 200,
    batch_size: Annotated[int, Range(1, 4096)] = 4,
    learning_rate: Annotated[float, RATE] = 1e-4,
    seed: Annotated[int, Seed()] = 0,
    layers: Annotated[str, Choice(LAYERS)] = "all",
    caption_dropout: Annotated[float, Range(0, 1, step=0.01)] = 0.1,
    min_snr_gamma: Annotated[float, Range(0, 100, step=0.1)] = 0.0,
    ema_decay: Annotated[float, Range(0, 0.99999, step=0.001)] = 0.0,
    filename_prefix: str = "checkpoints/trained",
    ctx: Context = SILENT,
) -> Trained:
    """Teach the network captioned pictures and save it as a checkpoint, with the clip and the vae that were linked.

    Ho et al. 2020, algorithm 1, in latents, by AdamW at a constant rate, with gradients longer than 1 cut. `layers`
    says which weights change. `caption_dropout` is the share of captions left out, which guidance needs (Ho & Salimans
    2022). `min_snr_gamma` above 0 weighs times by min(SNR, gamma) / SNR and draws the heavy ones more often (Hang et al.
    2023; 5 is theirs). `ema_decay` above 0 saves weights averaged over the steps. Captions are one line per picture,
    or one for all. Below `checkpoints/` the file is one that LoadCheckpoint lists from the next run on; `model` can be
    sampled with at once. The same seed gives the same weights on the CPU. A cancelled run saves nothing.
    """
    from graphflow_nodes.models.pool import ModelPool
    from graphflow_nodes.models.save import write_checkpoint

    plan = Plan(steps, batch_size, learning_rate, seed, layers, caption_dropout, min_snr_gamma, ema_decay)
    whole = _whole(model, clip, vae, ctx)
    lesson = make_lesson(clip, vae, images, captions, ctx)
    course = learn(own_network(model, ctx), ctx.use(ModelPool).model(model.recipe), lesson, plan, ctx)
    data = write_checkpoint(whole, course.weights, {"graphflow.training": json.dumps(asdict(plan))})
    saved = ctx.save(data, MEDIA_TYPE, name=filename_prefix)
    name = saved.name.removeprefix(ROOT)
    ctx.log(f"saved {saved.name}, sha256 {saved.sha256}")
    recipe = ModelRecipe(Source(saved.sha256, name, str(saved.path)), model.recipe.family)
    curve = Image(draw_curve(course.losses))
    return Trained(Model(recipe), saved, name, curve, write_losses(course.losses, course.lengths))


def _whole(model: Model, clip: Clip, vae: Vae, ctx: Context) -> Whole:
    """Gather what the checkpoint will hold; raise NodeError now if a file cannot hold it, rather than after training."""
    from graphflow_nodes.models.header import ModelFileError
    from graphflow_nodes.models.pool import ModelPool
    from graphflow_nodes.models.save import Whole, check_writable

    pool = ctx.use(ModelPool)
    unet, autoencoder, encoder = pool.model(model.recipe), pool.vae(vae.recipe), pool.clip(clip.recipe)
    origin = clip.recipe.checkpoint.location
    whole = Whole(unet.module, autoencoder.module, encoder.module, unet.sampling, unet.space.scale, origin)
    try:
        check_writable(whole)
    except ModelFileError as error:
        raise NodeError(str(error), code="model-unfit", input="model") from error
    return whole


def learn(network: nn.Module, unet: Unet, lesson: Lesson, plan: Plan, ctx: Context) -> Course:
    """Train a network that nobody else uses; raise NodeError when its loss leaves all bounds."""
    from graphflow_nodes.diffusion.average import Ema
    from graphflow_nodes.training.algorithm import Draw, Learner

    draw = Draw(lesson, unet.sampling, plan.seed, dropout=plan.caption_dropout, gamma=plan.min_snr_gamma)
    learner = Learner(network, unet.sampling, plan.learning_rate, plan.layers)
    ema = Ema(network, plan.ema_decay) if plan.ema_decay > 0 else None
    course = Course({}, [], [])
    cells = 3 * plan.batch_size * lesson.latents[0, 0].numel()  # forwards, and twice as much back
    for step in ctx.track(range(plan.steps)):
        with unet.threads(cells):
            answer, length = learner.step(draw.batch(plan.batch_size))
        course.losses.append(_finite(float(answer.loss.detach()), step))
        course.lengths.append(length)
        if ema is not None:
            ema.update(network)
        if (step + 1) % SHOWN_EVERY == 0:
            ctx.preview(lambda: _sketch(course.losses))
    course.weights.update(network.state_dict() if ema is None else ema.weights)
    return course


def _finite(loss: float, step: int) -> float:
    if not math.isfinite(loss):
        raise NodeError(
            f"the loss grew beyond all bounds at step {step + 1}",
            code="not-finite",
            input="learning_rate",
            hint="lower the learning rate",
        )
    return loss


def _sketch(losses: list[float]) -> bytes:
    import numpy as np

    from graphflow_nodes.pictures import write_jpeg

    return write_jpeg((draw_curve(losses)[0].numpy() * 255).astype(np.uint8))
