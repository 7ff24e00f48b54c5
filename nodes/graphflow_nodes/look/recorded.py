"""What passes between a sampler and its network, written down on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

    from graphflow_nodes.diffusion.samplers import Sampler, Sampling


class Moment(NamedTuple):
    """One question of a sampler, x = x0 + sigma * eps, and the estimate of x0 that it was given."""

    x: Tensor
    sigma: float
    x0: Tensor


@dataclass(slots=True)
class Record:
    """What a run did: the levels that it was to walk down, and its moments in order."""

    levels: Sequence[float] = ()
    moments: list[Moment] = field(default_factory=list)

    def around(self, sampler: Sampler) -> Sampler:
        """Return the same sampler, which also notes each of its moments; what it samples stays the same."""

        def method(x: Tensor, sigmas: Sequence[float], *noise: Any) -> Sampling:
            self.levels = sigmas
            sampling = sampler.method(x, sigmas, *noise)
            try:
                x, sigma = next(sampling)
                while True:
                    estimate = yield x, sigma
                    self.moments.append(Moment(x, sigma, estimate.x0))
                    x, sigma = sampling.send(estimate)
            except StopIteration as end:
                result: Tensor = end.value
                return result

        return replace(sampler, method=method)

    def by_step(self) -> dict[int, Moment]:
        """Return the moment that begins each step, counted from 1.

        Samplers may ask several times in a step, and some choose levels of their own: a step begins with the last
        question at its noisiest level. A step without any is left out.
        """
        begun: dict[int, Moment] = {}
        for moment in self.moments:
            step = sum(moment.sigma <= level * (1 + 1e-6) for level in self.levels[:-1])
            known = begun.get(step)
            if step and (known is None or moment.sigma >= known.sigma):
                begun[step] = moment
        return begun
