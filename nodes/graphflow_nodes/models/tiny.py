"""Tiny autoencoders of TAESD's build: they draw in a moment what a whole autoencoder would draw better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn

from graphflow.api import NodeError
from graphflow_nodes.models import load
from graphflow_nodes.models.header import ModelFileError, read_header
from graphflow_nodes.models.inspect import config_of_vae, factor_of, scale_of_tiny
from graphflow_nodes.models.parts import Autoencoder, Space
from graphflow_nodes.models.tiny_layout import tiny_names

HALVES: Final[Mapping[str, str]] = {"encoder": "decoder", "decoder": "encoder"}


@dataclass(slots=True, eq=False)
class TinyAutoencoder(Autoencoder):
    """An `AutoencoderTiny`, of which one half may be missing.

    It works on latents at the network's scale, yet takes and gives them as the whole autoencoder does, in that one's
    own. `ratio` is what brings these to those that its layers know.
    """

    name: str
    ratio: float

    def _latents(self, pixels: Tensor) -> Tensor:
        self._need("encoder")
        latents: Tensor = self.module.encode(pixels).latents  # type: ignore[operator]  # diffusers' AutoencoderTiny
        return latents / self.ratio

    def _pixels(self, latents: Tensor) -> Tensor:
        self._need("decoder")
        pixels: Tensor = self.module.decode(latents * self.ratio, return_dict=False)[0]  # type: ignore[operator]  # diffusers' AutoencoderTiny
        return pixels

    def _need(self, half: str) -> None:
        if isinstance(getattr(self.module, half), nn.Identity):
            raise NodeError(
                f"{self.name} holds the {HALVES[half]} of a tiny autoencoder alone, and its {half} is needed",
                code="model-unfit",
                hint="take a folder or a file with both halves",
            )


def load_tiny(path: Path, device: torch.device) -> TinyAutoencoder:
    """Load a tiny autoencoder from a folder or a single file, in full precision; raise ModelFileError."""
    config, scale = config_of_vae(path), scale_of_tiny(path)
    if scale is None:
        raise ModelFileError(f"{path.name} does not say for which latents it is")
    if path.is_dir():
        module = load.load_module(path, config, _build, device, torch.float32)
    else:
        module = load.load_single(path, config, _build, lambda state, _: _renamed(path, state), device, torch.float32)
    space = Space(int(config["latent_channels"]), factor_of(config), scale)
    ratio = scale / float(config.get("scaling_factor", 1.0))
    return TinyAutoencoder(load.quick(module, device), device, space, path.name, ratio)


def _build(config: dict[str, Any]) -> nn.Module:
    """Build the module of a config, with nothing in place of a half of which it says no sizes."""
    from graphflow_nodes.models.libraries import AutoencoderTiny

    known = {name: value for name, value in config.items() if name != "block_out_channels"}
    there = [half for half in HALVES if f"{half}_block_out_channels" in known]
    for half in HALVES.keys() - {*there}:
        known |= {f"{half}_block_out_channels": [1], f"num_{half}_blocks": [0]}
    module: nn.Module = AutoencoderTiny.from_config(known)
    for half in HALVES.keys() - {*there}:
        setattr(module, half, nn.Identity())
    return module


def _renamed(path: Path, state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: state[there] for name, there in tiny_names(read_header(path)).items()}
