"""What a picture shall be like, as a number that can be differentiated: the wishes that guide a sampler."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from graphflow.api import Socket
from graphflow_nodes.models.recipes import ModelRecipe
from graphflow_nodes.previews import fit_colours

if TYPE_CHECKING:
    from torch import Tensor, nn

    from graphflow_nodes.diffusion.guidance import Steer
    from graphflow_nodes.diffusion.steering import Score as LogP
    from graphflow_nodes.models.parts import Space

Setting = str | int | float | bool

PICTURES: Final = ("latent", "decoded")
"""What a score looks at: the latent's colours by one linear map, which costs nothing, or the decoded picture."""

OVERRIDE: Final = "score"
"""The name under which a model's recipe holds a score and its scale, as JSON."""

LUMINANCE: Final = (0.2126, 0.7152, 0.0722)
"""How much red, green and blue count in brightness: ITU-R BT.709."""


class Decodes(Protocol):
    """What a score needs of an autoencoder."""

    space: Space
    module: nn.Module

    def encode(self, pictures: Tensor, /) -> Tensor:
        """Turn pictures (batch, height, width, 3) into latents (batch, channels, height, width)."""


@dataclass(frozen=True, slots=True)
class Score(Socket, name="SCORE"):
    """A wish for a picture, as a recipe: its kind and what it is told, in plain values."""

    kind: str
    settings: tuple[tuple[str, Setting], ...] = ()

    @classmethod
    def of(cls, kind: str, **settings: Setting) -> Self:
        """Describe a score of a kind in `KINDS`."""
        return cls(kind, tuple(sorted(settings.items())))

    def to_json(self) -> dict[str, Any]:
        """Return plain data that JSON can hold."""
        return {"kind": self.kind, "settings": dict(self.settings)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Rebuild from `to_json`."""
        return cls.of(data["kind"], **data["settings"])

    def store(self) -> bytes:
        """Return the recipe as JSON."""
        return json.dumps(self.to_json()).encode()

    @classmethod
    def restore(cls, data: bytes) -> Self:
        """Rebuild a score from `store`."""
        try:
            return cls.from_json(json.loads(data))
        except (KeyError, TypeError) as error:
            raise ValueError(f"no stored score: {error}") from error

    def build(self, autoencoder: Decodes) -> LogP:
        """Return the function (x0, sigma) -> log p of each item that this recipe describes."""
        return KINDS[self.kind](autoencoder, **dict(self.settings))


def guided_by(recipe: ModelRecipe, score: Score, scale: float) -> ModelRecipe:
    """Return the recipe of a network whose samples a score moves as well."""
    wish = json.dumps({"score": score.to_json(), "scale": scale}, sort_keys=True)
    return replace(recipe, sampling=(*recipe.sampling, (OVERRIDE, wish)))


def steer_of(recipe: ModelRecipe, load: Callable[[], Decodes]) -> Steer | None:
    """Return what the scores in a recipe do to each estimate, in the order in which they were given; None without any.

    `load` gives the model's own autoencoder, and is called only when a score needs to see colours.
    """
    from graphflow_nodes.diffusion.steering import all_of, steer_by

    wishes = [json.loads(str(value)) for name, value in recipe.sampling if name == OVERRIDE]
    return all_of([steer_by(Score.from_json(wish["score"]).build(load()), wish["scale"]) for wish in wishes])


def colour_score(
    autoencoder: Decodes,
    *,
    picture: str,
    red: float,
    green: float,
    blue: float,
    tolerance: float,
    width: float,
    height: float,
    x: float,
    y: float,
) -> LogP:
    """Wish for a mean colour of a region, given in shares of the picture.

    log p = -n / 2 |mean - colour|^2 / tolerance^2: the mean of n cells that scatter by `tolerance` around the colour.
    """
    import torch

    look = pictures_of(autoencoder, picture)
    wanted = torch.tensor([red, green, blue])

    def log_p(x0: Tensor, _sigma: float) -> Tensor:
        region, cells = _region(look(x0), x0, (x, y, width, height))
        means = region.mean(dim=(2, 3))
        return -cells / 2 * ((means - wanted.to(means)) / tolerance).square().sum(dim=1)

    return log_p


def brightness_score(
    autoencoder: Decodes,
    *,
    picture: str,
    brightness: float,
    tolerance: float,
    width: float,
    height: float,
    x: float,
    y: float,
) -> LogP:
    """Wish for a mean brightness of a region: as `colour_score`, of the luminance of BT.709."""
    import torch

    look = pictures_of(autoencoder, picture)
    weights = torch.tensor(LUMINANCE).view(1, 3, 1, 1)

    def log_p(x0: Tensor, _sigma: float) -> Tensor:
        region, cells = _region(look(x0), x0, (x, y, width, height))
        means = (region * weights.to(region)).sum(dim=1).mean(dim=(1, 2))
        return -cells / 2 * ((means - brightness) / tolerance).square()

    return log_p


KINDS: Final[Mapping[str, Callable[..., LogP]]] = {"colour": colour_score, "brightness": brightness_score}


def pictures_of(autoencoder: Decodes, picture: str) -> Callable[[Tensor], Tensor]:
    """Return the differentiable way from estimates, (batch, channels, h, w), to colours, (batch, 3, height, width).

    `latent` gives a picture of one pixel per cell, `decoded` the whole picture; colours may leave 0..1 a little.
    """
    import torch

    scale = autoencoder.space.scale
    if picture == "latent":
        with torch.inference_mode(mode=False):
            colours = fit_colours(autoencoder.encode)

        def sketch(x0: Tensor) -> Tensor:
            here = colours.to(x0)
            return torch.einsum("bchw,ck->bkhw", x0 / scale, here[:-1]) + here[-1].view(1, 3, 1, 1)

        return sketch

    def decode(x0: Tensor) -> Tensor:
        decoded: Tensor = autoencoder.module.decode(x0 / scale, return_dict=False)[0]  # type: ignore[operator]  # diffusers' AutoencoderKL
        return decoded / 2 + 0.5

    return decode


def _region(pictures: Tensor, x0: Tensor, shares: tuple[float, float, float, float]) -> tuple[Tensor, float]:
    """Cut out a region, at least one pixel, and count the latent's cells in it."""
    x, y, width, height = shares
    rows, columns = pictures.shape[2:]
    top, left = min(round(y * rows), rows - 1), min(round(x * columns), columns - 1)
    part = pictures[
        :, :, top : max(round((y + height) * rows), top + 1), left : max(round((x + width) * columns), left + 1)
    ]
    share = part.shape[2] * part.shape[3] / (rows * columns)
    return part, share * x0.shape[2] * x0.shape[3]
