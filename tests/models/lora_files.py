"""LoRA files of random numbers, as every trainer writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

ATTENTION = "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k"
ATTENTION_OUT = "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_out.0"
CONVOLUTION = "mid_block.resnets.0.conv1"
PROJECTION = "up_blocks.1.attentions.0.proj_in"
TEXT = "text_model.encoder.layers.1.self_attn.q_proj"
RANK = 2

SHAPES: Mapping[str, tuple[int, ...]] = {
    ATTENTION: (16, 24),
    ATTENTION_OUT: (16, 16),
    CONVOLUTION: (32, 32, 3, 3),
    PROJECTION: (32, 32, 1, 1),
    TEXT: (24, 24),
}
"""Layers of the small checkpoint, and their weights."""

ORIGINAL: Mapping[str, str] = {
    ATTENTION: "input_blocks.1.1.transformer_blocks.0.attn2.to_k",
    ATTENTION_OUT: "input_blocks.1.1.transformer_blocks.0.attn2.to_out.0",
    CONVOLUTION: "middle_block.0.in_layers.2",
    PROJECTION: "output_blocks.3.1.proj_in",
}
"""What the original calls the layers of the network."""


def pairs() -> dict[str, tuple[Tensor, Tensor]]:
    """Give up and down for each layer."""
    random = torch.Generator().manual_seed(4)
    made = {}
    for name, shape in SHAPES.items():
        up, down = torch.randn(shape[0], RANK, generator=random), torch.randn(RANK, *shape[1:], generator=random)
        made[name] = (up.reshape(*up.shape, *[1] * (len(shape) - 2)), down)
    return made


def kohya(name: str) -> tuple[str, str, str]:
    prefix = "lora_te_" if name.startswith("text_model") else "lora_unet_"
    stem = prefix + name.replace(".", "_")
    return f"{stem}.lora_up.weight", f"{stem}.lora_down.weight", f"{stem}.alpha"


def kohya_original(name: str) -> tuple[str, str, str]:
    return kohya(ORIGINAL.get(name, name))


def peft(name: str) -> tuple[str, str, str]:
    stem = ("text_encoder." if name.startswith("text_model") else "unet.") + name
    return f"{stem}.lora_B.weight", f"{stem}.lora_A.weight", f"{stem}.alpha"


def diffusers_old(name: str) -> tuple[str, str, str]:
    if name.startswith("text_model"):
        stem, end = f"text_encoder.{name}", ".lora_linear_layer"
    elif ".to_" in name:
        stem, end = "unet." + name.replace(".to_", ".processor.to_").replace("to_out.0", "to_out"), "_lora"
    else:
        stem, end = f"unet.{name}", ".lora"
    return f"{stem}{end}.up.weight", f"{stem}{end}.down.weight", f"{stem}.alpha"


def comfy(name: str) -> tuple[str, str, str]:
    if name.startswith("text_model"):
        return peft(name)
    stem = f"diffusion_model.{ORIGINAL[name]}"
    return f"{stem}.lora_up.weight", f"{stem}.lora_down.weight", f"{stem}.alpha"


FORMS: Mapping[str, Callable[[str], tuple[str, str, str]]] = {
    "kohya": kohya,
    "kohya, original names": kohya_original,
    "peft": peft,
    "diffusers, old": diffusers_old,
    "comfy": comfy,
}
"""How trainers name what goes up, what goes down, and alpha."""


def write_lora(
    path: Path, form: str = "kohya", *, layers: Mapping[str, object] = SHAPES, alpha: float | None = 1.0
) -> Path:
    """Write the pairs of some layers in a form."""
    tensors: dict[str, Tensor] = {}
    for name, (up, down) in pairs().items():
        if name in layers:
            names = FORMS[form](name)
            tensors |= {names[0]: up, names[1]: down}
            if alpha is not None:
                tensors[names[2]] = torch.tensor(alpha)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)
    return path


def difference(name: str) -> Tensor:
    """Give what a layer gains at strength 1 and alpha 1, as a matrix."""
    up, down = pairs()[name]
    return up.flatten(1) @ down.flatten(1) / RANK
