"""The embedded default: a small, really trained Stable Diffusion with its world of pictures and its training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

NODES: tuple[()] = ()
"""This pack brings no nodes, only weights."""

MODEL_ROOTS: Mapping[str, Path] = {
    "checkpoints": Path(__file__).parent / "weights",
    "controlnet": Path(__file__).parent / "controls",
    "clip_vision": Path(__file__).parent / "encoders",
    "loras": Path(__file__).parent / "loras",
    "upscale_models": Path(__file__).parent / "upscalers",
    "vae": Path(__file__).parent / "previews",
    "vae_approx": Path(__file__).parent / "previews",
    "input": Path(__file__).parent / "examples",
}
"""Folders that the engine searches, by kind: the model `graphflow-tiny` with its companions, and pictures for workflows to start from."""
