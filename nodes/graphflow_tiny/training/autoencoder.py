"""The autoencoder: pictures to 4 latent channels at a quarter of the side, and back (Rombach et al. 2022)."""

from __future__ import annotations

import math
import signal
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from graphflow_nodes.diffusion.average import Ema
from graphflow_tiny.training.data import TrainingSet
from graphflow_tiny.training.loop import (
    Log,
    averaged,
    generator,
    learning_rate,
    load_checkpoint,
    save_atomic,
    set_learning_rate,
    zero_residual_branches,
)
from graphflow_tiny.training.processes import Meeting, run_processes

CHANNELS = (16, 24, 32)
KL_WEIGHT = 3e-4
SMALL_STEPS = 1_650
"""The first steps see 32 px: a quarter of the cost, and convolutions hardly mind the size."""
MEET_EVERY = 4
"""Steps between two averagings of the processes' weights; the mean over time (EMA) is taken there, too."""
SAVE_EVERY = 500


def make_autoencoder() -> Any:
    """Build the autoencoder with random weights; factor 4, 4 latent channels."""
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        block_out_channels=CHANNELS,
        layers_per_block=2,
        latent_channels=4,
        norm_num_groups=8,
        sample_size=64,
    )


def loss_of(vae: Any, pictures: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """Give the training loss and the plain squared error of one batch, (batch, 3, h, w) in -1..1."""
    posterior = vae.encode(pictures).latent_dist
    noise = torch.randn(posterior.mean.shape, generator=random).to(pictures.device)
    d = vae.decode(posterior.mean + posterior.std * noise).sample - pictures
    # KL(q || N(0, 1)) per latent element: a light pull, so that latents stay near unit size.
    kl = 0.5 * (posterior.mean.square() + posterior.var - 1 - posterior.logvar).mean()
    squared = d.square().mean()
    # Squares first: what is lost is lost in few pixels, at edges. The plain error keeps flat grounds flat.
    return 10 * squared + 0.2 * d.abs().mean() + KL_WEIGHT * kl, squared.detach()


def train_autoencoder(
    data: TrainingSet,
    folder: Path,
    *,
    steps: int,
    processes: int = 2,
    rate: float = 1e-3,
    batch: int = 8,
    device: str = "cpu",
) -> None:
    """Train to `steps` in several processes, going on from the checkpoint; SIGTERM saves and ends.

    Each process sees `batch` pictures a step. A new encoder makes all cached latents new.
    """
    torch.manual_seed(0)
    vae = make_autoencoder()
    zero_residual_branches(vae)
    if (state := load_checkpoint(folder / "autoencoder.pt")) is not None:
        vae.load_state_dict(state["model"])
    meeting = Meeting(vae, processes)
    signal.signal(signal.SIGTERM, lambda *_: meeting.stop.fill_(1))
    run_processes(_train, processes, (vae, data, folder, meeting, steps, rate, batch, device))


def _train(
    rank: int,
    vae: Any,
    data: TrainingSet,
    folder: Path,
    meeting: Meeting,
    steps: int,
    rate: float,
    batch: int,
    device: str,
) -> None:
    torch.set_num_threads(torch.get_num_threads() if meeting.count == 1 else 1)
    vae = vae.to(device)
    optimizer = torch.optim.AdamW(vae.parameters(), lr=rate, betas=(0.9, 0.99), weight_decay=1e-4)
    ema, first = _resume(folder, rank, vae, optimizer)
    log, began, errors = Log(folder / "log.jsonl", "autoencoder"), time.monotonic(), list[float]()
    for step in range(first, steps):
        random = generator("autoencoder", 0, step, rank)
        small = step < SMALL_STEPS
        index = torch.randint(len(data.pictures), (batch * (3 if small else 1),), generator=random)
        set_learning_rate(optimizer, learning_rate(step, steps, rate, decay=0.5))
        pictures = _small(data, index, step) if small else data.batch(index)
        loss, error = loss_of(vae, pictures.to(device), random)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        optimizer.step()
        errors.append(float(error))
        done, stop = step + 1, False
        if done % MEET_EVERY == 0 or done == steps:
            stop = meeting.average(vae, rank)
            ema.update(vae)
        if done % 100 == 0 and rank == 0:
            pace, psnr = len(errors) / (time.monotonic() - began), 10 * math.log10(4 * len(errors) / sum(errors))
            log(step=done, loss=float(loss.detach()), psnr=psnr, per_second=pace)
            began, errors = time.monotonic(), []
        if done % SAVE_EVERY == 0 or done == steps or stop:
            save_atomic({"optimizer": optimizer.state_dict()}, folder / f"autoencoder.optimizer{rank}.pt")
            meeting.wait()
            if rank == 0:
                state = {"step": done, "steps": steps, "model": vae.state_dict(), "ema": ema.state_dict()}
                save_atomic(state, folder / "autoencoder.pt")
        if stop:
            break


def _resume(folder: Path, rank: int, vae: Any, optimizer: torch.optim.Optimizer) -> tuple[Ema, int]:
    """Give the averaged weights and the number of steps that are done; the optimizer takes over what it had."""
    ema = Ema(vae, 0.997**MEET_EVERY)
    if (state := load_checkpoint(folder / "autoencoder.pt")) is None:
        return ema, 0
    ema.load_state_dict(state["ema"])
    if (mine := load_checkpoint(folder / f"autoencoder.optimizer{rank}.pt")) is not None:
        optimizer.load_state_dict(mine["optimizer"])  # there is none where only finished weights were left
    return ema, int(state["step"])


def _small(data: TrainingSet, index: Tensor, step: int) -> Tensor:
    """Give 32 px pictures: shrunk ones, and in every other step crops, whose edges are those of the full size."""
    if step % 2 == 0:
        return data.batch(index, 32)
    y, x = step // 2 % 5 * 8, step // 10 % 5 * 8
    return data.batch(index)[..., y : y + 32, x : x + 32].contiguous()


def load_autoencoder(folder: Path) -> Any:
    """Load the averaged weights; raise FileNotFoundError where there are none."""
    vae = make_autoencoder()
    vae.load_state_dict(averaged(folder / "autoencoder.pt"))
    return vae.eval().requires_grad_(False)
