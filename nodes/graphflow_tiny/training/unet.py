"""The diffusion model: epsilon prediction in latents, conditioned on text, trained for classifier-free guidance."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from graphflow_nodes.diffusion.average import Ema
from graphflow_nodes.diffusion.training import (
    alpha_bars,
    draw_moments,
    epsilon_loss,
    min_snr_weights,
    moments,
    q_sample,
    weight_left,
)
from graphflow_tiny.training.cache import NATIVE, SMALL, Cache, Shape, load_cache
from graphflow_tiny.training.contrastive import SHORT
from graphflow_tiny.training.data import POSITIONS, TrainingSet
from graphflow_tiny.training.loop import (
    Log,
    generator,
    learning_rate,
    load_checkpoint,
    save_atomic,
    set_learning_rate,
    zero_residual_branches,
)
from graphflow_tiny.training.muon import Both
from graphflow_tiny.training.probe import Probe
from graphflow_tiny.training.processes import Meeting, run_processes

WIDTHS = (32, 64, 96)
MEET_EVERY = 8
"""Steps between two averagings of the processes' weights; the mean over time (EMA) is taken there, too."""
SAVE_EVERY = 400
DROPPED = 0.1
"""Share of captions replaced by the empty one: classifier-free guidance, Ho & Salimans 2022."""


@dataclass(frozen=True, slots=True)
class Phase:
    """How a stretch of the training differs from the others."""

    shape: Shape
    batch: int
    gamma: float
    positions: int


OTHER_SHAPES: tuple[Shape, ...] = ((96, 64), (64, 96), (96, 96))
"""Three steps of ten see these, so that other sizes do not repeat things."""


def phase_at(share: float, step: int = 0) -> Phase:
    """Say what to train at this share of the run: small pictures first, high noise first, all positions last.

    Steps of one stretch cost alike: the larger the pictures, the fewer in a batch.
    """
    small, place = share < 0.35, step % 10
    shape = SMALL if small else OTHER_SHAPES[place - 7] if place >= 7 else NATIVE
    return Phase(
        shape=shape,
        batch=64 if small else 32 * NATIVE[0] * NATIVE[1] // (shape[0] * shape[1]),
        # Colours of whole areas are decided at high noise, so some of the late steps look there, too.
        gamma=0.2 if share < 0.6 or step // 10 % 2 else 1.0,
        positions=SHORT if share < 0.85 else POSITIONS,
    )


class Batch(NamedTuple):
    """What one step of training sees: the numbers of pictures, their text, noised latents and moments, and the answer."""

    pictures: Tensor
    c: Tensor
    x_t: Tensor
    t: Tensor
    eps: Tensor
    weight: Tensor


def make_unet(context: int = 128, channels: int = 4, widths: tuple[int, ...] = WIDTHS, layers: int = 1) -> Any:
    """Build the UNet with random weights and idle residual branches; it takes so many channels."""
    from diffusers import UNet2DConditionModel
    from diffusers.models.attention_processor import AttnProcessor

    unet = UNet2DConditionModel(
        sample_size=16,
        in_channels=channels,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        block_out_channels=widths,
        layers_per_block=layers,
        cross_attention_dim=context,
        attention_head_dim=2,  # diffusers' name for the number of heads
        norm_num_groups=8,
    )
    # Plain attention: with few positions and narrow heads it is faster on a CPU than the fused one.
    unet.set_attn_processor(AttnProcessor())
    zero_residual_branches(unet)
    return unet


def draw_batch(
    cache: Cache, data: TrainingSet, phase: Phase, random: torch.Generator, dropped: float = DROPPED
) -> Batch:
    """Draw pictures, captions, moments and noise; of the captions the share `dropped` becomes the empty one."""
    index = data.draw(phase.batch, random, below=len(cache.latents[phase.shape]))
    rows = data.draw_captions(index, random)
    x0 = cache.draw(phase.shape, index, random)
    c = cache.text(rows, phase.positions)
    left_out = torch.rand(phase.batch, generator=random) < dropped
    c[left_out] = cache.nothing[: phase.positions]
    return Batch(index, c, *noised(x0, phase.gamma, random))


def noised(x0: Tensor, gamma: float, random: torch.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Draw a moment and noise for each latent: the noised latents x_t, t, the noise eps, and weights of the loss."""
    alpha_bar = alpha_bars()
    weights = min_snr_weights(alpha_bar, gamma)
    probability = moments(weights)
    t = draw_moments(probability, len(x0), random)
    eps = torch.randn(x0.shape, generator=random)
    return q_sample(x0, t, eps, alpha_bar), t, eps, weight_left(weights, probability, t)


def training_loss(
    unet: Any, cache: Cache, data: TrainingSet, phase: Phase, random: torch.Generator, device: str
) -> Tensor:
    """Give the loss of one batch; Ho et al. 2020, algorithm 1, in latents and with captions."""
    batch = draw_batch(cache, data, phase, random)
    predicted = unet(batch.x_t.to(device), batch.t.to(device), batch.c.to(device)).sample
    return epsilon_loss(predicted, batch.eps.to(device), batch.weight.to(device))


def train_unet(
    data: TrainingSet, folder: Path, *, steps: int, processes: int = 2, rate: float = 2e-3, device: str = "cpu"
) -> None:
    """Train to `steps` in several processes, going on from the checkpoint; SIGTERM saves and ends."""
    torch.manual_seed(0)
    unet = make_unet()
    if (state := load_checkpoint(folder / "unet.pt")) is not None:
        unet.load_state_dict(state["model"])
    meeting = Meeting(unet, processes)
    signal.signal(signal.SIGTERM, lambda *_: meeting.stop.fill_(1))
    run_processes(_train, processes, (unet, data, folder, meeting, steps, rate, device))


def _train(
    rank: int, unet: Any, data: TrainingSet, folder: Path, meeting: Meeting, steps: int, rate: float, device: str
) -> None:
    torch.set_num_threads(torch.get_num_threads() if meeting.count == 1 else 1)
    unet, cache = unet.to(device), load_cache(folder, data.tokens)
    optimizer = Both(unet, rate)
    ema, first = Ema(unet, 0.998**MEET_EVERY), 0
    if (state := load_checkpoint(folder / "unet.pt")) is not None:
        ema.load_state_dict(state["ema"])
        first = state["step"]
        mine = load_checkpoint(folder / f"unet.optimizer{rank}.pt") or load_checkpoint(folder / "unet.optimizer0.pt")
        if mine is not None:  # there is none where only finished weights were left
            optimizer.load_state_dict(mine["optimizer"])
    log = Log(folder / "log.jsonl", "unet")
    probe = Probe(folder, device) if rank == 0 else None
    began, losses, samples = time.monotonic(), [], 0
    for step in range(first, steps):
        phase = phase_at(step / steps, step)
        set_learning_rate(optimizer, learning_rate(step, steps, rate))
        loss = training_loss(unet, cache, data, phase, generator("unet", 0, step, rank), device)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.nn.utils.clip_grad_norm_(unet.parameters(), 1.0)
        optimizer.step()
        losses.append(float(loss.detach()))
        samples += phase.batch * meeting.count
        done = step + 1
        stop = False
        if done % MEET_EVERY == 0 or done == steps:
            stop = meeting.average(unet, rank)
            ema.update(unet)
        if done % 100 == 0 and rank == 0:
            log(
                step=done,
                loss=sum(losses) / len(losses),
                per_second=samples / (time.monotonic() - began),
                side=phase.shape[0],
            )
            began, losses, samples = time.monotonic(), [], 0
        if done % SAVE_EVERY == 0 or done == steps or stop:
            save_atomic({"optimizer": optimizer.state_dict()}, folder / f"unet.optimizer{rank}.pt")
            meeting.wait()
            if rank == 0:
                state = {"step": done, "steps": steps, "model": unet.state_dict(), "ema": ema.state_dict()}
                save_atomic(state, folder / "unet.pt")
            if probe is not None and not stop:
                log(step=done, **probe(ema.weights, SMALL if phase.shape == SMALL else NATIVE))
        if stop:
            break
