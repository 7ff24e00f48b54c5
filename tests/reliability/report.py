"""What a scenario found: figures, and faults, which are promises broken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles

MS = 1000


@dataclass
class Report:
    """The outcome of one scenario; it is good when there are no faults."""

    promise: str
    figures: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def expect(self, good: object, fault: str) -> None:
        """Note a fault unless something is so."""
        if not good:
            self.faults.append(fault)

    def say(self, **figures: object) -> None:
        """Note figures, named in words with underscores between."""
        self.figures |= {name.replace("_", " "): str(value) for name, value in figures.items()}


def spread(seconds: Sequence[float]) -> str:
    """Write the median, the 99th percentile and the largest of some times."""
    if not seconds:
        return "none"
    return (
        f"median {median(seconds) * MS:.0f} ms, p99 {percentile(seconds) * MS:.0f} ms, max {max(seconds) * MS:.0f} ms"
    )


def percentile(values: Sequence[float], hundredths: int = 99) -> float:
    """Return a percentile; of few values the largest."""
    if len(values) < 2:
        return values[0] if values else 0.0
    return quantiles(values, n=100, method="inclusive")[hundredths - 1]
