"""Small random checkpoints with Stable Diffusion 1 anatomy, as a diffusers folder and as a single original file."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from graphflow_nodes.models.tokenizer import BOS, END, EOS, byte_alphabet

UNET = {
    "sample_size": 16,
    "block_out_channels": [16, 32, 32],
    "layers_per_block": 2,
    "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
    "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
    "cross_attention_dim": 24,
    "attention_head_dim": 2,
    "norm_num_groups": 8,
}
VAE = {
    "sample_size": 64,
    "block_out_channels": [8, 16, 16],
    "down_block_types": ["DownEncoderBlock2D"] * 3,
    "up_block_types": ["UpDecoderBlock2D"] * 3,
    "layers_per_block": 1,
    "latent_channels": 4,
    "norm_num_groups": 4,
    "scaling_factor": 0.5,
}
TEXT = {
    "vocab_size": 514,
    "hidden_size": 24,
    "projection_dim": 24,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "hidden_act": "quick_gelu",
    "bos_token_id": 512,
    "eos_token_id": 513,
    "pad_token_id": 513,
}
SCHEDULER = {
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "num_train_timesteps": 1000,
    "prediction_type": "epsilon",
}


def write_folder(folder: Path, seed: int = 0) -> Path:
    """Write a diffusers folder the way diffusers and transformers write it."""
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
    from transformers.models.clip.configuration_clip import CLIPTextConfig
    from transformers.models.clip.modeling_clip import CLIPTextModel

    torch.manual_seed(seed)
    UNet2DConditionModel(**UNET).save_pretrained(folder / "unet")
    AutoencoderKL(**VAE).save_pretrained(folder / "vae")
    CLIPTextModel(CLIPTextConfig(**TEXT)).save_pretrained(folder / "text_encoder")
    write_json(folder / "scheduler" / "scheduler_config.json", SCHEDULER)
    write_json(folder / "model_index.json", {"_class_name": "StableDiffusionPipeline"})
    write_tokenizer(folder / "tokenizer")
    return folder


def write_single(folder: Path, file: Path, *, tokenizer: bool = True) -> Path:
    """Write a diffusers folder again as one file in the original key layout, its tokenizer beside it."""
    unet = load_file(folder / "unet" / "diffusion_pytorch_model.safetensors")
    vae = load_file(folder / "vae" / "diffusion_pytorch_model.safetensors")
    text = load_file(folder / "text_encoder" / "model.safetensors")
    stated = {
        "unet": {name: UNET[name] for name in ("sample_size", "attention_head_dim", "norm_num_groups")},
        "vae": {name: VAE[name] for name in ("sample_size", "norm_num_groups", "scaling_factor")},
        "text_encoder": {"num_attention_heads": TEXT["num_attention_heads"]},
    }
    tensors = original_unet(unet, layers=2, levels=3) | original_vae(vae, levels=3) | original_text(text)
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file(
        {name: tensor.contiguous() for name, tensor in tensors.items()},
        file,
        metadata={"graphflow.configs": json.dumps(stated)},
    )
    if tokenizer:
        write_tokenizer(file.parent / "tokenizer")
    return file


def write_tokenizer(folder: Path) -> None:
    """Write the smallest complete CLIP vocabulary: every byte, inside and at the end of a word, and two marks."""
    alphabet = byte_alphabet()
    signs = [*alphabet, *(sign + END for sign in alphabet), BOS, EOS]
    write_json(folder / "vocab.json", {sign: number for number, sign in enumerate(signs)})
    (folder / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")


def write_json(path: Path, data: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data), encoding="utf-8")


# --- to the original layout, written from the original model's own block numbering ---------------------------------


def original_unet(state: dict[str, Tensor], *, layers: int, levels: int) -> dict[str, Tensor]:
    """Rename a diffusers UNet to input_blocks, middle_block and output_blocks."""
    return {f"model.diffusion_model.{_unet_name(name, layers, levels)}": value for name, value in state.items()}


def _unet_name(name: str, layers: int, levels: int) -> str:
    fixed = {
        "conv_in.": "input_blocks.0.0.",
        "time_embedding.linear_1.": "time_embed.0.",
        "time_embedding.linear_2.": "time_embed.2.",
        "conv_norm_out.": "out.0.",
        "conv_out.": "out.2.",
        "mid_block.resnets.0.": "middle_block.0.",
        "mid_block.attentions.0.": "middle_block.1.",
        "mid_block.resnets.1.": "middle_block.2.",
    }
    for new, old in fixed.items():
        if name.startswith(new):
            return old + _resnet_name(name.removeprefix(new))
    side, level, kind, number, rest = _match(r"(down|up)_blocks\.(\d+)\.(\w+?)s\.(\d+)\.(.*)", name)
    block = int(level) * (layers + 1) + int(number)
    if side == "down":
        place = {"resnet": f"{block + 1}.0", "attention": f"{block + 1}.1", "downsampler": f"{block + layers + 1}.0"}
        return f"input_blocks.{place[kind]}.{_resnet_name(rest.replace('conv.', 'op.') if kind == 'downsampler' else rest)}"
    has_attention = int(level) > 0
    place = {
        "resnet": f"{block}.0",
        "attention": f"{block}.1",
        "upsampler": f"{block + layers}.{2 if has_attention else 1}",
    }
    return f"output_blocks.{place[kind]}.{_resnet_name(rest)}"


def _resnet_name(rest: str) -> str:
    names = {
        "norm1.": "in_layers.0.",
        "conv1.": "in_layers.2.",
        "time_emb_proj.": "emb_layers.1.",
        "norm2.": "out_layers.0.",
        "conv2.": "out_layers.3.",
        "conv_shortcut.": "skip_connection.",
    }
    for new, old in names.items():
        if rest.startswith(new):
            return old + rest.removeprefix(new)
    return rest


def original_vae(state: dict[str, Tensor], *, levels: int) -> dict[str, Tensor]:
    """Rename a diffusers autoencoder to down, mid and up, whose levels count from the full size on both sides."""
    made = {}
    for name, value in state.items():
        old = name
        if found := re.match(
            r"(encoder|decoder)\.(down|up)_blocks\.(\d+)\.(resnets|downsamplers|upsamplers)\.(\d+)\.(.*)", name
        ):
            side, way, level, kind, number, rest = found.groups()
            place = int(level) if way == "down" else levels - 1 - int(level)
            inner = f"block.{number}.{rest}" if kind == "resnets" else f"{kind.removesuffix('rs')}.{rest}"
            old = f"{side}.{way}.{place}.{inner.replace('conv_shortcut', 'nin_shortcut')}"
        elif found := re.match(r"(encoder|decoder)\.mid_block\.(resnets|attentions)\.(\d+)\.(.*)", name):
            side, kind, number, rest = found.groups()
            inner = f"block_{int(number) + 1}" if kind == "resnets" else "attn_1"
            rest = (
                re.sub(r"^to_([qkv])\.", r"\1.", rest).replace("to_out.0.", "proj_out.").replace("group_norm.", "norm.")
            )
            old = f"{side}.mid.{inner}.{rest}"
            if kind == "attentions" and value.ndim == 2:
                value = value[:, :, None, None]  # the original's attention is made of 1x1 convolutions
        made[f"first_stage_model.{old.replace('conv_norm_out', 'norm_out')}"] = value
    return made


def original_text(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Rename CLIP's text encoder; the original file also carries the numbers of the positions."""
    prefix = "cond_stage_model.transformer.text_model."
    made = {prefix + name.removeprefix("text_model."): value for name, value in state.items()}
    return made | {prefix + "embeddings.position_ids": torch.arange(77)[None]}


def _match(pattern: str, text: str) -> tuple[str, ...]:
    found = re.fullmatch(pattern, text)
    assert found is not None, f"no name of a UNet: {text}"
    return tuple(found.groups())
