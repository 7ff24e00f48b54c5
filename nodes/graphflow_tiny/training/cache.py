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

SIDES = (32, 64)
MOST = {32: 40_000, 64: 20_000}
"""Pictures encoded at each size: the large ones cost four times as much, and fewer are drawn in training."""


@dataclass(frozen=True, slots=True)
class Cache:
    """Posterior means and deviations by picture side, (n, 2, 4, side/4, side/4); text states (rows, 24, 128)."""

    latents: dict[int, NDArray[np.float16]]
    states: NDArray[np.float16]
    nothing: Tensor  # (77, 128): the states of the empty caption, which stands for "no caption"
    scale: float
    encoder: Any
    tokens: Tensor

    def draw(self, side: int, index: Tensor, random: torch.Generator) -> Tensor:
        """Draw scaled latents of these pictures from their posteriors, (batch, 4, side/4, side/4)."""
        mean, std = torch.from_numpy(self.latents[side][index.numpy()]).float().unbind(1)
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
    """Run the frozen encoder over every picture at both sizes, the work shared by processes, unless that was done before."""
    if (folder / "latents.json").exists():
        return
    for side in SIDES:
        shape = (min(MOST[side], len(data.pictures)), 2, 4, side // 4, side // 4)
        np.lib.format.open_memmap(folder / f"latents{side}.npy", "w+", np.float16, shape).flush()
    run_processes(_encode_share, processes, (data, folder, device, processes))
    means = np.load(folder / f"latents{SIDES[-1]}.npy", mmap_mode="r")[:4000, 0].astype(np.float32)
    (folder / "latents.json").write_text(json.dumps({"scaling_factor": 1 / float(means.std())}) + "\n")


@torch.no_grad()
def _encode_share(rank: int, data: TrainingSet, folder: Path, device: str, processes: int) -> None:
    torch.set_num_threads(1)
    vae = load_autoencoder(folder).to(device)
    for side in SIDES:
        out = np.load(folder / f"latents{side}.npy", mmap_mode="r+")
        for start in range(32 * rank, len(out), 32 * processes):
            index = torch.arange(start, min(start + 32, len(out)))
            posterior = vae.encode(data.batch(index, side).to(device)).latent_dist
            out[start : start + len(index)] = torch.stack([posterior.mean, posterior.std], dim=1).cpu().numpy()
        out.flush()


def load_cache(folder: Path, tokens: Tensor) -> Cache:
    """Open what the two functions above wrote."""
    return Cache(
        {side: np.load(folder / f"latents{side}.npy", mmap_mode="r") for side in SIDES},
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
