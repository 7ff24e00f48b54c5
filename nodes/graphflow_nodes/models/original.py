"""Names of weights as single files call them: from diffusers' names to the original layout of Stable Diffusion 1.

The original counts a network's blocks through from the first to the last; diffusers counts them per level.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from torch import Tensor

from graphflow_nodes.models.layout import TEXT, UNET, VAE

_ENDS: Final = {
    "conv_in": "input_blocks.0.0",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "mid_block.resnets.0": "middle_block.0",
    "mid_block.attentions.0": "middle_block.1",
    "mid_block.resnets.1": "middle_block.2",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}
_RESNET: Final = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
_ATTENTION: Final = {"to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out", "group_norm": "norm"}
_UNET_BLOCK: Final = re.compile(r"(down|up)_blocks\.(\d+)\.(resnet|attention|downsampler|upsampler)s\.(\d+)\.(.+)")
_VAE_BLOCK: Final = re.compile(
    r"(encoder|decoder)\.(down|up)_blocks\.(\d+)\.(resnet|downsampler|upsampler)s\.(\d+)\.(.+)"
)
_VAE_MIDDLE: Final = re.compile(r"(encoder|decoder)\.mid_block\.(resnet|attention)s\.(\d+)\.(.+)")


def original_unet(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the weights of a `UNet2DConditionModel`."""
    layers = 1 + max(int(found[4]) for name in state if (found := _UNET_BLOCK.match(name)) and found[1] == "down")
    return {UNET + _unet_name(name, layers, state): tensor for name, tensor in state.items()}


def original_vae(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the weights of an `AutoencoderKL`, whose attention the original wrote as convolutions of one pixel."""
    levels = 1 + max(int(found[3]) for name in state if (found := _VAE_BLOCK.match(name)))
    made = {}
    for name, tensor in state.items():
        is_attention = ".attentions." in name and tensor.ndim == 2
        made[VAE + _vae_name(name, levels)] = tensor[:, :, None, None] if is_attention else tensor
    return made


def original_text_encoder(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the weights of a `CLIPTextModel`."""
    return {f"{TEXT}text_model.{name.removeprefix('text_model.')}": tensor for name, tensor in state.items()}


def _unet_name(name: str, layers: int, state: Mapping[str, Tensor]) -> str:
    for new, old in _ENDS.items():
        if name.startswith(f"{new}."):
            return f"{old}.{_renamed(name.removeprefix(f'{new}.'), _RESNET)}"
    found = _UNET_BLOCK.fullmatch(name)
    if found is None:
        raise ValueError(f"the original layout has no place for {name}")
    side, level, kind, number, rest = found.groups()
    if side == "down":
        first = int(level) * (layers + 1) + 1  # after the first convolution; each level ends with a block that halves
        place = first + (layers if kind == "downsampler" else int(number))
        inner = {"resnet": 0, "attention": 1, "downsampler": 0}[kind]
        return f"input_blocks.{place}.{inner}.{_renamed(rest, {'conv': 'op'} if kind == 'downsampler' else _RESNET)}"
    first = int(level) * (layers + 1)
    attends = f"up_blocks.{level}.attentions.0.norm.weight" in state
    place = first + (layers if kind == "upsampler" else int(number))
    inner = {"resnet": 0, "attention": 1, "upsampler": 2 if attends else 1}[kind]
    return f"output_blocks.{place}.{inner}.{_renamed(rest, _RESNET if kind == 'resnet' else {})}"


def _vae_name(name: str, levels: int) -> str:
    if found := _VAE_BLOCK.fullmatch(name):
        side, way, level, kind, number, rest = found.groups()
        place = int(level) if way == "down" else levels - 1 - int(level)  # the original counts from the full size
        what = f"block.{number}" if kind == "resnet" else kind.removesuffix("r")
        return f"{side}.{way}.{place}.{what}.{_renamed(rest, {'conv_shortcut': 'nin_shortcut'})}"
    if found := _VAE_MIDDLE.fullmatch(name):
        side, kind, number, rest = found.groups()
        if kind == "resnet":
            return f"{side}.mid.block_{int(number) + 1}.{_renamed(rest, {'conv_shortcut': 'nin_shortcut'})}"
        return f"{side}.mid.attn_1.{_renamed(rest, _ATTENTION)}"
    return name.replace("conv_norm_out", "norm_out")


def _renamed(rest: str, names: Mapping[str, str]) -> str:
    for new, old in names.items():
        if rest.startswith(f"{new}."):
            return f"{old}.{rest.removeprefix(f'{new}.')}"
    return rest
