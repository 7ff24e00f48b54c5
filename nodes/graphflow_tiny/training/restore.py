"""Lay checkpoints into a work folder from finished weights, so that training can go on where only these are left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from graphflow_tiny.training.loop import save_atomic
from graphflow_tiny.training.tokens import read_merges

TRAINING = "training.json"
"""In the weights folder: how far the UNet and the autoencoder had been trained."""
SCALE = 3.5
"""The logarithm of the likeness's temperature, which finished weights do not hold: between its start and its bound."""
EMBEDDING = "embeddings.token_embedding.weight"
SETTLED = 1_000
"""Steps that the averages of restored weights count as having seen: enough to be taken for old."""


def restore(weights: Path, towers: Path, folder: Path) -> None:
    """Write what the later stages go on from; keep checkpoints that are there.

    Optimizers start anew. Where the training set has words that the weights' tokenizer lacks, the text encoder gets
    room for them, and the stage `contrastive` has to teach them. Raises ValueError when the byte pairs in `folder` do
    not begin with the weights'.
    """
    old, new = (read_merges(place / "tokenizer") for place in (weights, folder))
    if new[: len(old)] != old:
        raise ValueError(
            f"the byte pairs in {folder / 'tokenizer'} are not the weights': run the stage `data` anew, with --more-words"
        )
    facts = json.loads((weights / TRAINING).read_text(encoding="utf-8"))
    text = _part(weights / "text_encoder" / "model.safetensors")
    text[EMBEDDING] = with_room(text[EMBEDDING], len(new) - len(old))
    matcher = {f"text.{name}": value for name, value in text.items()} | _part(towers / "model.safetensors")
    matcher["scale"] = torch.tensor(SCALE)
    vae, unet = (_part(weights / part / "diffusion_pytorch_model.safetensors") for part in ("vae", "unet"))
    _checkpoint(
        folder / "contrastive.pt", matcher, 0, known=len(text[EMBEDDING]) - 2 - (len(new) - len(old)), anchor=text
    )
    _checkpoint(folder / "wordings.pt", text, facts["wordings_step"])
    _checkpoint(folder / "autoencoder.pt", vae, facts["autoencoder_step"])
    _checkpoint(folder / "unet.pt", unet, facts["unet_step"])


def with_room(embedding: Tensor, more: int) -> Tensor:
    """Insert rows for new tokens before the last two, which stand for begin and end; (tokens, width).

    New words start as the mean of all old ones.
    """
    fresh = embedding[:-2].mean(dim=0, keepdim=True).expand(more, -1)
    return torch.cat([embedding[:-2], fresh, embedding[-2:]])


def note_steps(weights: Path, **steps: int) -> None:
    """Write down how far the parts in this folder were trained."""
    (weights / TRAINING).write_text(json.dumps(steps) + "\n", encoding="utf-8")


def _part(path: Path) -> dict[str, Tensor]:
    from safetensors.torch import load_file

    return {name: value.float() for name, value in load_file(path).items()}


def _checkpoint(path: Path, weights: dict[str, Tensor], step: int, **more: Any) -> None:
    if path.exists():
        print(f"{path} is there and stays")
        return
    save_atomic({"step": step, "model": weights, "ema": {"steps": SETTLED, "weights": weights}, **more}, path)
    print(f"{path}: step {step}")
