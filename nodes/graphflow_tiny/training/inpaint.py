"""A variant of the diffusion model that sees the picture around a hole (Rombach et al. 2022, section 4.5)."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from graphflow_nodes.diffusion.average import Ema
from graphflow_nodes.diffusion.masks import fit_mask, grey_inside
from graphflow_nodes.diffusion.training import epsilon_loss
from graphflow_tiny.training.autoencoder import load_autoencoder
from graphflow_tiny.training.cache import NATIVE, Cache, load_cache
from graphflow_tiny.training.contrastive import SHORT
from graphflow_tiny.training.data import POSITIONS, TrainingSet
from graphflow_tiny.training.loop import (
    Log,
    averaged,
    generator,
    keep,
    learning_rate,
    resume,
    set_learning_rate,
)
from graphflow_tiny.training.unet import Phase, draw_batch, make_unet

CHANNELS = 9
"""The noisy latent, 4, the mask, and the latent of the picture with the hole, 4."""
ALL = 0.25
"""Share of pictures of which nothing is left, as the original was trained: the text alone must then do."""
RATE = 1e-3
SAVE_EVERY = 200


def make_inpainter(folder: Path) -> Any:
    """Build the network from the finished UNet: the new channels weigh nothing at first, so it starts as that one."""
    unet, weights = make_unet(channels=CHANNELS), averaged(folder / "unet.pt")
    first = torch.zeros_like(unet.conv_in.weight)
    first[:, :4] = weights["conv_in.weight"]
    unet.load_state_dict(weights | {"conv_in.weight": first})
    return unet


def draw_holes(count: int, side: int, random: torch.Generator) -> Tensor:
    """Draw masks, (count, side, side), 1 in the hole: an ellipse or a rectangle, thick strokes, or everything."""
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    holes = torch.zeros(count, side, side)
    for hole in holes:
        kind = float(torch.rand((), generator=random))
        if kind < ALL:
            hole.fill_(1)
            continue
        strokes = 1 if kind < 0.75 else 4
        for _ in range(strokes):
            cy, cx, ry, rx = (torch.rand(4, generator=random) * torch.tensor([1, 1, 0.5, 0.5]) * side).tolist()
            ry, rx = (max(radius / strokes**0.5, side / 12) for radius in (ry, rx))
            inside = ((y - cy) / ry) ** 2 + ((x - cx) / rx) ** 2 <= 1 if kind < 0.5 else _box(y - cy, x - cx, ry, rx)
            hole[inside] = 1
    return holes


def _box(down: Tensor, right: Tensor, height: float, width: float) -> Tensor:
    return (down.abs() <= height) & (right.abs() <= width)


def inpainting_loss(
    unet: Any, vae: Any, cache: Cache, data: TrainingSet, phase: Phase, random: torch.Generator
) -> Tensor:
    """Give the loss of one batch whose pictures have holes; the answer is wanted everywhere, as in the original."""
    batch = draw_batch(cache, data, phase, random)
    holes = draw_holes(phase.batch, phase.shape[0], random)
    pictures = data.batch(batch.pictures).movedim(1, -1) / 2 + 0.5
    with torch.no_grad():
        seen = vae.encode(grey_inside(pictures, holes).movedim(-1, 1) * 2 - 1).latent_dist.mean * cache.scale
    x = torch.cat([batch.x_t, fit_mask(holes, seen).round(), seen], dim=1)
    return epsilon_loss(unet(x, batch.t, batch.c).sample, batch.eps, batch.weight)


def train_inpainter(data: TrainingSet, folder: Path, *, steps: int, batch: int = 32) -> None:
    """Train to `steps`, going on from the checkpoint."""
    log, vae, cache = Log(folder / "log.jsonl", "inpaint"), load_autoencoder(folder), load_cache(folder, data.tokens)
    unet = make_inpainter(folder)
    optimizer = torch.optim.AdamW(unet.parameters(), lr=RATE, betas=(0.9, 0.99), weight_decay=1e-3)
    ema = Ema(unet, 0.995)
    first = resume(folder / "inpaint.pt", unet, optimizer, ema)
    began, losses = time.monotonic(), []
    for step in range(first, steps):
        positions = SHORT if step < 0.85 * steps else POSITIONS
        phase = Phase(shape=NATIVE, batch=batch, gamma=1.0, positions=positions)
        set_learning_rate(optimizer, learning_rate(step, steps, RATE, decay=0.6))
        loss = inpainting_loss(unet, vae, cache, data, phase, generator("inpaint", 0, step))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.nn.utils.clip_grad_norm_(unet.parameters(), 1.0)
        optimizer.step()
        ema.update(unet)
        losses.append(float(loss.detach()))
        done = step + 1
        if done % 50 == 0:
            log(step=done, loss=sum(losses) / len(losses), per_second=(done - first) / (time.monotonic() - began))
            losses = []
        if done % SAVE_EVERY == 0 or done == steps:
            keep(folder / "inpaint.pt", done, unet, optimizer, ema)


def load_inpainter(folder: Path) -> Any:
    """Load the averaged weights."""
    unet = make_unet(channels=CHANNELS)
    unet.load_state_dict(averaged(folder / "inpaint.pt"))
    return unet
