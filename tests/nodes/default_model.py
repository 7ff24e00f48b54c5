"""The default model for tests that look inside it, loaded as a node would."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import torch
from numpy.typing import NDArray

from graphflow.api import File
from graphflow_nodes.loaders import Parts, load_checkpoint
from graphflow_nodes.values import Image
from graphflow_tiny import MODEL_ROOTS


def default_parts() -> Parts:
    """Model, text encoder and autoencoder of the default model."""
    path = MODEL_ROOTS["checkpoints"] / "graphflow-tiny"
    digest = sha256((path / "unet" / "diffusion_pytorch_model.safetensors").read_bytes()).hexdigest()
    return load_checkpoint(File("graphflow-tiny", path, digest))


def as_image(pixels: NDArray[np.uint8]) -> Image:
    """One picture of bytes as a node takes it."""
    return Image(torch.from_numpy(pixels / np.float32(255))[None])
