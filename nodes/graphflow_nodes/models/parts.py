"""What the pool keeps beside text encoders: a network with its denoiser, and an autoencoder, ready for use."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Final

import torch
from torch import Tensor, nn

from graphflow.api import NodeError
from graphflow_nodes.channels import with_channels
from graphflow_nodes.diffusion.denoiser import Denoiser
from graphflow_nodes.diffusion.schedules import ModelSampling
from graphflow_nodes.models import residuals
from graphflow_nodes.models.cells import whole_cells
from graphflow_nodes.models.threads import threads_for

PIXELS: Final = 2**21  # pictures go through the autoencoder in groups of at most so many pixels

LIGHT: Final = 300_000_000
"""Weights times cells that a preview decodes: about 40 ms of one core."""


@dataclass(frozen=True, slots=True)
class Space:
    """Where latents live: channels, pixels per cell, and what brings them to unit variance."""

    channels: int
    factor: int
    scale: float


@dataclass(slots=True, eq=False)
class Part:
    """A module on its device, and how many use it now."""

    module: nn.Module
    device: torch.device
    tensors: tuple[Tensor, ...] = field(init=False)
    _weights: int = field(init=False)
    _users: int = field(default=0, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        self.tensors = (*self.module.parameters(), *self.module.buffers())
        self._weights = sum(tensor.numel() for tensor in self.tensors)

    @property
    def bytes(self) -> int:
        """Return the bytes of its tensors, whoever shares them."""
        return sum(tensor.nbytes for tensor in self.tensors)

    @property
    def dtype(self) -> torch.dtype:
        """Return the precision of the weights."""
        return next(self.module.parameters()).dtype

    def threads(self, places: int) -> AbstractContextManager[None]:
        """Choose the threads for a forward over so many tokens, latent cells or pixels."""
        return threads_for(self.device, self._weights, places)

    @property
    def users(self) -> int:
        """Return how many threads use the part now."""
        return self._users

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Count one user for the time of a block: a part in use stays in memory."""
        with self._lock:
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1

    @contextmanager
    def in_use(self, places: int) -> Iterator[None]:
        """Count one user for the time of a block that computes so many places."""
        with self.kept(), torch.no_grad(), self.threads(places):
            yield


@dataclass(slots=True, eq=False)
class Unet(Part):
    """The network, the latents it works on, the noise it knows, and the denoiser that all jobs share."""

    space: Space
    sampling: ModelSampling
    denoiser: Denoiser = field(init=False)

    def __post_init__(self) -> None:
        Part.__post_init__(self)
        self.denoiser = Denoiser(self._network)

    @property
    def users(self) -> int:
        """Return how many jobs sample with the network now."""
        return self.denoiser.jobs

    @property
    def reads_hole(self) -> bool:
        """Return whether the network sees a mask and a latent beside the noise, as inpainting networks do."""
        return self._channels > self.space.channels

    @property
    def _channels(self) -> int:
        return int(self.module.config.in_channels)  # type: ignore[union-attr, arg-type]  # diffusers' models have one

    def _network(self, x: Tensor, t: Tensor, context: Tensor, added: Mapping[str, Tensor]) -> Tensor:
        """Run rows; `concat` among the added conditions is more channels, (rows, 1 + channels, height, width).

        Residuals of ControlNets are among them, too.
        """
        dtype = self.dtype
        rest = {name: value for name, value in added.items() if name != "concat" and not residuals.is_residual(name)}
        if "concat" in added:
            x = torch.cat([x, added["concat"]], dim=1)
        if x.shape[1] != self._channels:
            raise NodeError(
                f"the network takes {self._channels} channels and was given {x.shape[1]}",
                hint="an inpainting model works with KSampler and KSamplerAdvanced only",
            )
        with torch.inference_mode(), self.threads(x.shape[0] * x.shape[2] * x.shape[3]):
            output: Tensor = self.module(
                x.to(dtype),
                t,
                encoder_hidden_states=context.to(dtype),
                added_cond_kwargs={name: value.to(dtype) for name, value in rest.items()} or None,
                return_dict=False,
                **residuals.arguments(added, dtype),
            )[0]
        return output.float()


@dataclass(slots=True, eq=False)
class Autoencoder(Part):
    """Between pictures and latents, which stay in the autoencoder's own scale."""

    space: Space

    def encode(self, pictures: Tensor) -> Tensor:
        """Turn pictures, (batch, height, width, 1, 3 or 4) in 0..1, into latents, (batch, channels, height/f, width/f).

        Takes the mean of the posterior: a picture then always gives the same latent, and the nearest one. Sides that
        the factor does not divide lose their edges evenly; alpha is left out. NodeError when not one cell is there.
        """
        pixels = whole_cells(with_channels(pictures, 3), self.space.factor).movedim(-1, 1)
        size = pixels.shape[2] * pixels.shape[3]
        with self.in_use(min(len(pixels), _group(size)) * size):
            latents = [
                self._latents(self._enter(part * 2 - 1)).float().cpu() for part in torch.split(pixels, _group(size))
            ]
        return torch.cat(latents)

    def decode(self, latents: Tensor) -> Tensor:
        """Turn latents, (batch, channels, h, w), into pictures, (batch, h * f, w * f, 3) in 0..1."""
        size = latents.shape[2] * latents.shape[3] * self.space.factor**2
        group = _group(size)
        with self.in_use(min(len(latents), group) * size):
            pixels = [self._pixels(self._enter(part)).float().cpu() for part in torch.split(latents, group)]
        return (torch.cat(pixels) / 2 + 0.5).clamp(0, 1).movedim(1, -1).contiguous()

    def is_light(self, latents: Tensor) -> bool:
        """Say whether decoding these is so little work that each preview may do it: few weights on few cells."""
        return is_light(self._weights, latents)

    def _latents(self, pixels: Tensor) -> Tensor:
        """Encode pixels, (batch, 3, height, width) in -1..1."""
        latents: Tensor = self.module.encode(pixels).latent_dist.mean  # type: ignore[operator]  # diffusers' AutoencoderKL
        return latents

    def _pixels(self, latents: Tensor) -> Tensor:
        """Decode to pixels, (batch, 3, height, width) in -1..1."""
        pixels: Tensor = self.module.decode(latents, return_dict=False)[0]  # type: ignore[operator]  # diffusers' AutoencoderKL
        return pixels

    def _enter(self, tensor: Tensor) -> Tensor:
        return tensor.to(self.device, self.dtype)


def is_light(weights: int, latents: Tensor) -> bool:
    """Say whether an autoencoder of so many weights decodes latents, (batch, channels, height, width), in a moment."""
    return weights * latents.shape[0] * latents.shape[2] * latents.shape[3] <= LIGHT


def _group(pixels: int) -> int:
    return max(PIXELS // max(pixels, 1), 1)
