"""A ControlNet for the default model: drawings that follow given edges, Zhang et al. 2023."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from graphflow_nodes.diffusion.average import Ema
from graphflow_nodes.diffusion.edges import canny
from graphflow_nodes.diffusion.training import epsilon_loss
from graphflow_tiny.training.cache import MOST, NATIVE, Cache, load_cache
from graphflow_tiny.training.contrastive import SHORT
from graphflow_tiny.training.data import TrainingSet
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

THRESHOLDS = (0.1, 0.2)
"""Canny's: low, since the pictures of the world have no noise."""
HINT_WIDTHS = (8, 24, 64)
"""Channels of the layers that read the hint; each step to the next halves the side, so three make the factor 4."""
BATCH = 24
DROPPED = 0.5
"""Share of captions replaced by the empty one, so that the edges must be read: Zhang et al. 2023, section 3.3."""
GAMMA = 0.5
SAVE_EVERY = 250


def hints(pictures: Tensor) -> Tensor:
    """Turn pictures (batch, height, width, 3) in 0..1 into their edges, white on black, (batch, 3, height, width)."""
    return canny(pictures, *THRESHOLDS).float()[:, None].expand(-1, 3, -1, -1)


def make_control(unet: Any) -> Any:
    """Build a ControlNet whose encoder is a copy of the UNet's, and which at first changes nothing."""
    from diffusers import ControlNetModel
    from diffusers.models.attention_processor import AttnProcessor

    control = ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=HINT_WIDTHS)
    control.set_attn_processor(AttnProcessor())  # faster on a CPU, as for the UNet
    return control


def answer(unet: Any, control: Any, x: Tensor, t: Tensor, context: Tensor, hint: Tensor) -> Tensor:
    """Return what the UNet says when the ControlNet tells it of the hint."""
    down, middle = control(x, t, context, controlnet_cond=hint, return_dict=False)
    told: Tensor = unet(
        x, t, context, down_block_additional_residuals=down, mid_block_additional_residual=middle
    ).sample
    return told


def training_loss(
    unet: Any, control: Any, cache: Cache, data: TrainingSet, edges: NDArray[np.uint8], random: torch.Generator
) -> Tensor:
    """Give the loss of one batch: that of the UNet's training, with the edges of each picture as its hint."""
    phase = Phase(shape=NATIVE, batch=BATCH, gamma=GAMMA, positions=SHORT)
    batch = draw_batch(cache, data, phase, random, dropped=DROPPED)
    hint = _unpacked(edges[batch.pictures.numpy()])
    predicted = answer(unet, control, batch.x_t, batch.t, batch.c, hint)
    return epsilon_loss(predicted, batch.eps, batch.weight)


def train_control(data: TrainingSet, folder: Path, *, steps: int, rate: float = 1e-3) -> None:
    """Train to `steps` beside the frozen UNet, going on from the checkpoint, on this CPU."""
    log, path = Log(folder / "log.jsonl", "control"), folder / "control.pt"
    torch.manual_seed(0)
    cache, edges, unet = load_cache(folder, data.tokens), cached_edges(data, folder), trained_unet(folder)
    control = make_control(unet)
    optimizer = torch.optim.AdamW(control.parameters(), lr=rate, betas=(0.9, 0.99), weight_decay=1e-3)
    ema = Ema(control, 0.995)
    first = resume(path, control, optimizer, ema)
    began, losses = time.monotonic(), []
    for step in range(first, steps):
        set_learning_rate(optimizer, learning_rate(step, steps, rate, decay=0.5))
        loss = training_loss(unet, control, cache, data, edges, generator("control", 0, step))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.nn.utils.clip_grad_norm_(control.parameters(), 1.0)
        optimizer.step()
        ema.update(control)
        losses.append(float(loss.detach()))
        done = step + 1
        if done % 50 == 0:
            pace = (done - first) / (time.monotonic() - began)
            log(step=done, loss=sum(losses) / len(losses), per_second=pace)
            losses = []
        if done % SAVE_EVERY == 0 or done == steps:
            keep(path, done, control, optimizer, ema)


def trained_unet(folder: Path) -> Any:
    """Load the averaged UNet, frozen."""
    unet = make_unet()
    unet.load_state_dict(averaged(folder / "unet.pt"))
    return unet.eval().requires_grad_(False)


def cached_edges(data: TrainingSet, folder: Path) -> NDArray[np.uint8]:
    """Return the edges of all pictures that have a latent of full size, eight pixels a byte; drawn once."""
    path = folder / "edges.npy"
    if not path.exists():
        count = min(MOST[NATIVE], len(data.pictures))
        parts = []
        for start in range(0, count, 64):
            pictures = torch.from_numpy(np.array(data.pictures[start : start + 64])).float() / 255
            parts.append(np.packbits(canny(pictures, *THRESHOLDS).numpy(), axis=-1))
        np.save(path, np.concatenate(parts)[:count])
    edges: NDArray[np.uint8] = np.load(path)
    return edges


def _unpacked(edges: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(np.unpackbits(edges, axis=-1)).float()[:, None].expand(-1, 3, -1, -1)
