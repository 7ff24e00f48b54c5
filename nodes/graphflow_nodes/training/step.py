"""One step of training, to look at: nothing is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, NamedTuple

from graphflow.api import SILENT, Choice, Context, Multiline, Range, Seed, node
from graphflow_nodes.training.lesson import make_lesson, own_network, parts_of_one_model
from graphflow_nodes.values import Clip, Image, Latent, Model, Vae

LAYERS = ("all", "attention", "cross-attention")
RATE = Range(0, 1, step=1e-6)


class Step(NamedTuple):
    """The loss before and after the update, the gradient's length, and what the network saw and said."""

    loss: float
    loss_after: float
    gradient_norm: float
    noisy: Latent
    target: Latent
    predicted: Latent
    report: str


@node("TrainStep", category="training", check=parts_of_one_model("noisy", "target", "predicted"))
def train_step(
    model: Model,
    clip: Clip,
    vae: Vae,
    images: Image,
    *,
    captions: Annotated[str, Multiline()],
    t: Annotated[int, Range(-1, 999)] = -1,
    learning_rate: Annotated[float, RATE] = 1e-4,
    layers: Annotated[str, Choice(LAYERS)] = "all",
    seed: Annotated[int, Seed()] = 0,
    ctx: Context = SILENT,
) -> Step:
    """Take one step of training on all pictures at once, look at it, and forget it: Ho et al. 2020, algorithm 1.

    Each picture's latent gets noise of time t, or with -1 of a time drawn for each; the network guesses the noise from
    the caption; its weights go one AdamW step down the gradient of the squared error; then it guesses the same noise
    again. `noisy`, `target` (the noise; of a v-predicting model, v) and `predicted` are on the autoencoder's scale
    like every latent. Captions are one line per picture, or one for all.
    """
    import torch

    from graphflow_nodes.models.pool import ModelPool
    from graphflow_nodes.training.algorithm import Draw, Learner, ask

    lesson = make_lesson(clip, vae, images, captions, ctx)
    unet = ctx.use(ModelPool).model(model.recipe)
    batch = Draw(lesson, unet.sampling, seed, dropout=0, gamma=0).batch_of(range(len(lesson.latents)))
    if t >= 0:
        batch = replace(batch, t=torch.full_like(batch.t, t))
    learner = Learner(own_network(model, ctx), unet.sampling, learning_rate, layers)
    with unet.threads(3 * lesson.latents[:, 0].numel()):
        before, length = learner.step(batch)
        with torch.no_grad():
            after = float(ask(learner.network, unet.sampling, batch).loss)
    noisy, target, predicted = (
        Latent(each.detach().cpu() / unet.space.scale, factor=unet.space.factor)
        for each in (before.x_t, before.target, before.predicted)
    )
    loss = float(before.loss.detach())
    return Step(loss, after, length, noisy, target, predicted, _report(loss, after, length, batch.t.tolist()))


def _report(loss: float, after: float, length: float, times: list[int]) -> str:
    change = (after / loss - 1) * 100 if loss else 0.0
    return "\n".join(
        (
            f"t: {', '.join(map(str, times))}",
            f"loss before: {loss:.6f}",
            f"loss after: {after:.6f} ({change:+.2f} %)",
            f"length of the gradient: {length:.6f}",
        )
    )
