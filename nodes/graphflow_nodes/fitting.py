"""The numbers of a latent, for the model that shall work on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphflow.api import NodeError
from graphflow_nodes.values import Blank, Latent

if TYPE_CHECKING:
    from torch import Tensor

    from graphflow_nodes.models.parts import Space


def fitting(latent: Latent, space: Space, input: str) -> Tensor:
    """Return the samples that a model of this space works on, (batch, channels, height, width)."""
    samples = latent.tensor(space.channels, space.factor)
    if samples.shape[1] != space.channels:
        raise NodeError(
            f"the model works on {space.channels} latent channels, this latent has {samples.shape[1]}",
            input=input,
            hint="encode the picture with the VAE of the same checkpoint",
        )
    return samples


def made(latent: Latent, input: str) -> Tensor:
    """Return the samples of a latent that is not empty, for nodes that know no model."""
    if isinstance(latent.samples, Blank):
        raise NodeError(
            "an empty latent has no channels yet",
            input=input,
            hint="link a latent that VAEEncode or a sampler made",
        )
    return latent.samples
