"""What belongs together: a latent and prompts with the model that shall look at them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from graphflow.api import Check, Checked, Facts, NodeError
from graphflow_nodes.facts import SPACE, TEXT, mismatches
from graphflow_nodes.values import Blank, Latent

if TYPE_CHECKING:
    from torch import Tensor

    from graphflow_nodes.models.parts import Space


def of_one_model(latent: str, *prompts: str, out: tuple[str, ...] = ()) -> Check:
    """Return a check that refuses a latent or prompts of another model than `model`; the ports `out` are in its space."""

    def check(_values: Mapping[str, Any], facts: Mapping[str, Facts]) -> Checked:
        model = facts.get("model", {})
        hint = "encode the picture with the VAE of the same checkpoint"
        problems = list(mismatches(facts.get(latent, {}), model, SPACE, input=latent, hint=hint))
        for side in prompts:
            hint = "encode the prompt with the CLIP of the same checkpoint"
            problems.extend(mismatches(facts.get(side, {}), model, TEXT, input=side, hint=hint))
        return Checked(tuple(problems), dict.fromkeys(out, model))

    return check


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
