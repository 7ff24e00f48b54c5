"""The autoencoder: pictures to 4 latent channels at a quarter of the side, and back (Rombach et al. 2022)."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from graphflow_nodes.diffusion.average import Ema
from graphflow_tiny.training.data import TrainingSet
from graphflow_tiny.training.loop import (
    Log,
    generator,
    learning_rate,
    load_checkpoint,
    save_atomic,
    set_learning_rate,
    zero_residual_branches,
)

CHANNELS = (16, 24, 32)
KL_WEIGHT = 3e-4
SMALL_SHARE = 0.55
"""The first share of the steps sees 32 px: a quarter of the cost, and convolutions hardly mind the size."""
STILL = 12
"""Pixels from a repainted rectangle beyond which nothing shall move."""
STILL_WEIGHT = 2.0


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


def reconstruction_loss(out: Tensor, target: Tensor) -> Tensor:
    """Compare pictures: |d| + d^2 + |gradient of d| / 2; the last keeps edges sharp."""
    d = out - target
    across, down = d[..., :, 1:] - d[..., :, :-1], d[..., 1:, :] - d[..., :-1, :]
    return d.abs().mean() + d.square().mean() + 0.25 * (across.abs().mean() + down.abs().mean())


def loss_of(vae: Any, pictures: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """Give the training loss and the plain squared error of one batch, (batch, 3, h, w) in -1..1."""
    posterior = vae.encode(pictures).latent_dist
    noise = torch.randn(posterior.mean.shape, generator=random).to(pictures.device)
    out = vae.decode(posterior.mean + posterior.std * noise).sample
    # KL(q || N(0, 1)) per latent element: a light pull, so that latents stay near unit size.
    kl = 0.5 * (posterior.mean.square() + posterior.var - 1 - posterior.logvar).mean()
    return reconstruction_loss(out, pictures) + KL_WEIGHT * kl, nn.functional.mse_loss(out.detach(), pictures)


def decoder_loss_of(vae: Any, pictures: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """Give the loss of tuning the decoder alone, half of it on latents pieced together from two pictures.

    The decoder's norms and its attention see the whole picture. Where a rectangle of another picture stands in the
    latent, as inpainting leaves it, the rest must still be drawn as before: that is learnt here, and weighed by the
    pixels that change most.
    """
    with torch.no_grad():
        posterior = vae.encode(pictures).latent_dist
        noise = torch.randn(posterior.mean.shape, generator=random).to(pictures.device)
        z = posterior.mean + posterior.std * noise
    cells = _rectangle(z.shape[-2], z.shape[-1], random).to(z.device)
    half, factor = len(z) // 2, pictures.shape[-2] // z.shape[-2]
    pieced = torch.where(cells, z.roll(1, 0), z)[:half]
    pixels = cells.repeat_interleave(factor, 0).repeat_interleave(factor, 1)
    target = torch.cat([torch.where(pixels, pictures.roll(1, 0), pictures)[:half], pictures])
    out = vae.decode(torch.cat([pieced, z])).sample
    moved = (out[:half] - out[half : 2 * half])[..., _far(pixels, STILL)]
    loss = reconstruction_loss(out, target) + STILL_WEIGHT * _worst(moved)
    return loss, nn.functional.mse_loss(out.detach(), target)


def _far(inside: Tensor, distance: int) -> Tensor:
    """Tell the pixels further than `distance` from a region, (height, width), in the larger of both directions."""
    near = nn.functional.max_pool2d(inside[None, None].float(), 2 * distance + 1, stride=1, padding=distance)
    return near[0, 0] == 0


def _worst(moved: Tensor, share: float = 0.005) -> Tensor:
    """Give the mean of the largest differences: a rare strong one disturbs more than many that nobody sees."""
    if moved.numel() == 0:
        return moved.sum()
    return moved.abs().flatten().topk(max(1, int(share * moved.numel()))).values.mean()


def _rectangle(height: int, width: int, random: torch.Generator) -> Tensor:
    """Draw a rectangle of at least 2 x 2 cells, True inside: (height, width)."""
    inside = torch.zeros(height, width, dtype=torch.bool)
    top, bottom = sorted(torch.randperm(height // 2 + 1, generator=random)[:2].mul(2).tolist())
    left, right = sorted(torch.randperm(width // 2 + 1, generator=random)[:2].mul(2).tolist())
    inside[top:bottom, left:right] = True
    return inside


def train_autoencoder(
    data: TrainingSet, folder: Path, *, steps: int, batch: int = 8, device: str = "cpu", decoder_only: bool = False
) -> None:
    """Train to `steps`, going on from the checkpoint; `decoder_only` keeps all latents valid."""
    name = "decoder" if decoder_only else "autoencoder"
    log, top = Log(folder / "log.jsonl", name), 1.5e-4 if decoder_only else 1e-3
    vae = _begin(folder, device, decoder_only)
    trained = [value for value in vae.parameters() if value.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=top, betas=(0.9, 0.99), weight_decay=1e-4)
    ema, first = Ema(vae, 0.997), 0
    if (state := load_checkpoint(folder / f"{name}.pt")) is not None:
        vae.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        ema.load_state_dict(state["ema"])
        first = state["step"]
    began, errors = time.monotonic(), 0.0
    for step in range(first, steps):
        random = generator(name, 0, step)
        small = not decoder_only and step < SMALL_SHARE * steps
        index = torch.randint(len(data.pictures), (batch * (3 if small else 1),), generator=random)
        set_learning_rate(optimizer, learning_rate(step, steps, top, decay=0.5))
        pictures = _small(data, index, step) if small else data.batch(index)
        loss, error = (decoder_loss_of if decoder_only else loss_of)(vae, pictures.to(device), random)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        ema.update(vae)
        errors += float(error)
        done = step + 1
        if done % 100 == 0:
            pace = (done - first) / (time.monotonic() - began)
            log(step=done, loss=float(loss.detach()), psnr=10 * math.log10(400 / errors), per_second=pace)
            errors = 0.0
        if done % 500 == 0 or done == steps:
            state = {"step": done, "steps": steps, "model": vae.state_dict(), "optimizer": optimizer.state_dict()}
            save_atomic({**state, "ema": ema.state_dict()}, folder / f"{name}.pt")


def _begin(folder: Path, device: str, decoder_only: bool) -> Any:
    """Give the autoencoder with random weights, or the trained one whose encoder is frozen."""
    torch.manual_seed(0)
    vae = make_autoencoder()
    zero_residual_branches(vae)
    if decoder_only:
        vae.load_state_dict(_required(folder / "autoencoder.pt")["ema"]["weights"])
        vae.encoder.requires_grad_(False)
        vae.quant_conv.requires_grad_(False)
    return vae.to(device)


def _small(data: TrainingSet, index: Tensor, step: int) -> Tensor:
    """Give 32 px pictures: shrunk ones, and in every other step crops, whose edges are those of the full size."""
    if step % 2 == 0:
        return data.batch(index, 32)
    y, x = step // 2 % 5 * 8, step // 10 % 5 * 8
    return data.batch(index)[..., y : y + 32, x : x + 32].contiguous()


def load_autoencoder(folder: Path) -> Any:
    """Load the averaged weights, with the tuned decoder where there is one."""
    vae = make_autoencoder()
    state = load_checkpoint(folder / "decoder.pt") or _required(folder / "autoencoder.pt")
    vae.load_state_dict(state["ema"]["weights"])
    return vae.eval().requires_grad_(False)


def _required(path: Path) -> dict[str, Any]:
    state = load_checkpoint(path)
    if state is None:
        raise FileNotFoundError(f"{path} is missing: run the stage that writes it first")
    return state
