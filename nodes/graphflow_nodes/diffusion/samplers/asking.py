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
"""Unit noise shaped like x for the step from one noise level to a lower one, `diffusion.noise.step_noise`."""


class Same(NamedTuple):
    """Another sampler that makes the same picture, and the reason why."""

    name: str
    because: str


@dataclass(frozen=True, slots=True)
class Sampler:
    """A sampling method: a generator function, what it needs beside the latent and the noise levels, and its facts.

    `order` is the power of the step length by which the error falls: of the sample for a deterministic method, of
    its variance for a `stochastic` one, None where the method has no such limit. It takes `evaluations` a step,
    None where they depend on the picture, and `at_zero` in the last steps of a schedule that ends in zero, where
    they differ. `stochastic` ones are called with a third argument, a `Noise`; `reads_uncond` ones need
    `Estimate.uncond` even where the guidance would not compute it. One that `skips_penultimate` is made for
    schedules whose last level above zero is left out.
    """

    method: Callable[..., Sampling]
    order: int | None
    source: str
    evaluations: int | None = 1
    at_zero: tuple[int, ...] = ()
    stochastic: bool = False
    reads_uncond: bool = False
    skips_penultimate: bool = False
    same_as: Same | None = None
    note: str = ""

    def start(self, x: Tensor, sigmas: Sequence[float], noise: Noise) -> Sampling:
        """Start sampling `x`, noised to `sigmas[0]`, down to `sigmas[-1]`."""
        return self.method(x, sigmas, noise) if self.stochastic else self.method(x, sigmas)
