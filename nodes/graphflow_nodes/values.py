"""What travels along the links of image workflows.

Tensors stay on the CPU and are never changed: results are cached and shared. Weights do not travel at all; a model,
a text encoder or an autoencoder is a recipe.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, Literal, Self, TypeVar

from graphflow.api import Socket
from graphflow_nodes.models.recipes import ClipRecipe, ControlRecipe, ModelRecipe, Recipe, UpscalerRecipe, VaeRecipe
from graphflow_nodes.tensors import pack, size, unpack

if TYPE_CHECKING:
    from torch import Tensor


R = TypeVar("R", bound=Recipe)

USUAL_FACTOR = 8
"""Pixels per latent cell where nobody says: that of Stable Diffusion, which ComfyUI's nodes always divide by."""


@dataclass(frozen=True, slots=True)
class Weights(Socket, Generic[R]):
    """A part of a checkpoint, as the recipe by which a worker loads it; subclasses name the recipe's class."""

    recipe: R
    recipe_class: ClassVar[type[Any]]

    def store(self) -> bytes:
        """Return the recipe as JSON."""
        return json.dumps(self.recipe.to_json()).encode()

    @classmethod
    def restore(cls, data: bytes) -> Self:
        """Rebuild a part from `store`."""
        try:
            return cls(cls.recipe_class.from_json(json.loads(data)))
        except (KeyError, TypeError) as error:
            raise ValueError(f"no stored {cls.recipe_class.__name__}: {error}") from error


@dataclass(frozen=True, slots=True)
class Model(Weights[ModelRecipe], name="MODEL"):
    """The network that removes noise."""

    recipe_class = ModelRecipe


@dataclass(frozen=True, slots=True)
class Clip(Weights[ClipRecipe], name="CLIP"):
    """A text encoder with its tokenizer."""

    recipe_class = ClipRecipe


@dataclass(frozen=True, slots=True)
class Vae(Weights[VaeRecipe], name="VAE"):
    """The autoencoder between pictures and latents."""

    recipe_class = VaeRecipe


@dataclass(frozen=True, slots=True)
class UpscaleModel(Weights[UpscalerRecipe], name="UPSCALE_MODEL"):
    """A network that makes pictures larger."""

    recipe_class = UpscalerRecipe


@dataclass(frozen=True, slots=True)
class ControlNet(Weights[ControlRecipe], name="CONTROL_NET"):
    """A network that reads a picture and tells another what to draw where."""

    recipe_class = ControlRecipe


@dataclass(frozen=True, slots=True, eq=False)
class Image(Socket, name="IMAGE"):
    """Pictures: (batch, height, width, channels) float32 in 0..1, 3 channels or 4 with alpha."""

    tensor: Tensor

    @property
    def nbytes(self) -> int:
        """Return the bytes of the pixels."""
        return size(self.tensor)

    def store(self) -> bytes:
        """Return the pixels as a safetensors file."""
        return pack(self.socket_name, {"tensor": self.tensor})

    @classmethod
    def restore(cls, data: bytes) -> Self:
        """Rebuild pictures from `store`."""
        return cls(unpack(cls.socket_name, data)[0]["tensor"])


@dataclass(frozen=True, slots=True, eq=False)
class Mask(Socket, name="MASK"):
    """Masks: (batch, height, width) float32 in 0..1."""

    tensor: Tensor

    @property
    def nbytes(self) -> int:
        """Return the bytes of the mask."""
        return size(self.tensor)

    def store(self) -> bytes:
        """Return the mask as a safetensors file."""
        return pack(self.socket_name, {"tensor": self.tensor})

    @classmethod
    def restore(cls, data: bytes) -> Self:
        """Rebuild masks from `store`."""
        return cls(unpack(cls.socket_name, data)[0]["tensor"])


@dataclass(frozen=True, slots=True)
class Blank:
    """An empty latent before a model gives it channels and a scale: pictures of so many pixels."""

    width: int
    height: int
    batch: int = 1

    def zeros(self, channels: int, factor: int) -> Tensor:
        """Return zeros, (batch, channels, height // factor, width // factor)."""
        import torch

        return torch.zeros(self.batch, channels, self.height // factor, self.width // factor)


@dataclass(frozen=True, slots=True, eq=False)
class Latent(Socket, name="LATENT"):
    """Pictures in an autoencoder's space: (batch, channels, height, width) float32, or `Blank`.

    `noise_mask`, (batch or 1, height, width) of any size, is 1 where a sampler shall paint and 0 where it shall
    keep. `batch_index` gives each item the noise of its number in an earlier, larger batch, `seeds` that of its own
    seed. `factor` is the pixels per cell of the autoencoder that the samples belong to, where it is known.
    """

    samples: Tensor | Blank
    noise_mask: Tensor | None = None
    batch_index: tuple[int, ...] | None = None
    factor: int | None = None
    seeds: tuple[int, ...] | None = None

    @property
    def cell(self) -> int:
        """Return the pixels per cell, by which nodes that count pixels divide; the usual ones if nobody knows."""
        return self.factor or USUAL_FACTOR

    def tensor(self, channels: int, factor: int) -> Tensor:
        """Return the samples; an empty latent becomes zeros of this many channels and pixels per cell."""
        return self.samples.zeros(channels, factor) if isinstance(self.samples, Blank) else self.samples

    @property
    def batch(self) -> int:
        """Return how many pictures there are."""
        return self.samples.batch if isinstance(self.samples, Blank) else len(self.samples)

    @property
    def nbytes(self) -> int:
        """Return the bytes of samples and mask."""
        return size(None if isinstance(self.samples, Blank) else self.samples, self.noise_mask)

    def store(self) -> bytes:
        """Return the latent as a safetensors file."""
        blank = self.samples if isinstance(self.samples, Blank) else None
        facts = {
            "blank": [blank.width, blank.height, blank.batch] if blank else None,
            "batch_index": self.batch_index,
            "factor": self.factor,
            "seeds": self.seeds,
        }
        samples = None if isinstance(self.samples, Blank) else self.samples
        return pack(self.socket_name, {"samples": samples, "noise_mask": self.noise_mask}, facts)

    @classmethod
    def restore(cls, data: bytes) -> Self:
        """Rebuild a latent from `store`."""
        tensors, facts = unpack(cls.socket_name, data)
        samples = Blank(*facts["blank"]) if facts["blank"] else tensors["samples"]
        index = None if facts["batch_index"] is None else tuple(facts["batch_index"])
        # Entries from before latents knew their factor and seeds have none.
        seeds = facts.get("seeds")
        return cls(
            samples, tensors.get("noise_mask"), index, facts.get("factor"), None if seeds is None else tuple(seeds)
        )


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle in pixels of the picture, measured from its top left corner."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Portion:
    """A rectangle in shares of the picture's sides, 0 to 1, measured from its top left corner."""

    x: float
    y: float
    width: float
    height: float


MASK_BOUNDS: Final = "mask bounds"
"""Stands for the smallest rectangle around a prompt's mask, which is known only with the latent."""


@dataclass(frozen=True, slots=True, eq=False)
class Concat:
    """What an inpainting network sees beside the noise.

    `latent`, (batch, channels, height, width), is the picture with a grey hole, as its autoencoder gives it; `mask`,
    (batch, height, width) of any size, is 1 in the hole.
    """

    latent: Tensor
    mask: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Control:
    """A ControlNet and the pictures that it shall follow, (batch, height, width, 3) of any size in 0..1.

    It holds from `start` to `end`, shares of the model's time. One that is `for_both` counts for the other side's
    prompts as well, where those have no control of their own.
    """

    net: ControlRecipe
    hint: Tensor
    strength: float = 1.0
    start: float = 0.0
    end: float = 1.0
    for_both: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One prompt as a text encoder understood it, and where, when and how strongly it holds.

    `context` is (batch or 1, tokens, width), `pooled` (batch or 1, width) for the families that read it, `mask`
    (batch or 1, height, width) of any size; `start` and `end` are shares of the model's time, 0 the noisiest. With an
    `area` the network sees only that part of the picture. The weight is `strength` times `mask_strength` times mask.
    """

    context: Tensor
    pooled: Tensor | None = None
    area: Area | Portion | Literal["mask bounds"] | None = None
    mask: Tensor | None = None
    strength: float = 1.0
    mask_strength: float = 1.0
    start: float = 0.0
    end: float = 1.0
    concat: Concat | None = None
    controls: tuple[Control, ...] = ()

    @property
    def tensors(self) -> dict[str, Tensor | None]:
        """Return every tensor by name."""
        latent, hole = (None, None) if self.concat is None else (self.concat.latent, self.concat.mask)
        named = {"context": self.context, "pooled": self.pooled, "mask": self.mask}
        hints = {f"control.{place}": control.hint for place, control in enumerate(self.controls)}
        return {**named, "concat.latent": latent, "concat.mask": hole, **hints}


@dataclass(frozen=True, slots=True, eq=False)
class Conditioning(Socket, name="CONDITIONING"):
    """What steers a sampler: any number of prompts."""

    entries: tuple[Entry, ...]

    @property
    def nbytes(self) -> int:
        """Return the bytes of all entries."""
        return sum(size(*entry.tensors.values()) for entry in self.entries)

    def store(self) -> bytes:
        """Return the entries as a safetensors file."""
        tensors: dict[str, Tensor | None] = {}
        facts = []
        for number, entry in enumerate(self.entries):
            tensors |= {f"{number}.{name}": tensor for name, tensor in entry.tensors.items()}
            names = ("strength", "mask_strength", "start", "end")
            known = {"area": _area_facts(entry.area), **{name: getattr(entry, name) for name in names}}
            facts.append({**known, "controls": [_control_facts(control) for control in entry.controls]})
        return pack(self.socket_name, tensors, facts)

    @classmethod
    def restore(cls, data: bytes) -> Self:
        """Rebuild a conditioning from `store`."""
        tensors, facts = unpack(cls.socket_name, data)
        return cls(
            tuple(
                Entry(
                    context=tensors[f"{number}.context"],
                    pooled=tensors.get(f"{number}.pooled"),
                    mask=tensors.get(f"{number}.mask"),
                    area=_area(fact["area"]),
                    strength=fact["strength"],
                    mask_strength=fact.get("mask_strength", 1.0),  # entries from before it had a name have none
                    start=fact["start"],
                    end=fact["end"],
                    concat=_concat(tensors, number),
                    # Entries from before there were controls have none.
                    controls=tuple(
                        _control(each, tensors[f"{number}.control.{place}"])
                        for place, each in enumerate(fact.get("controls", ()))
                    ),
                )
                for number, fact in enumerate(facts)
            )
        )


def _concat(tensors: Mapping[str, Tensor], number: int) -> Concat | None:
    latent = tensors.get(f"{number}.concat.latent")
    return None if latent is None else Concat(latent, tensors[f"{number}.concat.mask"])


def _control_facts(control: Control) -> dict[str, Any]:
    names = ("strength", "start", "end", "for_both")
    return {"net": control.net.to_json(), **{name: getattr(control, name) for name in names}}


def _control(stored: Mapping[str, Any], hint: Tensor) -> Control:
    return Control(**{**stored, "net": ControlRecipe.from_json(stored["net"])}, hint=hint)


def _area_facts(area: Area | Portion | str | None) -> str | list[float] | dict[str, float] | None:
    if isinstance(area, Area):
        return [area.x, area.y, area.width, area.height]
    return asdict(area) if isinstance(area, Portion) else area


def _area(stored: Any) -> Area | Portion | Literal["mask bounds"] | None:
    if isinstance(stored, list):
        return Area(*stored)
    if isinstance(stored, dict):
        return Portion(**stored)
    return None if stored is None else MASK_BOUNDS
