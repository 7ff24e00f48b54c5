"""A ControlNet, ready for use: from a file or folder to the residuals that it adds to a network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from graphflow_nodes.models.control_files import config_of, is_original
from graphflow_nodes.models.layout import Config
from graphflow_nodes.models.load import load_module, load_single, quick
from graphflow_nodes.models.parts import Part, Unet
from graphflow_nodes.models.residuals import named


@dataclass(slots=True, eq=False)
class ControlNet(Part):
    """A copy of a network's way down that reads a picture, and what that adds to the network at every place."""

    @property
    def factor(self) -> int:
        """Return how many pixels of a hint stand for one latent cell."""
        return int(2 ** (len(self._config["conditioning_embedding_out_channels"]) - 1))

    @property
    def widths(self) -> dict[str, Any]:
        """Return the sizes that a network must have in common with it."""
        names = ("block_out_channels", "layers_per_block", "cross_attention_dim")
        return {name: self._config[name] for name in names}

    @property
    def _config(self) -> Any:
        return self.module.config

    def __call__(self, x: Tensor, t: Tensor, context: Tensor, hint: Tensor) -> dict[str, Tensor]:
        """Return the residuals for rows; `hint` is (rows, 3, height * factor, width * factor) in 0..1."""
        dtype = self.dtype
        with torch.inference_mode(), self.threads(x.shape[0] * x.shape[2] * x.shape[3]):
            down, middle = self.module(
                x.to(dtype),
                t,
                encoder_hidden_states=context.to(dtype),
                controlnet_cond=hint.to(dtype),
                return_dict=False,
            )
        return named(down, middle)

    def misfit(self, unet: Unet) -> str | None:
        """Say what a network has otherwise than the ControlNet needs, or nothing when the two fit."""
        theirs: Any = unet.module.config
        for name, mine in self.widths.items():
            if _plain(theirs[name]) != _plain(mine):
                return f"its {name.replace('_', ' ')} is {_plain(mine)}, the model's {_plain(theirs[name])}"
        if self.factor != unet.space.factor:
            return f"it reads {self.factor} pixels of the picture for a latent cell, the model has {unet.space.factor}"
        return None


def load_controlnet(path: Path, device: torch.device, dtype: torch.dtype) -> nn.Module:
    """Load a `ControlNetModel` from a diffusers folder or a single file of either layout; raise ModelFileError."""
    config = config_of(path)
    if path.is_dir():
        return quick(load_module(path, config, _build, device, dtype), device)
    return quick(load_single(path, config, _build, _convert, device, dtype), device)


def _build(config: Config) -> nn.Module:
    from graphflow_nodes.models.libraries import ControlNetModel

    module: nn.Module = ControlNetModel.from_config(config)
    return module


def _convert(state: dict[str, Tensor], config: Config) -> dict[str, Tensor]:
    from graphflow_nodes.models.libraries import convert_controlnet_checkpoint

    if not is_original(state):
        return state
    converted = convert_controlnet_checkpoint(state, config)
    return {name: tensor for name, tensor in converted.items() if tensor is not None}  # None is what the file lacks


def _plain(size: Any) -> Any:
    return list(size) if isinstance(size, tuple) else size
