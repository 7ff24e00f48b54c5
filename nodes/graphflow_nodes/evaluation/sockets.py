"""What travels between the nodes that judge pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from graphflow.api import Socket
from graphflow_nodes.models.recipes import EncodersRecipe
from graphflow_nodes.tensors import pack, size, unpack
from graphflow_nodes.values import Weights

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Encoders(Weights[EncodersRecipe], name="ENCODERS"):
    """A contrastive pair: what a picture shows and what a caption says, in one space."""

    recipe_class = EncodersRecipe


@dataclass(frozen=True, slots=True, eq=False)
class Features(Socket, name="FEATURES"):
    """What some extractor saw in pictures: one row of numbers for each, (pictures, dimensions) float32.

    Any node may make them: distances and scores do not ask where they come from, only that both sides used the same.
    `extractor` names it.
    """

    rows: Tensor
    extractor: str

    @property
    def nbytes(self) -> int:
        """Return the bytes of the numbers."""
        return size(self.rows)

    def store(self) -> bytes:
        """Return the numbers as a safetensors file."""
        return pack(self.socket_name, {"rows": self.rows}, {"extractor": self.extractor})

    @classmethod
    def restore(cls, data: bytes) -> Self:
        """Rebuild features from `store`."""
        tensors, facts = unpack(cls.socket_name, data)
        return cls(tensors["rows"], facts["extractor"])
