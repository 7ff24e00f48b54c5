"""Inpainting by networks that see the picture around the hole, and by all others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from graphflow.api import SILENT, Checked, Context, Facts, node
from graphflow_nodes.channels import with_channels
from graphflow_nodes.facts import SPACE
from graphflow_nodes.values import Concat, Conditioning, Entry, Image, Latent, Mask, Vae

if TYPE_CHECKING:
    from torch import Tensor

    from graphflow_nodes.models.parts import Space


class Encodes(Protocol):
    """What is needed of an autoencoder."""

    space: Space

    def encode(self, pictures: Tensor, /) -> Tensor:
        """Turn pictures (batch, height, width, 3) into latents (batch, channels, height, width)."""


class Inpainting(NamedTuple):
    """Prompts that know the picture around the hole, and the latent to start from."""

    positive: Conditioning
    negative: Conditioning
    latent: Latent


def _check(_values: Mapping[str, Any], facts: Mapping[str, Facts]) -> Checked:
    """Pass on what is known of the prompts; the latent is in the autoencoder's space."""
    known: dict[str, Facts] = {side: facts.get(side, {}) for side in ("positive", "negative")}
    vae = facts.get("vae", {})
    known["latent"] = {name: vae[name] for name in (*SPACE, "family") if name in vae}
    return Checked(facts=known)


@node("InpaintModelConditioning", category="conditioning/inpaint", check=_check)
def inpaint_model_conditioning(
    positive: Conditioning,
    negative: Conditioning,
    vae: Vae,
    pixels: Image,
    mask: Mask,
    *,
    noise_mask: bool = True,
    ctx: Context = SILENT,
) -> Inpainting:
    """Show an inpainting model the picture with a hole where the mask is 1, and start from the picture.

    The hole is filled with grey. Models that take no picture beside the noise see none: for them this is VAEEncode
    and, with `noise_mask`, SetLatentNoiseMask. Without it an inpainting model may also change what lies outside.
    """
    from graphflow_nodes.diffusion.masks import fit_mask, grey_inside
    from graphflow_nodes.models.cells import whole_cells
    from graphflow_nodes.models.pool import ModelPool

    autoencoder = ctx.use(ModelPool).vae(vae.recipe)
    factor = autoencoder.space.factor
    fitted = fit_mask(mask.tensor, pixels.tensor.movedim(-1, 1)).movedim(1, -1)  # (batch, height, width, 1)
    picture, hole = whole_cells(with_channels(pixels.tensor, 3), factor), whole_cells(fitted, factor)[..., 0]
    concat = Concat(autoencoder.encode(grey_inside(picture, hole)), hole)
    shown, away = (
        Conditioning(tuple(replace(each, concat=concat) for each in s.entries)) for s in (positive, negative)
    )
    latent = Latent(autoencoder.encode(picture), hole if noise_mask else None, factor=factor)
    return Inpainting(shown, away, latent)


class Holes:
    """What an inpainting network sees beside the noise, for each prompt: the mask, and the picture around the hole.

    `latent` is where sampling starts, (batch, channels, height, width) as the autoencoder gives it. A prompt that
    brings no picture shows the latent's own behind its noise mask; without a mask everything is the hole, and grey.
    """

    def __init__(self, latent: Tensor, noise_mask: Tensor | None, scale: float, load: Callable[[], Encodes]) -> None:
        self._latent = latent
        self._noise_mask = noise_mask
        self._scale = scale
        self._load = load
        self._made: dict[int, tuple[Concat | None, Tensor]] = {}  # with what it was made from, so that ids stay its own

    def added(self, entry: Entry) -> dict[str, Tensor]:
        """Return {"concat": (batch, 1 + channels, height, width)}: rounded mask, then latent in the network's scale."""
        key = id(entry.concat)
        if key not in self._made:
            self._made[key] = (entry.concat, self._concat(entry.concat))
        return {"concat": self._made[key][1]}

    def _concat(self, given: Concat | None) -> Tensor:
        import torch

        from graphflow_nodes.diffusion.masks import fit_mask

        if given is not None:
            picture, mask = given.latent, given.mask
        elif self._noise_mask is not None:
            picture, mask = self._latent, self._noise_mask
        else:
            picture, mask = self._grey(), torch.ones(1, 1, 1)
        return torch.cat([fit_mask(mask, self._latent).round(), self._fit(picture) * self._scale], dim=1)

    def _grey(self) -> Tensor:
        import torch

        autoencoder = self._load()
        height, width = (side * autoencoder.space.factor for side in self._latent.shape[-2:])
        return autoencoder.encode(torch.full((1, height, width, 3), 0.5))

    def _fit(self, picture: Tensor) -> Tensor:
        """Bring a latent to the size and batch of the one to sample."""
        from torch.nn.functional import interpolate

        from graphflow_nodes.diffusion.batches import repeat_to

        picture = picture.to(self._latent)
        if picture.shape[-2:] != self._latent.shape[-2:]:
            picture = interpolate(picture, size=self._latent.shape[-2:], mode="bilinear", align_corners=False)
        return repeat_to(picture, len(self._latent))
