"""The upscaler: pictures of the world to four times their side, sharper than any filter makes them."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from graphflow_nodes.diffusion.average import Ema
from graphflow_nodes.models.upscalers import CompactNet
from graphflow_tiny.training.autoencoder import load_autoencoder
from graphflow_tiny.training.data import SIDE
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
from graphflow_tiny.world import make_spec, render

SCALE = 4
FEATURES, BLOCKS = 32, 8
CROP = 32
"""Pixels of a small picture's piece that a step sees: edges are local, and pieces of more pictures teach more."""
DRAWN = 2_000
"""Pictures, whose pieces are far more."""
BATCH = 16
TOP_RATE = 2e-3
PLACES = 4
"""Places of a picture that are looked at for a piece; that with the most in it is taken, for plain ground teaches little."""
SHRUNK_WEIGHT = 3.0
"""Pieces of shrunk pictures weigh more: what the decoder got wrong is large, cannot be learnt, and drowns the rest."""
SAVE_EVERY = 500
"""Steps between checkpoints."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pictures at full size, (n, 256, 256, 3) uint8, and small ones, (2, n, 64, 64, 3): shrunk, and as the model draws."""

    large: NDArray[np.uint8]
    small: NDArray[np.uint8]

    def draw(self, batch: int, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """Draw pieces, small (batch, 3, 32, 32) and large ones in 0..1: first those of shrunk pictures, then as many drawn."""
        small, large = [], []
        for number, index in enumerate(torch.randint(len(self.large), (batch,), generator=random).tolist()):
            rows, columns = self._place(index, random)
            small.append(self.small[2 * number // batch, index, rows, columns])
            large.append(self.large[index, _times(rows), _times(columns)])
        return pixels(np.stack(small)), pixels(np.stack(large))

    def _place(self, index: int, random: torch.Generator) -> tuple[slice, slice]:
        corners = torch.randint(SIDE - CROP + 1, (PLACES, 2), generator=random).tolist()
        places = [(slice(y, y + CROP), slice(x, x + CROP)) for y, x in corners]
        return max(places, key=lambda place: float(self.small[0, index][place].std()))


def make_upscaler() -> CompactNet:
    """Build the network with random weights."""
    return CompactNet(FEATURES, BLOCKS, SCALE)


def pixels(pictures: NDArray[np.uint8]) -> Tensor:
    """Give (batch, height, width, 3) as (batch, 3, height, width) in 0..1, laid out as convolutions like it."""
    return (torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255).to(memory_format=torch.channels_last)


def shrunk(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Give pictures at a quarter of their side, each pixel the mean of its square."""
    count, height, width, _ = pictures.shape
    squares = pictures.reshape(count, height // SCALE, SCALE, width // SCALE, SCALE, 3)
    out: NDArray[np.uint8] = squares.mean(axis=(2, 4)).round().astype(np.uint8)
    return out


@torch.no_grad()
def through_autoencoder(vae: Any, pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Give pictures as the default model's decoder draws them: this is what the upscaler is asked to sharpen."""
    out: NDArray[np.uint8] = np.empty_like(pictures)
    for start in range(0, len(pictures), 32):
        part = pixels(pictures[start : start + 32]) * 2 - 1
        back = vae.decode(vae.encode(part).latent_dist.mean).sample
        out[start : start + len(part)] = ((back.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()
    return out


def make_pairs(folder: Path, count: int = DRAWN) -> Pairs:
    """Draw the pictures and make small ones of them, unless that was done before."""
    if not (folder / "small.npy").exists():
        specs = [make_spec(seed) for seed in range(count)]
        large = np.stack([render(spec, SCALE * SIDE) for spec in specs])
        drawn = through_autoencoder(load_autoencoder(folder), np.stack([render(spec, SIDE) for spec in specs]))
        np.save(folder / "large.npy", large)
        np.save(
            folder / "small.npy", np.stack([shrunk(large), drawn])
        )  # last: its being there says that both are whole
    return Pairs(np.load(folder / "large.npy", mmap_mode="r"), np.load(folder / "small.npy", mmap_mode="r"))


def loss_of(out: Tensor, large: Tensor) -> Tensor:
    """Compare a batch, shrunk pictures before drawn ones, with what it should be."""
    shrunk_half, drawn_half = (reconstruction_loss(*both) for both in zip(out.chunk(2), large.chunk(2), strict=True))
    return (SHRUNK_WEIGHT * shrunk_half + drawn_half) / (SHRUNK_WEIGHT + 1)


def train_upscaler(pairs: Pairs, folder: Path, *, steps: int, device: str = "cpu") -> None:
    """Train to `steps`, going on from the checkpoint."""
    log, path = Log(folder / "log.jsonl", "upscaler"), folder / "upscaler.pt"
    torch.manual_seed(0)
    network = make_upscaler().to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's types do not know the argument
    optimizer = torch.optim.AdamW(network.parameters(), lr=TOP_RATE, betas=(0.9, 0.99), weight_decay=1e-4)
    ema = Ema(network, 0.997)
    first = resume(path, network, optimizer, ema)
    began, errors = time.monotonic(), 0.0
    for step in range(first, steps):
        small, large = (part.to(device) for part in pairs.draw(BATCH, generator("upscaler", 0, step)))
        set_learning_rate(optimizer, learning_rate(step, steps, TOP_RATE, decay=0.5))
        out = network(small)
        loss = loss_of(out, large)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        ema.update(network)
        errors += float((out.detach() - large).square().mean())
        done = step + 1
        if done % 100 == 0:
            pace = (done - first) / (time.monotonic() - began)
            log(step=done, loss=float(loss.detach()), psnr=10 * math.log10(100 / errors), per_second=pace)
            errors = 0.0
        if done % SAVE_EVERY == 0 or done == steps:
            keep(path, done, network, optimizer, ema)


def load_upscaler(folder: Path) -> CompactNet:
    """Load the averaged weights, frozen."""
    network = make_upscaler()
    network.load_state_dict(averaged(folder / "upscaler.pt"))
    return network.eval().requires_grad_(False)


def _times(part: slice) -> slice:
    return slice(SCALE * part.start, SCALE * part.stop)
