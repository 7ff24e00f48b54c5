"""What a sampler asks and what it is answered."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor


class Estimate(NamedTuple):
    """The clean latent that the model sees in x, guided (`x0`) and, where the sampler reads it, unguided."""

    x0: Tensor
    uncond: Tensor | None = None


Sampling = Generator[tuple[Tensor, float], Estimate, Tensor]
"""Yields (x, sigma), is sent the `Estimate` there, returns the last x."""

Noise = Callable[[float, float], Tensor]
"""Fresh unit noise shaped like x for the step from one sigma to the next."""


@dataclass(frozen=True, slots=True)
class Sampler:
    """A sampling method: a generator function, and what it needs beside the latent and the noise levels.

    `draws_noise` ones are called with a third argument, a `Noise`; `reads_uncond` ones need `Estimate.uncond` even
    where the guidance would not compute it.
    """

    method: Callable[..., Sampling]
    draws_noise: bool = False
    reads_uncond: bool = False

    def start(self, x: Tensor, sigmas: Sequence[float], noise: Noise) -> Sampling:
        """Start sampling `x`, noised to `sigmas[0]`, down to `sigmas[-1]`."""
        return self.method(x, sigmas, noise) if self.draws_noise else self.method(x, sigmas)
