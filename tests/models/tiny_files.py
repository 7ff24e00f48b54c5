"""Small random tiny autoencoders, as diffusers' folders and as files in the original layout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from graphflow_nodes.models.layout import STATED

WEIGHTS = "diffusion_pytorch_model.safetensors"


def make_tiny(seed: int = 0, **config: Any) -> Any:
    """Build one with random weights; factor 4, 4 latent channels."""
    from diffusers import AutoencoderTiny

    torch.manual_seed(seed)
    sizes = {
        "encoder_block_out_channels": (8, 8, 8),
        "decoder_block_out_channels": (8, 8, 8),
        "num_encoder_blocks": (1, 2, 1),
        "num_decoder_blocks": (2, 1, 1),
    }
    return AutoencoderTiny(**(sizes | config))


def write_tiny(folder: Path, tiny: Any | None = None) -> Path:
    """Write a folder the way diffusers does."""
    (make_tiny() if tiny is None else tiny).save_pretrained(folder)
    return folder


def original(folder: Path, half: str) -> dict[str, Tensor]:
    """One half of a folder, numbered as in the original files, whose decoder begins with a layer without weights."""
    start = f"{half}.layers."
    renamed = {}
    for name, tensor in load_file(folder / WEIGHTS).items():
        if name.startswith(start):
            number, _, rest = name.removeprefix(start).partition(".")
            renamed[f"{int(number) + (half == 'decoder')}.{rest}"] = tensor
    return renamed


def write_half(folder: Path, path: Path, half: str = "decoder") -> Path:
    """Write one half as a file in the original layout."""
    save_file(original(folder, half), path)
    return path


def state_scale(path: Path, scale: float) -> Path:
    """Let a file of weights say for latents of which scale it is."""
    tensors = load_file(path)
    save_file(tensors, path, {"format": "pt", STATED: json.dumps({"vae": {"scaling_factor": scale}})})
    return path
