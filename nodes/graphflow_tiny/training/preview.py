"""The previewer: an autoencoder far smaller than the model's own, which draws unfinished pictures.

It is built like TAESD (https://github.com/madebyollin/taesd): convolutions alone, without norms or attention.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, mse_loss

from graphflow_nodes.diffusion.average import Ema
from graphflow_tiny.training.autoencoder import load_autoencoder
from graphflow_tiny.training.cache import NATIVE, Cache, load_cache
from graphflow_tiny.training.data import TrainingSet
from graphflow_tiny.training.loop import (
    Log,
    averaged,
    generator,
    keep,
    learning_rate,
    reconstruction_loss,
    resume,
    set_learning_rate,
)

WIDTH = 24
LEVELS = 3
"""One level more than the times that the side is halved, so the factor is 4."""
BATCH = 16
UNFINISHED = 4
"""Latents of a batch that are smoothed, as the estimates of the first steps are."""
NOISE = 0.1
"""The most noise on the other latents: a model's own are never quite those of a picture."""
TOP_RATE = 2e-3
SAVE_EVERY = 250
"""Steps between checkpoints."""


def make_previewer() -> Any:
    """Build the autoencoder with random weights; factor 4, 4 latent channels."""
    from diffusers import AutoencoderTiny

    return AutoencoderTiny(
        encoder_block_out_channels=(WIDTH,) * LEVELS,
        decoder_block_out_channels=(WIDTH,) * LEVELS,
        num_encoder_blocks=(1,) * LEVELS,
        num_decoder_blocks=(1,) * LEVELS,
    )


@dataclass(frozen=True, slots=True)
class Batch:
    """Pictures, (batch, 3, 64, 64) in -1..1, their scaled latents, and latents to draw with what shall come of them."""

    pictures: Tensor
    latents: Tensor
    given: Tensor
    wanted: Tensor


def draw_batch(cache: Cache, data: TrainingSet, vae: Any, random: torch.Generator) -> Batch:
    """Draw a batch: its first latents are smoothed and shall become what the model's own decoder makes of them.

    The others have a little noise and shall become the true pictures.
    """
    index = torch.randint(len(cache.latents[NATIVE]), (BATCH,), generator=random)
    pictures, latents = data.batch(index), cache.draw(NATIVE, index, random)
    smooth = smoothed(latents[:UNFINISHED], torch.rand(UNFINISHED, 1, 1, 1, generator=random))
    with torch.no_grad():
        drawn = vae.decode(smooth / cache.scale).sample
    rest = latents[UNFINISHED:]
    much = NOISE * torch.rand(len(rest), 1, 1, 1, generator=random)
    noised = rest + much * torch.randn(rest.shape, generator=random)
    return Batch(pictures, latents, torch.cat([smooth, noised]), torch.cat([drawn, pictures[UNFINISHED:]]))


def smoothed(latents: Tensor, share: Tensor) -> Tensor:
    """Blend latents with the means of their neighbourhoods, as much as `share` says: (batch, 1, 1, 1) in 0..1."""
    return latents.lerp(avg_pool2d(latents, 5, stride=1, padding=2, count_include_pad=False), share)


def loss_of(previewer: Any, batch: Batch) -> tuple[Tensor, Tensor]:
    """Give the training loss of both halves, and the squared error of the pictures drawn from nearly true latents."""
    drawn = previewer.decode(batch.given).sample
    encoded = previewer.encode(batch.pictures).latents
    error = mse_loss(drawn[UNFINISHED:].detach(), batch.wanted[UNFINISHED:])
    return reconstruction_loss(drawn, batch.wanted) + mse_loss(encoded, batch.latents), error


def train_previewer(data: TrainingSet, folder: Path, *, steps: int) -> None:
    """Train to `steps` beside the frozen autoencoder, going on from the checkpoint, on this CPU."""
    log, path = Log(folder / "log.jsonl", "preview"), folder / "preview.pt"
    torch.manual_seed(0)
    cache, vae = load_cache(folder, data.tokens), load_autoencoder(folder)
    previewer = make_previewer().to(memory_format=torch.channels_last)  # a fifth faster
    optimizer = torch.optim.AdamW(previewer.parameters(), lr=TOP_RATE, betas=(0.9, 0.99), weight_decay=1e-4)
    ema = Ema(previewer, 0.997)
    first = resume(path, previewer, optimizer, ema)
    began, errors = time.monotonic(), 0.0
    for step in range(first, steps):
        set_learning_rate(optimizer, learning_rate(step, steps, TOP_RATE, decay=0.5))
        loss, error = loss_of(previewer, draw_batch(cache, data, vae, generator("preview", 0, step)))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.nn.utils.clip_grad_norm_(previewer.parameters(), 1.0)
        optimizer.step()
        ema.update(previewer)
        errors += float(error)
        done = step + 1
        if done % 50 == 0:
            pace = (done - first) / (time.monotonic() - began)
            log(step=done, loss=float(loss.detach()), psnr=10 * math.log10(4 * 50 / errors), per_second=pace)
            errors = 0.0
        if done % SAVE_EVERY == 0 or done == steps:
            keep(path, done, previewer, optimizer, ema)


def load_previewer(folder: Path) -> Any:
    """Load the averaged weights, frozen."""
    previewer = make_previewer()
    previewer.load_state_dict(averaged(folder / "preview.pt"))
    return previewer.eval().requires_grad_(False)
