"""Guidance: which rows to ask the network for, and how their answers become one estimate.

Any number of prompts stands on either side, each with a strength, a mask, a window and a range of the model's time.
Within a side the estimates are averaged by weight, place by place; between the sides stands classifier-free guidance
(Ho and Salimans 2022). A prompt with a window is asked about that part of the latent alone, as if it were the picture;
the other side is then asked there as well, so that the difference of the two is what the text makes, not the framing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import torch
from torch import Tensor

from graphflow_nodes.diffusion.batches import repeat_to
from graphflow_nodes.diffusion.controls import Control, RowControl, nets_of, row_controls
from graphflow_nodes.diffusion.masks import fit_mask
from graphflow_nodes.diffusion.samplers import Estimate
from graphflow_nodes.diffusion.schedules import ModelSampling
from graphflow_nodes.diffusion.windows import Window, feathered

Weight = float | Tensor
Steer = Callable[[Tensor, float], Tensor]
"""Moves a guided estimate: (x0, sigma) -> x0."""

NOTHING = 1e-37  # keeps a place that no prompt covers at 0 instead of NaN


@dataclass(frozen=True, slots=True, eq=False)
class Prompt:
    """One conditioning: text states, and where, when and how strongly they hold.

    `context` is (1 or batch, tokens, width), `added` are further conditions of the network with the same first
    dimension; those of four dimensions are pictures as large as the latent. `mask` is as in `fit_mask` and covers the
    whole picture, `window` lies inside the latent, `start` and `end` are shares of the model's time, 0 the noisiest.
    Each of the `controls` holds for a part of that time.
    """

    context: Tensor
    added: Mapping[str, Tensor] = field(default_factory=dict)
    strength: float = 1.0
    mask: Tensor | None = None
    window: Window | None = None
    start: float = 0.0
    end: float = 1.0
    controls: tuple[Control, ...] = ()


class Rows(NamedTuple):
    """Rows for one forward of the network: x (rows, channels, height, width), t (rows,), context (rows, tokens, width)."""

    x: Tensor
    t: Tensor
    context: Tensor
    added: Mapping[str, Tensor]
    controls: tuple[RowControl, ...] = ()


class Share(NamedTuple):
    """One prompt's part in an estimate: which rows answer it (`block` of `group`), where, and with which weight."""

    group: int
    block: int
    window: Window
    weight: Weight


class Asked(NamedTuple):
    """The rows asked at one point, in groups of one shape and one set of nets, and the share of each prompt that holds there.

    A block of rows has one row for each item of x. `groups` is empty when no prompt holds, `negative` None when that
    side is not read.
    """

    groups: tuple[Rows, ...]
    x: Tensor
    sigma: float
    positive: tuple[Share, ...]
    negative: tuple[Share, ...] | None


class _Group(NamedTuple):
    windows: tuple[Window, ...]  # of each block
    context: Tensor
    added: Mapping[str, Tensor]
    controls: tuple[RowControl, ...]


class _Timed(NamedTuple):
    """A prompt with the noise levels, lowest and highest, at which it and each of its controls hold."""

    prompt: Prompt
    sigmas: tuple[float, float]
    controls: tuple[tuple[float, float], ...]

    def holding(self, sigma: float) -> tuple[bool, ...]:
        return tuple(low <= sigma <= high for low, high in (self.sigmas, *self.controls))

    def at(self, sigma: float) -> Prompt:
        """Return the prompt with those controls that count at `sigma`; one of strength 0 never does."""
        if not self.controls:
            return self.prompt
        held = zip(self.prompt.controls, self.holding(sigma)[1:], strict=True)
        return replace(self.prompt, controls=tuple(control for control, holds in held if holds and control.strength))


class _Batch(NamedTuple):
    groups: tuple[_Group, ...]
    positive: tuple[Share, ...]
    negative: tuple[Share, ...] | None


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
        self._both = cfg != 1 or reads_uncond
        if self._both:
            positive, negative = _matched(positive, negative), _matched(negative, positive)
        self._positive = [_timed(sampling, prompt) for prompt in positive]
        self._negative = [_timed(sampling, prompt) for prompt in negative]
        self._cfg = cfg
        self._reads_uncond = reads_uncond
        self._steer = steer
        self._batches: dict[tuple[torch.Size, tuple[tuple[bool, ...], ...]], _Batch] = {}

    def estimate(self, x: Tensor, sigma: float, answer: Callable[[Rows], Tensor]) -> Estimate:
        """Return the guided estimate of x0 at (x, sigma), asking the network through `answer` once per group."""
        asked = self.ask(x, sigma)
        return self.combine(asked, [answer(rows) for rows in asked.groups])

    def ask(self, x: Tensor, sigma: float) -> Asked:
        """Return the rows of all prompts that hold at `sigma`, scaled for the network: c_in = 1 / sqrt(sigma^2 + 1).

        Rows of one shape and the same nets are one group. Prompts that share text states, window and controls share
        their rows.
        """
        sides = (self._positive, self._negative if self._both else [])
        holding = tuple(timed.holding(sigma) for side in sides for timed in side)
        key = (x.shape, holding)
        if key not in self._batches:  # the same at most steps
            self._batches[key] = self._batch(x, sigma)
        batch = self._batches[key]
        scaled = x * (1 / math.sqrt(sigma**2 + 1))
        t = torch.full((1,), self.sampling.timestep(sigma), device=x.device)
        groups = []
        for group in batch.groups:
            rows = _cut(scaled, group.windows)
            groups.append(Rows(rows, t.expand(len(rows)), group.context, group.added, group.controls))
        return Asked(tuple(groups), x, sigma, batch.positive, batch.negative)

    def combine(self, asked: Asked, outputs: Sequence[Tensor]) -> Estimate:
        """Return the guided estimate from the network's outputs, one for each group of rows.

        x0 = uncond + cfg * (cond - uncond). A place that no prompt of a side covers counts as 0 on that side.
        """
        estimate = self._combine(asked, outputs)
        return estimate if self._steer is None else estimate._replace(x0=self._steer(estimate.x0, asked.sigma))

    def _combine(self, asked: Asked, outputs: Sequence[Tensor]) -> Estimate:
        answers = [torch.split(output, len(asked.x)) for output in outputs]
        cond = self._average(asked, asked.positive, answers)
        if asked.negative is None:
            return Estimate(cond)
        uncond = self._average(asked, asked.negative, answers)
        x0 = cond if self._cfg == 1 else uncond + (cond - uncond) * self._cfg
        return Estimate(x0, uncond if self._reads_uncond else None)

    def _average(self, asked: Asked, shares: Sequence[Share], answers: Sequence[Sequence[Tensor]]) -> Tensor:
        x = asked.x
        if len(shares) == 1 and not isinstance(shares[0].weight, Tensor):
            return self._x0(x, answers[shares[0].group][shares[0].block], asked.sigma)  # the weight cancels
        total, weight = torch.zeros_like(x), torch.full_like(x[:, :1], NOTHING)
        for share in shares:
            estimate = self._x0(share.window.cut(x), answers[share.group][share.block], asked.sigma)
            share.window.cut(total).add_(estimate * share.weight)
            share.window.cut(weight).add_(share.weight)
        return total / weight

    def _x0(self, x: Tensor, output: Tensor, sigma: float) -> Tensor:
        if self.sampling.prediction == "epsilon":
            return x - output * sigma
        # v prediction, Salimans and Ho 2022, appendix D, in variance-exploding coordinates
        return x * (1 / (sigma**2 + 1)) - output * (sigma / math.sqrt(sigma**2 + 1))

    def _batch(self, x: Tensor, sigma: float) -> _Batch:
        blocks: dict[_Likeness, dict[_Place, Prompt]] = {}
        positive = _shares(_holding(self._positive, sigma), x, blocks)
        negative = _shares(_holding(self._negative, sigma), x, blocks) if self._both else None
        return _Batch(tuple(_group(members, x) for members in blocks.values()), positive, negative)


def _matched(side: Sequence[Prompt], other: Sequence[Prompt]) -> list[Prompt]:
    """Add to a side its whole-picture prompts once more in each window of the other side that it has not itself."""
    own = {prompt.window for prompt in side}
    added = [
        replace(
            prompt,
            window=there.window,
            mask=there.mask,
            strength=prompt.strength * there.strength,
            start=max(prompt.start, there.start),
            end=min(prompt.end, there.end),
        )
        for there in other
        if there.window is not None and there.window not in own
        for prompt in side
        if prompt.window is None
    ]
    return [*side, *added]


_Likeness = tuple[int, int, tuple[int, ...]]
"""What rows of one group have in common: height, width, and the nets that control them."""

_Place = tuple[int, tuple[tuple[str, int], ...], tuple[tuple[int, float], ...], Window]
"""What tells blocks of rows apart: text states, added conditions and hints by identity, strengths, and the window."""


def _holding(side: Sequence[_Timed], sigma: float) -> list[Prompt]:
    """Return the prompts that count at `sigma`; one of strength 0 never does, so it costs nothing."""
    return [timed.at(sigma) for timed in side if timed.holding(sigma)[0] and timed.prompt.strength]


def _shares(prompts: Sequence[Prompt], x: Tensor, blocks: dict[_Likeness, dict[_Place, Prompt]]) -> tuple[Share, ...]:
    """Give every prompt its block of rows, adding those that no prompt has asked for before."""
    shares = []
    for prompt in prompts:
        window = prompt.window or Window.whole(x)
        likeness = (window.height, window.width, nets_of(prompt.controls))
        members = blocks.setdefault(likeness, {})
        added = tuple((name, id(value)) for name, value in sorted(prompt.added.items()))
        controls = tuple((id(control.hint), control.strength) for control in prompt.controls)
        place = (id(prompt.context), added, controls, window)
        members.setdefault(place, prompt)
        group = list(blocks).index(likeness)
        shares.append(Share(group, list(members).index(place), window, _weight(prompt, window, x)))
    return tuple(shares)


def _weight(prompt: Prompt, window: Window, x: Tensor) -> Weight:
    if prompt.mask is not None:
        return window.cut(fit_mask(prompt.mask, x)) * prompt.strength
    if window == Window.whole(x):
        return prompt.strength
    return feathered(window, x) * prompt.strength


def _group(members: Mapping[_Place, Prompt], x: Tensor) -> _Group:
    prompts = list(members.values())
    contexts = one_length([prompt.context.to(x.device) for prompt in prompts])
    context = torch.cat([repeat_to(context, len(x)) for context in contexts])
    windows = tuple(window for *_, window in members)
    controls = [(prompt.controls, window) for prompt, window in zip(prompts, windows, strict=True)]
    return _Group(windows, context, _added(members, x), row_controls(controls, x, height=x.shape[-2]))


def _cut(x: Tensor, windows: Sequence[Window]) -> Tensor:
    """Return one block of rows per window, one below the other."""
    blocks = [window.cut(x) for window in windows]
    return blocks[0] if len(blocks) == 1 else torch.cat(blocks)


def one_length(contexts: Sequence[Tensor]) -> list[Tensor]:
    """Bring text states to one length by repeating them, to the least common multiple of their lengths.

    Attention over the same tokens several times gives the same weights in sum, so no answer changes; padding
    with other tokens would change it.
    """
    length = math.lcm(*(context.shape[1] for context in contexts))
    return [context.repeat(1, length // context.shape[1], 1) for context in contexts]


def _added(members: Mapping[_Place, Prompt], x: Tensor) -> dict[str, Tensor]:
    names = {tuple(sorted(prompt.added)) for prompt in members.values()}
    if len(names) > 1:
        raise ValueError(f"prompts of one picture must bring the same added conditions, got {sorted(names)}")
    return {
        name: torch.cat(
            [
                repeat_to(_seen(prompt.added[name], window).to(x.device), len(x))
                for (*_, window), prompt in members.items()
            ]
        )
        for name in next(iter(names))
    }


def _seen(condition: Tensor, window: Window) -> Tensor:
    """Return what a window shows of a condition: its own part of a picture, (batch, channels, height, width)."""
    return window.cut(condition) if condition.ndim == 4 else condition


def _timed(sampling: ModelSampling, prompt: Prompt) -> _Timed:
    return _Timed(
        prompt, _sigma_range(sampling, prompt), tuple(_sigma_range(sampling, control) for control in prompt.controls)
    )


def _sigma_range(sampling: ModelSampling, held: Prompt | Control) -> tuple[float, float]:
    return sampling.sigma_at_percent(held.end), sampling.sigma_at_percent(held.start)
