"""Guidance: which rows to ask the network for, and how their answers become one estimate.

Any number of prompts stands on either side, each with a strength, a mask and a range of the model's time. Within a
side the estimates are averaged by weight, place by place; between the sides stands classifier-free guidance
(Ho and Salimans 2022).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from graphflow_nodes.diffusion.masks import fit_mask
from graphflow_nodes.diffusion.samplers import Estimate
from graphflow_nodes.diffusion.schedules import ModelSampling

Weight = float | Tensor
Steer = Callable[[Tensor, float], Tensor]
"""Moves a guided estimate: (x0, sigma) -> x0."""

NOTHING = 1e-37  # keeps a place that no prompt covers at 0 instead of NaN


@dataclass(frozen=True, slots=True, eq=False)
class Prompt:
    """One conditioning: text states, and where, when and how strongly they hold.

    `context` is (1 or batch, tokens, width), `added` are further conditions of the network with the same first
    dimension, `mask` is as in `fit_mask`, `start` and `end` are shares of the model's time, 0 the noisiest.
    """

    context: Tensor
    added: Mapping[str, Tensor] = field(default_factory=dict)
    strength: float = 1.0
    mask: Tensor | None = None
    start: float = 0.0
    end: float = 1.0


class Rows(NamedTuple):
    """Rows for one forward of the network: x (rows, channels, height, width), t (rows,), context (rows, tokens, width)."""

    x: Tensor
    t: Tensor
    context: Tensor
    added: Mapping[str, Tensor]


class Asked(NamedTuple):
    """The rows asked at one point, and the weight of each prompt that holds there, in the order of the rows.

    Each prompt has one row for each item of x. `rows` is None when no prompt holds, `negative` when it is not read.
    """

    rows: Rows | None
    x: Tensor
    sigma: float
    positive: tuple[Weight, ...]
    negative: tuple[Weight, ...] | None


class _Batch(NamedTuple):
    context: Tensor
    added: Mapping[str, Tensor]
    positive: tuple[Weight, ...]
    negative: tuple[Weight, ...] | None


class Guidance:
    """Guide a network by prompts: `ask` for rows at (x, sigma), `combine` the answers.

    At `cfg` 1 the negative side changes nothing, so it is left out unless the sampler reads it (`reads_uncond`).
    `steer` moves each guided estimate further, whatever the prompts say.
    """

    def __init__(
        self,
        sampling: ModelSampling,
        positive: Sequence[Prompt],
        negative: Sequence[Prompt],
        cfg: float,
        *,
        reads_uncond: bool = False,
        steer: Steer | None = None,
    ) -> None:
        self.sampling = sampling
        self._positive = [(prompt, _sigma_range(sampling, prompt)) for prompt in positive]
        self._negative = [(prompt, _sigma_range(sampling, prompt)) for prompt in negative]
        self._cfg = cfg
        self._both = cfg != 1 or reads_uncond
        self._reads_uncond = reads_uncond
        self._steer = steer
        self._batches: dict[tuple[torch.Size, tuple[bool, ...]], _Batch | None] = {}

    def ask(self, x: Tensor, sigma: float) -> Asked:
        """Return the rows of all prompts that hold at `sigma`, scaled for the network: c_in = 1 / sqrt(sigma^2 + 1)."""
        sides = (self._positive, self._negative if self._both else [])
        holding = tuple(low <= sigma <= high for side in sides for _, (low, high) in side)
        key = (x.shape, holding)
        if key not in self._batches:  # the same at most steps
            self._batches[key] = self._batch(x, sigma)
        batch = self._batches[key]
        if batch is None:
            return Asked(None, x, sigma, (), () if self._both else None)
        count = batch.context.shape[0] // x.shape[0]
        scaled = x * (1 / math.sqrt(sigma**2 + 1))
        if count > 1:
            scaled = scaled.repeat(count, 1, 1, 1)
        t = torch.full((len(scaled),), self.sampling.timestep(sigma), device=x.device)
        return Asked(Rows(scaled, t, batch.context, batch.added), x, sigma, batch.positive, batch.negative)

    def combine(self, asked: Asked, outputs: Tensor | None) -> Estimate:
        """Return the guided estimate from the network's outputs, in the order of the rows asked.

        x0 = uncond + cfg * (cond - uncond). A place that no prompt of a side covers counts as 0 on that side.
        """
        estimate = self._combine(asked, outputs)
        return estimate if self._steer is None else estimate._replace(x0=self._steer(estimate.x0, asked.sigma))

    def _combine(self, asked: Asked, outputs: Tensor | None) -> Estimate:
        x, sigma = asked.x, asked.sigma
        if outputs is None:
            nothing = torch.zeros_like(x)
            return Estimate(nothing, nothing if self._reads_uncond else None)
        answers = [self._x0(x, output, sigma) for output in torch.split(outputs, x.shape[0])]
        cond = _average(answers[: len(asked.positive)], asked.positive, x)
        if asked.negative is None:
            return Estimate(cond)
        uncond = _average(answers[len(asked.positive) :], asked.negative, x)
        x0 = cond if self._cfg == 1 else uncond + (cond - uncond) * self._cfg
        return Estimate(x0, uncond if self._reads_uncond else None)

    def _x0(self, x: Tensor, output: Tensor, sigma: float) -> Tensor:
        if self.sampling.prediction == "epsilon":
            return x - output * sigma
        # v prediction, Salimans and Ho 2022, appendix D, in variance-exploding coordinates
        return x * (1 / (sigma**2 + 1)) - output * (sigma / math.sqrt(sigma**2 + 1))

    def _batch(self, x: Tensor, sigma: float) -> _Batch | None:
        positive = [prompt for prompt, (low, high) in self._positive if low <= sigma <= high]
        negative = [prompt for prompt, (low, high) in self._negative if low <= sigma <= high] if self._both else []
        if not positive and not negative:
            return None
        prompts = positive + negative
        contexts = one_length([prompt.context.to(x.device) for prompt in prompts])
        return _Batch(
            torch.cat([_per_item(context, len(x)) for context in contexts]),
            _added(prompts, x),
            _weights(positive, x),
            _weights(negative, x) if self._both else None,
        )


def one_length(contexts: Sequence[Tensor]) -> list[Tensor]:
    """Bring text states to one length by repeating them, to the least common multiple of their lengths.

    Attention over the same tokens several times gives the same weights in sum, so no answer changes; padding
    with other tokens would change it.
    """
    length = math.lcm(*(context.shape[1] for context in contexts))
    return [context.repeat(1, length // context.shape[1], 1) for context in contexts]


def _added(prompts: Sequence[Prompt], x: Tensor) -> dict[str, Tensor]:
    names = {tuple(sorted(prompt.added)) for prompt in prompts}
    if len(names) > 1:
        raise ValueError(f"prompts of one picture must bring the same added conditions, got {sorted(names)}")
    return {
        name: torch.cat([_per_item(prompt.added[name].to(x.device), len(x)) for prompt in prompts])
        for name in prompts[0].added
    }


def _per_item(condition: Tensor, batch: int) -> Tensor:
    if len(condition) == batch:
        return condition
    repeats = -(-batch // len(condition))
    return condition.repeat(repeats, *(1 for _ in condition.shape[1:]))[:batch]


def _weights(prompts: Sequence[Prompt], x: Tensor) -> tuple[Weight, ...]:
    return tuple(
        prompt.strength if prompt.mask is None else fit_mask(prompt.mask, x) * prompt.strength for prompt in prompts
    )


def _average(answers: Sequence[Tensor], weights: Sequence[Weight], x: Tensor) -> Tensor:
    if len(answers) == 1 and not isinstance(weights[0], Tensor) and weights[0] > 0:
        return answers[0]  # the weight cancels
    total, weight = torch.zeros_like(x), torch.full_like(x[:, :1], NOTHING)
    for answer, share in zip(answers, weights, strict=True):
        total = total + answer * share
        weight = weight + share
    return total / weight


def _sigma_range(sampling: ModelSampling, prompt: Prompt) -> tuple[float, float]:
    return sampling.sigma_at_percent(prompt.end), sampling.sigma_at_percent(prompt.start)
