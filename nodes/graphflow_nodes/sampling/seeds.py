"""One seed for each picture of a batch."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from graphflow.api import NodeError, node
from graphflow_nodes.values import Blank, Latent

MOST: Final = 4096
LARGEST: Final = 2**64 - 1


@node("SetLatentSeeds", category="latent/batch")
def set_latent_seeds(samples: Latent, seeds: str = "0, 1, 2, 3") -> Latent:
    """Give each picture of a batch its own seed, so that it is the one that this seed makes alone.

    Seeds are numbers and ranges with commas between them: `7, 11, 100..103`. A single latent is repeated for each
    seed; a batch needs as many seeds as it has pictures. The sampler's own seed then counts no more.
    """
    numbers = read_seeds(seeds)
    if samples.batch not in (1, len(numbers)):
        raise NodeError(f"there are {len(numbers)} seeds for a batch of {samples.batch} pictures", input="seeds")
    return replace(_repeated(samples, len(numbers)), seeds=numbers, batch_index=None)


def read_seeds(text: str) -> tuple[int, ...]:
    """Read numbers and ranges `first..last`, both included; raise NodeError naming what is neither."""
    numbers: list[int] = []
    for part in text.split(","):
        found = re.fullmatch(r"\s*(\d+)(?:\s*\.\.\s*(\d+))?\s*", part)
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
        if not first <= last <= LARGEST:
            raise NodeError(
                f"{part.strip()!r} is neither a seed nor a range of seeds",
                input="seeds",
                hint="write numbers from 0 to 2^64-1 with commas between them, and ranges such as 1..4",
            )
        if len(numbers) + last - first >= MOST:
            raise NodeError(f"more than {MOST} seeds", input="seeds")
        numbers.extend(range(first, last + 1))
    return tuple(numbers)


def _repeated(latent: Latent, batch: int) -> Latent:
    """Return a latent of so many pictures, made of a single one or of as many; a noise mask fits any batch."""
    if latent.batch == batch:
        return latent
    if isinstance(latent.samples, Blank):
        return replace(latent, samples=replace(latent.samples, batch=batch))
    return replace(latent, samples=latent.samples.repeat(batch, 1, 1, 1))
