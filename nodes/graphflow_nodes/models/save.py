"""A whole model as one file in the original layout of Stable Diffusion 1, which LoadCheckpoint opens again."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from graphflow_nodes.diffusion.schedules import ModelSampling
from graphflow_nodes.models.header import Header, ModelFileError
from graphflow_nodes.models.layout import STATABLE, STATED, configs_of
from graphflow_nodes.models.load import vocabulary_of
from graphflow_nodes.models.original import original_text_encoder, original_unet, original_vae
from graphflow_nodes.models.tokenizer import CARRIED, CLIP_SIZE, carried_files

PREDICTIONS = {"epsilon": "epsilon", "v_prediction": "v"}
"""How the metadata of single files names what a network predicts."""

UNREAD = ("bos_token_id", "eos_token_id", "pad_token_id", "projection_dim", "attention_dropout")
"""What a config says of a text encoder that plays no part in the states that a network listens to."""


@dataclass(frozen=True, slots=True)
class Whole:
    """What one file holds: the three networks as loaded, the noise they were trained on, and where they came from."""

    unet: nn.Module
    vae: nn.Module
    text_encoder: nn.Module
    sampling: ModelSampling
    scale: float
    origin: Path
    """The checkpoint whose tokenizer is taken along, unless it is CLIP's own, which GraphFlow finds anyway."""


def write_checkpoint(
    whole: Whole, weights: Mapping[str, Tensor] | None = None, notes: Mapping[str, str] | None = None
) -> bytes:
    """Return a safetensors file in half precision; `weights` stand in for the network's own, `notes` go into its header.

    Raise ModelFileError when the file could not be read back as the same model.
    """
    tensors = {name: _half(tensor) for name, tensor in _state(whole, weights).items()}
    metadata = {**(notes or {}), **_metadata(whole)}
    _check(whole, tensors, metadata)
    return _in_order(save(tensors, metadata))


def check_writable(whole: Whole) -> None:
    """Raise ModelFileError when a single file could not be read back as the same model."""
    _check(whole, _state(whole, None), _metadata(whole))


def _state(whole: Whole, weights: Mapping[str, Tensor] | None) -> dict[str, Tensor]:
    return {
        **original_unet(whole.unet.state_dict() if weights is None else weights),
        **original_vae(whole.vae.state_dict()),
        **original_text_encoder(whole.text_encoder.state_dict()),
    }


def _half(tensor: Tensor) -> Tensor:
    kept = tensor.detach().cpu()
    if kept.is_floating_point():
        kept = kept.to(torch.float16)
    return kept.contiguous().clone()  # views that share memory are refused


def _in_order(data: bytes) -> bytes:
    """Sort the metadata, which safetensors writes in an order of chance: the same model shall give the same bytes."""
    end = 8 + int.from_bytes(data[:8], "little")
    entries = json.loads(data[8:end])
    entries["__metadata__"] = dict(sorted(entries["__metadata__"].items()))
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return b"".join((len(text).to_bytes(8, "little"), text, memoryview(data)[end:]))


def _metadata(whole: Whole) -> dict[str, str]:
    stated = {
        part: {name: config[name] for name in sorted(STATABLE[part]) if config.get(name) is not None}
        for part, config in _configs(whole).items()
    }
    metadata = {STATED: json.dumps(stated), "modelspec.predict_key": PREDICTIONS[whole.sampling.prediction]}
    if vocabulary_of(whole.text_encoder) != CLIP_SIZE:
        metadata[CARRIED] = json.dumps(carried_files(whole.origin))
    return metadata


def _check(whole: Whole, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Refuse to write what would come back as another model: shapes tell much of a config, but not everything."""
    usual = ModelSampling.from_betas(prediction=whole.sampling.prediction)
    if not math.isclose(whole.sampling.sigma_max, usual.sigma_max, rel_tol=1e-3) or len(whole.sampling.sigmas) != len(
        usual.sigmas
    ):
        raise ModelFileError(
            "a single file always stands for Stable Diffusion's noise levels, and this model has others"
        )
    header = Header({name: tuple(tensor.shape) for name, tensor in tensors.items()}, {}, metadata)
    read = configs_of(header, "sd15")
    for part, have in _configs(whole).items():
        for name, want in _differences(read[part], have):
            raise ModelFileError(
                f"a single file cannot say that the {part} has {name} {want}: keep the model as a folder instead"
            )


def _differences(read: Mapping[str, Any], have: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in sorted(read.keys() & have.keys()):
        one, other = (list(each) if isinstance(each, tuple) else each for each in (read[name], have[name]))
        if one != other and name not in UNREAD:
            yield name, other


def _configs(whole: Whole) -> dict[str, dict[str, Any]]:
    return {
        "unet": _config(whole.unet),
        "vae": _config(whole.vae) | {"scaling_factor": whole.scale},
        "text_encoder": _config(whole.text_encoder),
    }


def _config(module: nn.Module) -> dict[str, Any]:
    config: Any = module.config
    return dict(config.to_dict() if hasattr(config, "to_dict") else config)
