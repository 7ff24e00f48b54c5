"""Two latents for one node: in one space, or refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphflow.api import NodeError
from graphflow_nodes.values import USUAL_FACTOR, Blank, Latent

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """The samples of two latents, (batch, channels, height, width), of the same channels and pixels per cell."""

    first: Tensor
    second: Tensor
    factor: int | None
    cell: int


def together(first: Latent, second: Latent, *, input: str) -> Pair:
    """Return the samples of two latents; an empty one, if only one is, becomes zeros in the space of the other.

    `input` names the second in the NodeError that is raised when they come from different spaces.
    """
    known = {each.factor for each in (first, second) if each.factor is not None}
    if len(known) > 1:
        raise _differ(f"{second.factor} pixels per cell, the other {first.factor}", input)
    factor = known.pop() if known else None
    cell = factor or USUAL_FACTOR
    channels = [each.samples.shape[1] for each in (first, second) if not isinstance(each.samples, Blank)]
    if len(set(channels)) > 1:
        raise _differ(f"{channels[1]} channels, the other {channels[0]}", input)
    return Pair(first.tensor(channels[0], cell), second.tensor(channels[0], cell), factor, cell)


def _differ(what: str, input: str) -> NodeError:
    return NodeError(
        f"the two latents come from different models: this one has {what}",
        code="models-differ",
        input=input,
        hint="decode one to a picture and encode it with the VAE of the other",
    )
