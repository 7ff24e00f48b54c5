"""The original key layout of Stable Diffusion 1 checkpoints: which parts a file holds, and their configs.

Configs start from the family's own, which ships in `configs/`, and take every size from the shapes in the file, so
smaller and larger models of the same build load as well. What shapes cannot tell (heads, groups) a file may state in
its metadata under `graphflow.configs`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

from graphflow_nodes.models.header import Header, ModelFileError

UNET: Final = "model.diffusion_model."
VAE: Final = "first_stage_model."
TEXT: Final = "cond_stage_model.transformer."
FIRST_CONV: Final = UNET + "input_blocks.0.0.weight"
STATED: Final = "graphflow.configs"
STATABLE: Final[Mapping[str, frozenset[str]]] = {
    "unet": frozenset({"attention_head_dim", "norm_num_groups", "sample_size"}),
    "vae": frozenset({"norm_num_groups", "scaling_factor", "sample_size"}),
    "text_encoder": frozenset({"num_attention_heads", "hidden_act"}),
}

Config = dict[str, Any]
Shapes = Mapping[str, tuple[int, ...]]


def context_width(shapes: Shapes, prefix: str = UNET) -> int | None:
    """Return how wide the text states are that the network listens to, from its first cross-attention."""
    for name, shape in shapes.items():
        if name.startswith(prefix) and name.endswith("attn2.to_k.weight") and len(shape) == 2:
            return shape[1]
    return None


def configs_of(header: Header, family: str) -> dict[str, Config]:
    """Return the configs of `unet`, `vae` and `text_encoder`; raise ModelFileError when the keys make no model."""
    configs = {part: shipped_config(family, part) for part in STATABLE}
    try:
        configs["unet"] |= _unet(header.shapes)
        configs["vae"] |= _vae(header.shapes)
        configs["text_encoder"] |= _text_encoder(header.shapes)
    except (KeyError, IndexError, ZeroDivisionError) as error:
        raise ModelFileError(f"the file lacks tensors of a {family} checkpoint: {error}") from error
    for part, stated in _stated(header).items():
        configs[part] |= stated
    return configs


def shipped_config(family: str, part: str) -> Config:
    """Return a config that ships with the pack."""
    text = resources.files(__package__).joinpath("configs", family, f"{part}.json").read_text(encoding="utf-8")
    config: Config = json.loads(text)
    return config


def _unet(shapes: Shapes) -> Config:
    encoder = encoder_config(shapes, UNET)
    up = [each.replace("Down", "Up") for each in reversed(encoder["down_block_types"])]
    return {**encoder, "out_channels": shapes[UNET + "out.2.weight"][0], "up_block_types": up}


def encoder_config(shapes: Shapes, prefix: str) -> Config:
    """Read the sizes of a UNet's way down: per level so many blocks, then one that halves the picture, but for the last."""
    blocks = count(shapes, re.escape(prefix) + r"input_blocks\.(\d+)\.")
    levels = 1 + sum(name.startswith(prefix) and name.endswith(".0.op.weight") for name in shapes)
    layers = (blocks - levels) // levels
    firsts = [prefix + f"input_blocks.{1 + level * (layers + 1)}" for level in range(levels)]
    attends = [f"{first}.1.proj_in.weight" in shapes for first in firsts]
    return {
        "in_channels": shapes[prefix + "input_blocks.0.0.weight"][1],
        "block_out_channels": [shapes[f"{first}.0.out_layers.3.weight"][0] for first in firsts],
        "layers_per_block": layers,
        "cross_attention_dim": context_width(shapes, prefix),
        "down_block_types": ["CrossAttnDownBlock2D" if each else "DownBlock2D" for each in attends],
        "use_linear_projection": len(shapes[prefix + "middle_block.1.proj_in.weight"]) == 2,
    }


def vae_config(header: Header) -> Config:
    """Return the config of an autoencoder that has a file to itself; raise ModelFileError when the keys make none.

    Such files have the original names, with or without a checkpoint's prefix, or those of diffusers.
    """
    shapes = header.shapes
    prefix = VAE if any(name.startswith(VAE) for name in shapes) else ""
    renamed = any(name.startswith(f"{prefix}encoder.down_blocks.") for name in shapes)
    level, block = ("down_blocks", "resnets") if renamed else ("down", "block")
    try:
        sizes = _vae(shapes, prefix, level, block)
    except (KeyError, IndexError) as error:
        raise ModelFileError(f"the file lacks tensors of an autoencoder: {error}") from error
    return shipped_config("sd15", "vae") | sizes | _stated(header).get("vae", {})


def _vae(shapes: Shapes, prefix: str = VAE, level: str = "down", block: str = "block") -> Config:
    """Read the sizes of an autoencoder, whose levels and blocks are called by one of two names."""
    first = f"{prefix}encoder.{level}"
    levels = count(shapes, re.escape(first) + r"\.(\d+)\.")
    channels = shapes[f"{prefix}decoder.conv_in.weight"][1]
    return {
        "block_out_channels": [shapes[f"{first}.{i}.{block}.0.conv2.weight"][0] for i in range(levels)],
        "layers_per_block": count(shapes, re.escape(f"{first}.0.{block}") + r"\.(\d+)\."),
        "latent_channels": channels,
        "down_block_types": ["DownEncoderBlock2D"] * levels,
        "up_block_types": ["UpDecoderBlock2D"] * levels,
    }


def _text_encoder(shapes: Shapes) -> Config:
    prefix = TEXT + "text_model."
    vocabulary, width = shapes[prefix + "embeddings.token_embedding.weight"]
    return {
        "vocab_size": vocabulary,
        "hidden_size": width,
        "projection_dim": width,
        "max_position_embeddings": shapes[prefix + "embeddings.position_embedding.weight"][0],
        "intermediate_size": shapes[prefix + "encoder.layers.0.mlp.fc1.weight"][0],
        "num_hidden_layers": count(shapes, prefix.replace(".", r"\.") + r"encoder\.layers\.(\d+)\."),
        "num_attention_heads": max(width // 64, 1),  # so in every CLIP text encoder
        "bos_token_id": vocabulary - 2,
        "eos_token_id": vocabulary - 1,
        "pad_token_id": vocabulary - 1,
    }


def _stated(header: Header) -> dict[str, Config]:
    """Return what the file's metadata says that its shapes cannot; anything else in there is ignored."""
    try:
        stated = json.loads(header.metadata.get(STATED, "{}"))
        return {
            part: {name: value for name, value in stated.get(part, {}).items() if name in allowed}
            for part, allowed in STATABLE.items()
        }
    except (ValueError, AttributeError) as error:
        raise ModelFileError(f"the metadata {STATED} of the file is no JSON object of configs") from error


def stated_scale(header: Header) -> float | None:
    """Return the scale of an autoencoder's latents where the file's metadata says it; raise ModelFileError."""
    scale = _stated(header)["vae"].get("scaling_factor")
    if scale is not None and (type(scale) not in (int, float) or not scale > 0):
        raise ModelFileError(f"the metadata {STATED} of the file says no scale of latents, but {scale!r}"[:200])
    return None if scale is None else float(scale)


def count(shapes: Shapes, pattern: str) -> int:
    """Return one more than the highest number that the pattern finds in the names."""
    numbers = [int(match[1]) for match in map(re.compile(pattern).match, shapes) if match]
    return max(numbers, default=-1) + 1
