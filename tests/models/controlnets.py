"""Small random ControlNets whose answers are not zero, as a diffusers folder and as single files of either layout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from tests.models.checkpoints import UNET, original_unet

SMALL = {name: UNET[name] for name in ("block_out_channels", "layers_per_block", "down_block_types")} | {
    "cross_attention_dim": 24,
    "attention_head_dim": 2,
    "norm_num_groups": 8,
    "conditioning_embedding_out_channels": [4, 8, 8],
}
"""Fits `checkpoints.UNET`, with four pixels of the hint for a latent cell."""
USUAL = {
    "block_out_channels": [32, 64],
    "layers_per_block": 2,
    "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
    "cross_attention_dim": 48,
    "conditioning_embedding_out_channels": [4, 8, 8, 16],
}
"""Has the heads, the groups and the eight pixels of Stable Diffusion 1, so that its shapes tell all the rest."""

WEIGHTS = "diffusion_pytorch_model.safetensors"


def write_control(folder: Path, seed: int = 0, config: dict[str, Any] = SMALL) -> Path:
    """Write a folder the way diffusers writes it; the convolutions that training starts at zero are random."""
    from diffusers.models.controlnets.controlnet import ControlNetModel

    torch.manual_seed(seed)
    net = ControlNetModel(**config)
    for name, value in net.named_parameters():
        if name.startswith(("controlnet_down_blocks.", "controlnet_mid_block.", "controlnet_cond_embedding.conv_out.")):
            torch.nn.init.normal_(value, std=0.2)
    net.save_pretrained(folder)
    return folder


def write_single(folder: Path, file: Path, *, prefix: str | None) -> Path:
    """Write a folder as one file: in the original layout under a prefix, or with None in diffusers' names."""
    state = load_file(folder / WEIGHTS)
    save_file(state if prefix is None else {prefix + name: value for name, value in original(state).items()}, file)
    return file


def original(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Rename a ControlNet of two levels with two layers each to the original layout."""
    renamed = {}
    for name, value in state.items():
        part, _, rest = name.partition(".")
        if part == "controlnet_down_blocks":
            number, _, kind = rest.partition(".")
            renamed[f"zero_convs.{number}.0.{kind}"] = value
        elif part == "controlnet_mid_block":
            renamed[f"middle_block_out.0.{rest}"] = value
        elif part == "controlnet_cond_embedding":
            renamed[_hint_name(rest)] = value
        else:
            ((old, value),) = original_unet({name: value}, layers=2, levels=2).items()
            renamed[old.removeprefix("model.diffusion_model.")] = value
    return renamed


def _hint_name(rest: str) -> str:
    if rest.startswith("blocks."):
        _, number, kind = rest.split(".")
        return f"input_hint_block.{2 + 2 * int(number)}.{kind}"
    return rest.replace("conv_in.", "input_hint_block.0.").replace("conv_out.", "input_hint_block.14.")
