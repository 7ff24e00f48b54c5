"""What passes between a sampler and its network, written down on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

    from graphflow_nodes.diffusion.samplers import Estimate, Sampler, Sampling


class Moment(NamedTuple):
    """One question of a sampler, x at a noise level, and the estimate that it was given."""

    x: Tensor
    sigma: float
    estimate: Estimate


def recorded(sampler: Sampler, seen: list[Moment], *, reads_uncond: bool = False) -> Sampler:
    """Return the same sampler, which also notes each of its moments in `seen`; what it samples stays the same."""
    from dataclasses import replace

    def method(*given: Any) -> Sampling:
        sampling = sampler.method(*given)
        try:
            x, sigma = next(sampling)
            while True:
                estimate = yield x, sigma
                seen.append(Moment(x, sigma, estimate))
                x, sigma = sampling.send(estimate)
        except StopIteration as end:
            result: Tensor = end.value
            return result

    return replace(sampler, method=method, reads_uncond=reads_uncond or sampler.reads_uncond)
