"""What a ControlNet file is, told from its header or config alone: without torch, without reading weights."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from graphflow.api import Facts
from graphflow_nodes.models.header import Header, ModelFileError, read_header
from graphflow_nodes.models.inspect import REFUSED, WIDTHS, read_config
from graphflow_nodes.models.layout import Config, Shapes, count, encoder_config, shipped_config

BUNDLE: Final = "config.json"
KIND: Final = "ControlNetModel"
PREFIX: Final = "control_model."
WANTED: Final = "a ControlNet for Stable Diffusion 1 is needed"

OTHERS: Final = (  # what gives a file away that is something else, most special first
    ("lora_controlnet", "a Control-LoRA"),
    ("difference", "only the difference between a ControlNet and a checkpoint"),
    ("task_embedding", "a ControlNet Union"),
    ("control_add_embedding.", "a ControlNet Union"),
    ("controlnet_x_embedder.", "a ControlNet for Flux or Qwen Image"),
    ("pos_embed_input.", "a ControlNet for Stable Diffusion 3"),
    ("double_blocks.", "a ControlNet for Flux"),
    ("joint_blocks.", "a ControlNet for Stable Diffusion 3"),
    ("transformer_blocks.0.attn.add_", "a ControlNet for Stable Diffusion 3 or Flux"),
    ("add_embedding.", "a ControlNet for SDXL"),
    ("label_emb.", "a ControlNet for SDXL"),
    ("model.diffusion_model.", "a whole checkpoint, which belongs into models/checkpoints"),
    ("adapter.", "a T2I adapter"),
    ("body.0.", "a T2I adapter"),
    ("lora_unet_", "a LoRA"),
    (".lora_A.", "a LoRA"),
    ("motion_modules.", "a motion module"),
)
CLASSES: Final[Mapping[str, str]] = {
    "T2IAdapter": "a T2I adapter",
    "ControlNetUnionModel": "a ControlNet Union",
    "SD3ControlNetModel": "a ControlNet for Stable Diffusion 3",
    "FluxControlNetModel": "a ControlNet for Flux",
    "UNet2DConditionModel": "the network of a diffusers model, which belongs into models/checkpoints as a whole",
}


def inspect_control(path: Path) -> Facts:
    """Return a ControlNet's facts; raise ValueError with a sentence for people when it cannot be used.

    The facts: `family`, `context_width`, `latent_channels`, `factor` (pixels of a hint for one latent cell).
    """
    path = path.parent if path.name == BUNDLE else path
    if path.suffix.lower() in REFUSED and not path.is_dir():
        raise ModelFileError(f"{path.name}: {REFUSED[path.suffix.lower()]}")
    try:
        config = config_of(path)
        facts = {
            "family": "sd15",
            "context_width": int(config["cross_attention_dim"]),
            "latent_channels": int(config["in_channels"]),
            "factor": 2 ** (len(config["conditioning_embedding_out_channels"]) - 1),
        }
    except (KeyError, TypeError) as error:
        raise ModelFileError(f"{path.name}: the config lacks {error} or gives it another type than usual") from error
    if facts["context_width"] in WIDTHS or config.get("addition_embed_type"):
        kind = WIDTHS.get(int(facts["context_width"]), "SDXL")
        raise ModelFileError(f"{path.name} is a ControlNet for {kind}, which is not supported: {WANTED}")
    return facts


def config_of(path: Path) -> Config:
    """Return the config of a `ControlNetModel`: a folder's own, or what the shapes in a single file say."""
    if path.is_dir():
        config = read_config(path / BUNDLE)
        if (kind := config.get("_class_name")) != KIND:
            raise ModelFileError(f"{path.name} is {_called(kind)}: {WANTED}")
        return {"conditioning_embedding_out_channels": (16, 32, 96, 256), "in_channels": 4, **config}
    header = read_header(path)
    _refuse_others(path, header)
    try:
        return _config(header)
    except (KeyError, IndexError, ZeroDivisionError) as error:
        raise ModelFileError(f"{path.name} lacks tensors of a ControlNet: {error}") from error


def prefix_of(names: Iterable[str]) -> str:
    """Return what stands before all names of a file in the original layout."""
    return PREFIX if any(name.startswith(PREFIX) for name in names) else ""


def is_original(names: Iterable[str]) -> bool:
    """Say whether tensors have the names of the original layout, not those of diffusers."""
    return any("input_hint_block." in name for name in names)


def _called(kind: Any) -> str:
    return CLASSES.get(str(kind), f"a {kind}" if kind else "a folder of unknown kind")


def _refuse_others(path: Path, header: Header) -> None:
    shapes = header.shapes
    for part, what in OTHERS:
        if any(name.removeprefix(PREFIX).startswith(part) or (part[0] == "." and part in name) for name in shapes):
            raise ModelFileError(f"{path.name} is {what}, which is not supported: {WANTED}")
    if not is_original(shapes) and "controlnet_cond_embedding.conv_in.weight" not in shapes:
        first = next(iter(shapes), "none")
        raise ModelFileError(f"{path.name} is no ControlNet: the first of its {len(shapes)} tensors is {first!r}")


def _config(header: Header) -> Config:
    """Read the sizes from the shapes; the heads are Stable Diffusion 1's, which no shape tells."""
    base = {
        name: value
        for name, value in shipped_config("sd15", "unet").items()
        if name in ("attention_head_dim", "norm_num_groups", "norm_eps", "act_fn", "flip_sin_to_cos", "freq_shift")
    }
    shapes = header.shapes
    return {**base, **(_original(shapes) if is_original(shapes) else _diffusers(shapes))}


def _original(shapes: Shapes) -> Config:
    prefix = prefix_of(shapes)
    hint = re.compile(re.escape(prefix) + r"input_hint_block\.(\d+)\.weight")
    places = sorted(int(found[1]) for found in map(hint.fullmatch, shapes) if found)
    # The first convolution, then of each pair the second, which halves the side; the last one leads into the network.
    widths = [shapes[f"{prefix}input_hint_block.{place}.weight"][0] for place in places[:-1:2]]
    return {
        **encoder_config(shapes, prefix),
        "conditioning_channels": shapes[f"{prefix}input_hint_block.0.weight"][1],
        "conditioning_embedding_out_channels": widths,
    }


def _diffusers(shapes: Shapes) -> Config:
    levels, layers = count(shapes, r"down_blocks\.(\d+)\."), count(shapes, r"down_blocks\.0\.resnets\.(\d+)\.")
    attends = [f"down_blocks.{level}.attentions.0.proj_in.weight" in shapes for level in range(levels)]
    hint = "controlnet_cond_embedding."
    pairs = count(shapes, re.escape(hint) + r"blocks\.(\d+)\.") // 2
    return {
        "in_channels": shapes["conv_in.weight"][1],
        "block_out_channels": [shapes[f"down_blocks.{level}.resnets.0.conv2.weight"][0] for level in range(levels)],
        "layers_per_block": layers,
        "cross_attention_dim": next(shape[1] for name, shape in shapes.items() if name.endswith("attn2.to_k.weight")),
        "down_block_types": ["CrossAttnDownBlock2D" if each else "DownBlock2D" for each in attends],
        "use_linear_projection": len(shapes["mid_block.attentions.0.proj_in.weight"]) == 2,
        "conditioning_channels": shapes[f"{hint}conv_in.weight"][1],
        "conditioning_embedding_out_channels": [
            shapes[f"{hint}conv_in.weight"][0],
            *(shapes[f"{hint}blocks.{2 * pair + 1}.weight"][0] for pair in range(pairs)),
        ],
    }
