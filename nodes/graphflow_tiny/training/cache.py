"""What the UNet trains on, computed once: latents of all pictures and text states of all captions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from graphflow_tiny.training.autoencoder import load_autoencoder
from graphflow_tiny.training.contrastive import SHORT, load_text_encoder
from graphflow_tiny.training.data import TrainingSet, load_tokenizer, tokenize
from graphflow_tiny.training.processes import run_processes
from graphflow_tiny.world import make_spec, render

Shape = tuple[int, int]
"""Width and height of a picture in pixels."""
SMALL, NATIVE = (32, 32), (64, 64)
MOST: dict[Shape, int] = {SMALL: 40_000, NATIVE: 24_000, (96, 64): 6_000, (64, 96): 6_000, (96, 96): 4_000}
"""Pictures encoded at each size: the large ones cost more, and fewer are drawn in training."""


@dataclass(frozen=True, slots=True)
class Cache:
    """Posterior means and deviations by picture size, (n, 2, 4, height/4, width/4); text states (rows, 24, 128)."""

    latents: dict[Shape, NDArray[np.float16]]
    states: NDArray[np.float16]
    nothing: Tensor  # (77, 128): the states of the empty caption, which stands for "no caption"
    scale: float
    encoder: Any
    tokens: Tensor

    def draw(self, shape: Shape, index: Tensor, random: torch.Generator) -> Tensor:
        """Draw scaled latents of these pictures from their posteriors, (batch, 4, height/4, width/4)."""
        mean, std = torch.from_numpy(self.latents[shape][index.numpy()]).float().unbind(1)
        return (mean + std * torch.randn(mean.shape, generator=random)) * self.scale

    def text(self, rows: Tensor, positions: int) -> Tensor:
        """Give the states of these captions, (batch, positions, 128); kept ones where so many are kept."""
        if positions > self.states.shape[1]:
            with torch.no_grad():
                return torch.as_tensor(self.encoder(self.tokens[rows, :positions]).last_hidden_state)
        return torch.from_numpy(self.states[rows.numpy(), :positions]).float()


@torch.no_grad()
def cache_states(data: TrainingSet, folder: Path, device: str = "cpu") -> None:
    """Run the frozen text encoder over every caption, unless that was done before."""
    if (folder / "states.npy").exists():
        return
    encoder = load_text_encoder(folder).to(device)
    nothing = encoder(tokenize(load_tokenizer(folder), [""]).to(device)).last_hidden_state[0]
    np.save(folder / "nothing.npy", nothing.cpu().numpy())
    path = folder / "states.npy.tmp"
    out = np.lib.format.open_memmap(path, "w+", np.float16, (len(data.tokens), SHORT, nothing.shape[1]))
    for start in range(0, len(data.tokens), 256):
        rows = data.tokens[start : start + 256, :SHORT].to(device)
        out[start : start + len(rows)] = encoder(rows).last_hidden_state.cpu().numpy()
    out.flush()
    path.rename(folder / "states.npy")


def cache_latents(data: TrainingSet, folder: Path, *, processes: int, device: str = "cpu") -> None:
    """Run the frozen encoder over the pictures at all sizes, the work shared by processes, unless that was done before."""
    if (folder / "latents.json").exists():
        return
    for (width, height), most in MOST.items():
        size = (min(most, len(data.pictures)), 2, 4, height // 4, width // 4)
        np.lib.format.open_memmap(_path(folder, (width, height)), "w+", np.float16, size).flush()
    run_processes(_encode_share, processes, (data, folder, device, processes))
    means = np.load(_path(folder, NATIVE), mmap_mode="r")[:4000, 0].astype(np.float32)
    (folder / "latents.json").write_text(json.dumps({"scaling_factor": 1 / float(means.std())}) + "\n")


def _path(folder: Path, shape: Shape) -> Path:
    return folder / f"latents{shape[0]}x{shape[1]}.npy"


@torch.no_grad()
def _encode_share(rank: int, data: TrainingSet, folder: Path, device: str, processes: int) -> None:
    torch.set_num_threads(1)
    vae = load_autoencoder(folder).to(device)
    for shape in MOST:
        out = np.load(_path(folder, shape), mmap_mode="r+")
        for start in range(32 * rank, len(out), 32 * processes):
            index = torch.arange(start, min(start + 32, len(out)))
            posterior = vae.encode(_pictures(data, index, shape).to(device)).latent_dist
            out[start : start + len(index)] = torch.stack([posterior.mean, posterior.std], dim=1).cpu().numpy()
        out.flush()


def _pictures(data: TrainingSet, index: Tensor, shape: Shape) -> Tensor:
    """Give pictures at this size, (batch, 3, height, width) in -1..1: shrunk ones, or drawn anew where none are kept."""
    if shape in (SMALL, NATIVE):
        return data.batch(index, shape[0])
    pixels = np.stack([render(make_spec(int(number)), *shape) for number in index])
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 127.5 - 1


def load_cache(folder: Path, tokens: Tensor) -> Cache:
    """Open what the two functions above wrote."""
    return Cache(
        {shape: np.load(_path(folder, shape), mmap_mode="r") for shape in MOST},
        np.load(folder / "states.npy", mmap_mode="r"),
        torch.from_numpy(np.load(folder / "nothing.npy")),
        scaling_factor(folder),
        load_text_encoder(folder),
        tokens,
    )


def scaling_factor(folder: Path) -> float:
    """Give what latents are multiplied by, so that their standard deviation is 1."""
    facts: dict[str, float] = json.loads((folder / "latents.json").read_text())
    return facts["scaling_factor"]
