"""Lay checkpoints into a work folder from finished weights, so that training can go on where only these are left."""

from __future__ import annotations

import json
from pathlib import Path

from torch import Tensor

from graphflow_tiny.training.loop import save_atomic

TRAINING = "training.json"
"""In the weights folder: how far the UNet had been trained."""
SETTLED = 1_000
"""Steps that the averages of restored weights count as having seen: enough to be taken for old."""


def restore(weights: Path, folder: Path) -> None:
    """Write what the stages `states`, `latents`, `unet`, `decoder` and `export` read; keep checkpoints that are there.

    Optimizers start anew. Raises ValueError when the training set in `folder` was made with another tokenizer.
    """
    if _merges(weights) != _merges(folder):
        raise ValueError(f"the byte pairs in {folder / 'tokenizer'} are not the weights': run the stage `data` anew")
    facts = json.loads((weights / TRAINING).read_text(encoding="utf-8"))
    text = {f"text.{name}": value for name, value in _part(weights / "text_encoder" / "model.safetensors").items()}
    vae, unet = (_part(weights / part / "diffusion_pytorch_model.safetensors") for part in ("vae", "unet"))
    _checkpoint(folder / "contrastive.pt", text, 0)
    _checkpoint(folder / "autoencoder.pt", vae, 0)
    _checkpoint(folder / "unet.pt", unet, facts["unet_step"])


def _merges(folder: Path) -> str:
    return (folder / "tokenizer" / "merges.txt").read_text(encoding="utf-8")


def note_step(weights: Path, step: int, name: str = "unet_step") -> None:
    """Write down how far the UNet, or a companion, was trained."""
    (weights / TRAINING).write_text(json.dumps({name: step}) + "\n", encoding="utf-8")


def _part(path: Path) -> dict[str, Tensor]:
    from safetensors.torch import load_file

    return {name: value.float() for name, value in load_file(path).items()}


def _checkpoint(path: Path, weights: dict[str, Tensor], step: int) -> None:
    if path.exists():
        print(f"{path} is there and stays")
        return
    save_atomic({"step": step, "model": weights, "ema": {"steps": SETTLED, "weights": weights}}, path)
    print(f"{path}: step {step}")
