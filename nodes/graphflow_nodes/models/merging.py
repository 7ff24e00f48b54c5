"""Modules with LoRAs merged into their weights; what a LoRA leaves as it is, all share."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from graphflow_nodes.diffusion.low_rank import changed
from graphflow_nodes.models.header import ModelFileError
from graphflow_nodes.models.layout import UNET
from graphflow_nodes.models.lora import read_changes
from graphflow_nodes.models.original import original_unet


def merged_network(network: nn.Module, path: Path, strength: float) -> nn.Module:
    """Return a copy of a `UNet2DConditionModel` with a LoRA merged in; raise ModelFileError when it does not fit."""
    return _merged(network, path, strength, dict(_network_spellings(network)), text=False)


def merged_text_encoder(encoder: nn.Module, path: Path, strength: float) -> nn.Module:
    """Return a copy of a `CLIPTextModel` with a LoRA merged in; raise ModelFileError when it does not fit."""
    return _merged(encoder, path, strength, dict(_text_spellings(encoder)), text=True)


def _merged(module: nn.Module, path: Path, strength: float, spellings: Mapping[str, str], *, text: bool) -> nn.Module:
    changes = read_changes(path, text=text)
    foreign = sorted(stem for stem in changes if stem not in spellings)
    if foreign:
        raise ModelFileError(
            f"{path.name} was made for another model: of its {len(changes)} layers this one lacks {len(foreign)}, "
            f"such as {foreign[0]}"
        )
    shared = {id(tensor): tensor for tensor in (*module.parameters(), *module.buffers())}
    copied = copy.deepcopy(module, memo=dict(shared))
    for stem, change in changes.items():
        layer = copied.get_submodule(spellings[stem])
        try:
            _change(layer, change, strength)
        except (ValueError, RuntimeError) as error:
            raise ModelFileError(f"{path.name} does not fit the model at {spellings[stem]}: {error}") from error
    return copied


def _change(layer: nn.Module, change: Mapping[str, Tensor], strength: float) -> None:
    parts = {"weight": {name: each for name, each in change.items() if name != "bias"}}
    if "bias" in change:
        parts["bias"] = {"whole": change["bias"]}
    for name, part in parts.items():
        if not part.keys() - {"alpha"}:
            continue
        before = getattr(layer, name)
        if before is None:
            raise ValueError("the layer has no bias")
        on_device = {what: tensor.to(before.device) for what, tensor in part.items()}
        after = torch.empty_like(before).copy_(changed(before, on_device, strength))
        setattr(layer, name, nn.Parameter(after, requires_grad=False))


def _network_spellings(network: nn.Module) -> Iterator[tuple[str, str]]:
    """Yield what files call a layer, and its name: diffusers' names, the original ones, with dots or underscores."""
    layers = {f"{name}.weight": layer.weight for name, layer in network.named_modules() if _has_weight(layer)}
    for key, original in zip(layers, original_unet(layers), strict=True):
        name, first = key.removesuffix(".weight"), original.removeprefix(UNET).removesuffix(".weight")
        for spelled in (name, first):
            yield spelled, name
            yield f"lora_unet_{spelled.replace('.', '_')}", name
            yield f"diffusion_model.{spelled}", name
            yield f"unet.{spelled}", name
            yield f"base_model.model.{spelled}", name
        if ".to_" in name:
            processor = name.replace(".to_", ".processor.to_").replace("to_out.0", "to_out")
            yield processor, name
            yield f"unet.{processor}", name


def _text_spellings(encoder: nn.Module) -> Iterator[tuple[str, str]]:
    for name, layer in encoder.named_modules():
        if _has_weight(layer):
            bare = name.removeprefix("text_model.")
            for prefix in ("lora_te_", "lora_te1_"):
                yield f"{prefix}text_model_{bare.replace('.', '_')}", name
            yield f"text_encoder.text_model.{bare}", name
            yield f"text_encoder.{bare}", name


def _has_weight(layer: nn.Module) -> bool:
    return isinstance(getattr(layer, "weight", None), nn.Parameter)
