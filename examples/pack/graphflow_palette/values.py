"""What travels along the links of this pack."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Self

from graphflow.api import Socket

Colour = tuple[float, float, float]
"""Red, green and blue, each in 0..1."""


@dataclass(frozen=True, slots=True)
class Palette(Socket):
    """Some colours, the most frequent first."""

    colours: tuple[Colour, ...]

    def store(self) -> bytes:
        """Return the colours as JSON."""
        return json.dumps(self.colours).encode()

    @classmethod
    def restore(cls, data: bytes) -> Self:
        """Rebuild a palette from `store`."""
        return cls(tuple((red, green, blue) for red, green, blue in json.loads(data)))
