"""Inpainting by networks that see the picture around the hole, and by all others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from graphflow.api import SILENT, Checked, Context, Facts, NodeError, node
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
    from graphflow_nodes.models.pool import ModelPool

    autoencoder = ctx.use(ModelPool).vae(vae.recipe)
    picture, hole = _cut(pixels.tensor, mask.tensor, autoencoder.space.factor)
    concat = Concat(autoencoder.encode(grey_inside(picture, hole)), hole)
    shown, away = (
        Conditioning(tuple(replace(each, concat=concat) for each in s.entries)) for s in (positive, negative)
    )
    latent = Latent(autoencoder.encode(picture), hole if noise_mask else None, factor=autoencoder.space.factor)
    return Inpainting(shown, away, latent)


def grey_inside(picture: Tensor, mask: Tensor) -> Tensor:
    """Return pictures (batch, height, width, 3) with mid grey where the mask (batch, height, width) is 1/2 or more."""
    keep = 1 - mask.round()[..., None]
    return (picture - 0.5) * keep + 0.5


def _cut(pixels: Tensor, mask: Tensor, factor: int) -> tuple[Tensor, Tensor]:
    """Cut both to whole latent cells, as the autoencoder does, with the mask brought to the pictures' size and count."""
    from graphflow_nodes.diffusion.masks import fit_mask

    height, width = (side // factor * factor for side in pixels.shape[1:3])
    if not (height and width):
        raise NodeError(f"the picture is smaller than one cell of the latent, {factor} x {factor}", input="pixels")
    fitted = fit_mask(mask, pixels[..., :1].movedim(-1, 1))[:, 0]
    top, left = (pixels.shape[1] - height) // 2, (pixels.shape[2] - width) // 2
    inside = (slice(None), slice(top, top + height), slice(left, left + width))
    return pixels[inside][..., :3], fitted[inside]


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

        picture = picture.to(self._latent)
        if picture.shape[-2:] != self._latent.shape[-2:]:
            picture = interpolate(picture, size=self._latent.shape[-2:], mode="bilinear", align_corners=False)
        batch = len(self._latent)
        return picture.repeat(-(-batch // len(picture)), 1, 1, 1)[:batch]
