"""What a run gave: named outputs and saved files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphflow.events import ArtifactSaved


@dataclass(frozen=True)
class Results(Mapping[str, Any]):
    """A run's named outputs, and every file that it saved."""

    outputs: Mapping[str, Any]
    artifacts: tuple[ArtifactSaved, ...]

    def __getitem__(self, name: str) -> Any:
        return self.outputs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.outputs)

    def __len__(self) -> int:
        return len(self.outputs)

    @property
    def scalars(self) -> dict[str, str | int | float | bool]:
        """Return the named outputs that can be written as one word: texts, numbers, yes and no."""
        return {name: value for name, value in self.items() if isinstance(value, str | int | float | bool)}
