"""From controls that travel with prompts to nets and hints for a latent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from graphflow.api import NodeError
from graphflow_nodes.channels import with_channels
from graphflow_nodes.conditioning.prompts import prompts_of
from graphflow_nodes.models.recipes import ControlRecipe
from graphflow_nodes.resize import crop_to_aspect, resize
from graphflow_nodes.values import Conditioning, Control, Entry

if TYPE_CHECKING:
    from torch import Tensor

    from graphflow_nodes.diffusion.controls import Control as Ready
    from graphflow_nodes.diffusion.guidance import Prompt
    from graphflow_nodes.models.controlnet import ControlNet
    from graphflow_nodes.models.parts import Unet
    from graphflow_nodes.models.pool import ModelPool


def also_controlled(side: Conditioning, other: Conditioning) -> Conditioning:
    """Give prompts without controls those of the other side that are for both."""
    shared = next((found for entry in other.entries if (found := tuple(c for c in entry.controls if c.for_both))), ())
    return Conditioning(
        tuple(entry if entry.controls else replace(entry, controls=shared) for entry in side.entries)
        if shared
        else side.entries
    )


def controlled_prompts(pool: ModelPool, unet: Unet, side: Conditioning, latent: Tensor) -> list[Prompt]:
    """Turn entries into prompts with their controls, for a latent on the network's device."""
    return prompts_of(side, latent, unet.space.factor, controls=Controls(pool, unet, latent).of)


class Controls:
    """The nets of prompts, loaded and held against the network, and their hints at the size of one latent.

    `latent` is (batch, channels, height, width).
    """

    def __init__(self, pool: ModelPool, unet: Unet, latent: Tensor) -> None:
        self._pool = pool
        self._unet = unet
        self._latent = latent
        self._nets: dict[ControlRecipe, ControlNet] = {}
        self._hints: dict[int, tuple[Tensor, Tensor]] = {}  # with what each was made from, so that ids stay its own

    def of(self, entry: Entry, input: str | None = None) -> tuple[Ready, ...]:
        """Return the controls of an entry; raise NodeError, at `input`, for a net that was made for another model."""
        from graphflow_nodes.diffusion.controls import Control as Ready

        return tuple(
            Ready(self._net(control, input), self._hint(control.hint), control.strength, control.start, control.end)
            for control in entry.controls
            if control.strength
        )

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep the nets in memory for the time of a block."""
        with ExitStack() as stack:
            for net in self._nets.values():
                stack.enter_context(net.kept())
            yield

    def _net(self, control: Control, input: str | None) -> ControlNet:
        recipe = control.net
        if recipe not in self._nets:
            net = self._pool.control(recipe)
            if misfit := net.misfit(self._unet):
                raise NodeError(
                    f"the ControlNet {recipe.checkpoint.name} was made for another model: {misfit}",
                    code="models-differ",
                    input=input,
                    hint="choose a ControlNet that was trained for this model",
                )
            self._nets[recipe] = net
        return self._nets[recipe]

    def _hint(self, pictures: Tensor) -> Tensor:
        """Bring (batch, height, width, channels) to (1 or batch, 3, height, width) in the latent's pixels."""
        if id(pictures) not in self._hints:
            height, width = (side * self._unet.space.factor for side in self._latent.shape[-2:])
            cut = crop_to_aspect(with_channels(pictures, 3), width, height)
            hint = resize(cut, width, height, "nearest-exact").movedim(-1, 1)
            self._hints[id(pictures)] = (pictures, hint.to(self._latent.device))
        return self._hints[id(pictures)][1]
