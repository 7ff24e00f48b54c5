"""The core pack: what image generation by diffusion needs, as nodes."""

from __future__ import annotations

from graphflow.api import AnyNode
from graphflow_nodes import (
    conditioning,
    evaluation,
    image,
    latent,
    lists,
    loaders,
    logic,
    look,
    loras,
    mask,
    primitives,
    sampling,
    training,
    wildcards,
)

NODES: tuple[AnyNode, ...] = (
    *loaders.NODES,
    *loras.NODES,
    *conditioning.NODES,
    *latent.NODES,
    *sampling.NODES,
    *image.NODES,
    *mask.NODES,
    *look.NODES,
    *evaluation.NODES,
    *training.NODES,
    *primitives.NODES,
    *lists.NODES,
    *logic.NODES,
    *wildcards.NODES,
)

VERSIONS = ("torch", "diffusers", "transformers", "safetensors")
"""The distributions whose versions a run notes down, because they decide what comes out."""

PRELOAD = (
    "torch",
    "graphflow_nodes.models.libraries",
    "graphflow_nodes.models.load",
    "graphflow_nodes.models.pool",
    "graphflow_nodes.models.text_encoder",
    "graphflow_nodes.diffusion.driver",
    "graphflow_nodes.diffusion.noise",
    "graphflow_nodes.diffusion.samplers",
    "PIL.PngImagePlugin",
)
"""What nodes import when they run: a worker that has nothing to do imports it ahead of its first job."""
