"""Training as nodes: on two pictures and a small random model, and in closed form."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load
from torch import Tensor, nn
from torch.testing import assert_close

from graphflow.api import Artifact, Context, File, NodeError, Resources, RunCancelled
from graphflow.artifacts import OutputFolder
from graphflow_nodes.conditioning.encode import clip_encode
from graphflow_nodes.diffusion.schedules import ModelSampling
from graphflow_nodes.diffusion.training import alpha_bars
from graphflow_nodes.latent.vae import empty_latent, vae_encode
from graphflow_nodes.loaders import Parts, load_checkpoint
from graphflow_nodes.models.header import read_header
from graphflow_nodes.sampling.ksampler import ksampler
from graphflow_nodes.training.algorithm import Draw, ask
from graphflow_nodes.training.lesson import Lesson, make_lesson
from graphflow_nodes.training.loop import Trained, train_loop
from graphflow_nodes.training.step import train_step
from graphflow_nodes.values import Image, Model
from tests.nodes.latents import samples
from tests.nodes.recording import Recorder

CAPTIONS = "a red picture\na picture that grows brighter"


class Saving(Recorder):
    """A recorder that writes what nodes save, as a run does."""

    def __init__(self, root: Path, **options: Any) -> None:
        super().__init__(**options)
        self._resources = Resources("cpu")
        self.folder = OutputFolder(root)

    def save(self, data: bytes, media_type: str, *, name: str, kind: Any = "output") -> Artifact:
        super().save(data, media_type, name=name, kind=kind)
        return self.folder.save(data, media_type, name)


@pytest.fixture(scope="module")
def parts(folder: File) -> Parts:
    return load_checkpoint(folder)


def pictures() -> Image:
    """One picture all red, one that rises from black to white."""
    tensor = torch.zeros(2, 32, 32, 3)
    tensor[0, :, :, 0] = 1
    tensor[1] = torch.linspace(0, 1, 32)[None, :, None]
    return Image(tensor)


def train(parts: Parts, ctx: Context, **inputs: Any) -> Trained:
    given: dict[str, Any] = {"steps": 20, "batch_size": 2, "learning_rate": 3e-3, "captions": CAPTIONS} | inputs
    return train_loop(parts.model, parts.clip, parts.vae, pictures(), ctx=ctx, **given)


def sample(parts: Parts, ctx: Context, model: Model | None = None) -> Tensor:
    made = ksampler(
        model or parts.model,
        steps=4,
        cfg=1.0,
        positive=clip_encode("a red picture", parts.clip, ctx=ctx),
        negative=clip_encode("", parts.clip, ctx=ctx),
        latent_image=empty_latent(32, 32),
        ctx=ctx,
    )
    return samples(made)


def columns(losses: str) -> dict[str, list[float]]:
    rows = list(csv.DictReader(losses.splitlines()))
    return {name: [float(row[name]) for row in rows] for name in rows[0]}


def test_twenty_steps_on_two_pictures_lower_the_loss(parts: Parts, cpu: Context) -> None:
    curve = columns(train(parts, cpu, caption_dropout=0.0).losses)

    assert curve["step"] == list(range(1, 21))
    assert sum(curve["loss"][-5:]) < 0.9 * sum(curve["loss"][:5])
    assert curve["mean"][-1] == pytest.approx(sum(curve["loss"][-5:]) / 5)
    assert all(length > 0 for length in curve["gradient_norm"])


def test_the_checkpoint_opens_and_draws_other_pictures_than_before(parts: Parts, tmp_path: Path) -> None:
    ctx = Saving(tmp_path)

    trained = train(parts, ctx)

    assert trained.ckpt_name == "trained_00001_.safetensors"
    file = File(trained.ckpt_name, trained.checkpoint.path, trained.checkpoint.sha256)
    assert file.path == tmp_path / "checkpoints" / "trained_00001_.safetensors"
    opened = load_checkpoint(file)
    assert opened.model == trained.model
    before, after = sample(parts, ctx), sample(parts, ctx, opened.model)
    assert (after - before).abs().mean() > 0.05 * before.abs().mean()
    assert_close(sample(opened, ctx), after, rtol=0.02, atol=0.02)  # its text encoder was rounded to half precision
    assert read_header(file.path).metadata["graphflow.training"].startswith('{"steps": 20')


def test_the_network_that_was_linked_stays_as_it_was(parts: Parts, cpu: Context) -> None:
    before = sample(parts, cpu)

    train(parts, cpu, steps=3)

    assert_close(sample(parts, cpu), before, rtol=0, atol=0)


def test_the_same_seed_gives_the_same_file_and_another_seed_another(parts: Parts, tmp_path: Path) -> None:
    ctx = Saving(tmp_path)

    one, same, other = (train(parts, ctx, steps=4, seed=seed).checkpoint.sha256 for seed in (1, 1, 2))

    assert one == same
    assert one != other


@pytest.mark.parametrize(
    ("layers", "changes"), [("all", "conv_in"), ("attention", "attn1.to_q"), ("cross-attention", "attn2.to_k")]
)
def test_only_the_chosen_layers_change(layers: str, changes: str, parts: Parts, tmp_path: Path) -> None:
    ctx = Saving(tmp_path)

    train(parts, ctx, steps=2, layers=layers)
    train(parts, ctx, steps=2, layers=layers, learning_rate=0.0)

    after, before = (load(data) for _, _, data in ctx.saved)
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    inside = {"all": "model.diffusion_model.", "attention": ".1.", "cross-attention": ".attn2."}[layers]
    assert changed
    assert all(inside in name for name in changed)
    original = {"conv_in": "input_blocks.0.0.weight"}.get(changes, f"{changes}.weight")
    assert any(original in name for name in changed)


def test_averaged_weights_lie_between_the_first_and_the_last(parts: Parts, tmp_path: Path) -> None:
    ctx, name = Saving(tmp_path), "model.diffusion_model.out.2.weight"

    for inputs in ({"learning_rate": 0.0}, {}, {"ema_decay": 0.99}):
        train(parts, ctx, steps=3, **inputs)

    first, last, mean = (load(data)[name].float() for _, _, data in ctx.saved)
    assert 0 < (mean - first).norm() < (last - first).norm()


def test_a_cancelled_run_writes_nothing(parts: Parts, tmp_path: Path) -> None:
    ctx = Saving(tmp_path, cancel_after=3)

    with pytest.raises(RunCancelled):
        train(parts, ctx)

    assert ctx.steps == [(1, 20), (2, 20), (3, 20)]
    assert list(tmp_path.rglob("*")) == []


def test_the_curve_is_shown_while_it_grows(parts: Parts, tmp_path: Path) -> None:
    ctx = Saving(tmp_path)

    trained = train(parts, ctx, steps=21)

    assert [jpeg[:2] for jpeg in ctx.previews] == [b"\xff\xd8"]
    assert trained.loss_curve.tensor.shape == (1, 420, 900, 3)
    assert trained.loss_curve.tensor.std() > 0.05


def test_a_rate_far_too_high_says_what_to_do(parts: Parts, cpu: Context) -> None:
    with pytest.raises(NodeError) as caught:
        train(parts, cpu, steps=60, learning_rate=1.0, layers="all")

    assert (caught.value.input, caught.value.hint) == ("learning_rate", "lower the learning rate")


def test_one_step_lowers_the_loss_and_shows_what_the_network_saw_and_said(parts: Parts, cpu: Context) -> None:
    step = train_step(
        parts.model, parts.clip, parts.vae, pictures(), captions=CAPTIONS, t=500, learning_rate=1e-3, ctx=cpu
    )

    x0, alpha_bar = samples(vae_encode(pictures(), parts.vae, ctx=cpu)), alpha_bars()[500]
    noise = samples(step.target)
    assert_close(samples(step.noisy), alpha_bar.sqrt() * x0 + (1 - alpha_bar).sqrt() * noise, rtol=1e-4, atol=1e-4)
    scale = 0.5  # of the small model's autoencoder
    assert (noise * scale).std().item() == pytest.approx(1, abs=0.15)
    missed = ((samples(step.predicted) - noise) * scale).square().mean().item()
    assert step.loss == pytest.approx(missed, rel=1e-4)
    assert step.loss_after < step.loss
    assert step.gradient_norm > 0
    assert step.report.splitlines()[0] == "t: 500, 500"


def test_a_step_at_rate_zero_changes_nothing_and_times_are_drawn_by_the_seed(parts: Parts, cpu: Context) -> None:
    def step(seed: int) -> tuple[float, float, str]:
        made = train_step(
            parts.model,
            parts.clip,
            parts.vae,
            pictures(),
            captions="one for both",
            learning_rate=0.0,
            seed=seed,
            ctx=cpu,
        )
        return made.loss, made.loss_after, made.report.splitlines()[0]

    one, same, other = step(1), step(1), step(2)

    assert one == same
    assert one[2] != other[2]
    assert one[0] == pytest.approx(one[1], rel=1e-6)


class Knows(nn.Module):
    """A network that answers from the clean latents, which it knows: the true noise, or always nothing."""

    def __init__(self, x0: Tensor, answer: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.x0, self.answer = x0, answer
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, x_t: Tensor, t: Tensor, encoder_hidden_states: Tensor, return_dict: bool) -> tuple[Tensor]:
        return (self.answer(x_t, self.x0, alpha_bars()[t][:, None, None, None]),)


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
def test_a_network_that_returns_the_true_noise_has_no_loss(prediction: Any) -> None:
    sampling = ModelSampling.from_betas(prediction=prediction)
    x0 = torch.randn(3, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    batch = Draw(Lesson(x0, torch.zeros(3, 7, 5), torch.zeros(1, 7, 5)), sampling, 1, dropout=0, gamma=0).batch_of(
        range(3)
    )

    def truth(x_t: Tensor, x0: Tensor, a: Tensor) -> Tensor:
        eps = (x_t - a.sqrt() * x0) / (1 - a).sqrt()
        return eps if prediction == "epsilon" else a.sqrt() * eps - (1 - a).sqrt() * x0

    assert ask(Knows(x0, truth), sampling, batch).loss.item() == pytest.approx(0, abs=1e-6)
    silent = ask(Knows(x0, lambda x_t, _x0, _a: torch.zeros_like(x_t)), sampling, batch).loss.item()
    assert silent == pytest.approx(1, abs=0.1)


def draws(gamma: float = 0.0, dropout: float = 0.0) -> Draw:
    lesson = Lesson(torch.arange(5.0)[:, None, None, None], torch.ones(5, 2, 3), torch.zeros(1, 2, 3))
    return Draw(lesson, ModelSampling.from_betas(), 0, dropout=dropout, gamma=gamma)


def test_every_picture_comes_once_before_any_comes_again() -> None:
    draw = draws()

    seen = torch.cat([draw.batch(2).x0.flatten() for _ in range(10)]).tolist()

    assert all(sorted(seen[start : start + 5]) == [0, 1, 2, 3, 4] for start in range(0, 20, 5))


def test_captions_are_left_out_at_the_rate_that_was_asked_for() -> None:
    left_out = (draws(dropout=0.25).batch(4000).context[:, 0, 0] == 0).float().mean().item()

    assert left_out == pytest.approx(0.25, abs=3 * math.sqrt(0.25 * 0.75 / 4000))


def test_weighed_times_still_give_the_weighted_mean() -> None:
    """Heavy times are drawn more often and count less each: the expectation is that of the weights alone."""
    batch = draws(gamma=1.0).batch(40_000)
    snr = alpha_bars() / (1 - alpha_bars())
    weights = snr.clamp(max=1) / snr

    def loss(t: Tensor) -> Tensor:
        return 1 - t / 1000

    want = (weights * loss(torch.arange(1000))).mean() / weights.mean()
    assert (batch.weight * loss(batch.t)).mean().item() == pytest.approx(want.item(), rel=0.02)
    assert (batch.t > 500).float().mean() > 0.57  # evenly drawn it would be a half


@pytest.mark.parametrize(("captions", "count"), [("a\nb\nc", 3), ("\n\n\n", None)])
def test_as_many_captions_as_pictures_or_one(captions: str, count: int | None, parts: Parts, cpu: Context) -> None:
    if count is None:
        assert make_lesson(parts.clip, parts.vae, pictures(), captions, cpu).contexts.shape[0] == 2
        return
    with pytest.raises(NodeError, match=f"2 pictures and {count} captions"):
        make_lesson(parts.clip, parts.vae, pictures(), captions, cpu)


def test_a_long_caption_makes_all_states_as_long(parts: Parts, cpu: Context) -> None:
    lesson = make_lesson(parts.clip, parts.vae, pictures(), f"short\n{'word ' * 30}", cpu)

    assert lesson.contexts.shape[1] % 77 == 0
    assert lesson.contexts.shape[1] == lesson.nothing.shape[1] > 77
