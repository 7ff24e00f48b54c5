"""What travels instead of weights: immutable descriptions of a network, a text encoder and an autoencoder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from graphflow.api import File
from graphflow_nodes.models.inspect import inspect_checkpoint

ALONE = "autoencoder"
"""Stands for the family of an autoencoder that has a file to itself and may serve many."""

Override = tuple[str, str | int | float | bool]


@dataclass(frozen=True, slots=True)
class Source:
    """A model file or diffusers folder: equal when the contents are, wherever they lie."""

    sha256: str
    name: str = field(compare=False)
    path: str = field(compare=False)

    @classmethod
    def of(cls, file: File) -> Self:
        """Take what the engine found for an input."""
        return cls(file.sha256, file.name, str(file.path))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Rebuild from `to_json`."""
        return cls(**data)

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {"sha256": self.sha256, "name": self.name, "path": self.path}

    @property
    def location(self) -> Path:
        """Return where it lies on this machine."""
        return Path(self.path)


@dataclass(frozen=True, slots=True)
class Lora:
    """A change of weights and how much of it is taken."""

    source: Source
    strength: float


@dataclass(frozen=True, slots=True)
class Recipe:
    """One part of a checkpoint, of a model family, with changes upon it."""

    checkpoint: Source
    family: str
    loras: tuple[Lora, ...] = ()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Rebuild from `to_json`; raise KeyError or TypeError when the data is of another shape."""
        rest = {name: value for name, value in data.items() if name not in ("checkpoint", "loras", "sampling")}
        if "sampling" in data:
            rest["sampling"] = tuple((name, value) for name, value in data["sampling"])
        loras = tuple(Lora(Source.from_json(each["source"]), each["strength"]) for each in data["loras"])
        return cls(checkpoint=Source.from_json(data["checkpoint"]), loras=loras, **rest)

    def to_json(self) -> dict[str, Any]:
        """Return plain data that JSON can hold."""
        loras = [{"source": lora.source.to_json(), "strength": lora.strength} for lora in self.loras]
        return {"checkpoint": self.checkpoint.to_json(), "family": self.family, "loras": loras}


@dataclass(frozen=True, slots=True)
class ModelRecipe(Recipe):
    """The network that removes noise; `sampling` overrides what the checkpoint says, such as its prediction."""

    sampling: tuple[Override, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain data that JSON can hold."""
        return {**Recipe.to_json(self), "sampling": [list(each) for each in self.sampling]}


@dataclass(frozen=True, slots=True)
class ClipRecipe(Recipe):
    """The text encoder with its tokenizer; `last_layer` is the layer that is read, -1 the last."""

    last_layer: int = -1

    def to_json(self) -> dict[str, Any]:
        """Return plain data that JSON can hold."""
        return {**Recipe.to_json(self), "last_layer": self.last_layer}


@dataclass(frozen=True, slots=True)
class VaeRecipe(Recipe):
    """The autoencoder between pixels and latents, of a checkpoint, or of the family `ALONE`."""


@dataclass(frozen=True, slots=True)
class UpscalerRecipe(Recipe):
    """A network that makes pictures larger."""


@dataclass(frozen=True, slots=True)
class ControlRecipe(Recipe):
    """A ControlNet."""


@dataclass(frozen=True, slots=True)
class EncodersRecipe(Recipe):
    """A contrastive pair of encoders; `text` is the text tower of a pair that has none of its own."""

    text: ClipRecipe | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Rebuild from `to_json`; raise KeyError or TypeError when the data is of another shape."""
        text = data["text"]
        recipe = ClipRecipe.from_json(text) if text is not None else None
        return cls(Source.from_json(data["checkpoint"]), data["family"], text=recipe)

    def to_json(self) -> dict[str, Any]:
        """Return plain data that JSON can hold."""
        return {**Recipe.to_json(self), "text": self.text.to_json() if self.text else None}


def recipes_of(file: File) -> tuple[ModelRecipe, ClipRecipe, VaeRecipe]:
    """Read a checkpoint's header and describe its three parts; raise ValueError when it is unfit."""
    family = str(inspect_checkpoint(file.path)["family"])
    source = Source.of(file)
    return ModelRecipe(source, family), ClipRecipe(source, family), VaeRecipe(source, family)
