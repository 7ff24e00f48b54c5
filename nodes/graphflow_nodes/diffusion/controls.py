"""Controls: networks beside the network that read a picture, and what they add to it (ControlNet, Zhang et al. 2023)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from graphflow_nodes.diffusion.batches import repeat_to
from graphflow_nodes.diffusion.windows import Window

Residuals = Mapping[str, Tensor]
"""What is added inside a network, by the name of the place: tensors with one item for each row."""

Net = Callable[[Tensor, Tensor, Tensor, Tensor], Residuals]
"""(x, t, context, hint) -> residuals, rows independent of each other."""


@dataclass(frozen=True, slots=True, eq=False)
class Control:
    """A net and the picture that it shall follow, (1 or batch, 3, height * factor, width * factor) of the latent's sides.

    It holds from `start` to `end`, shares of the model's time, 0 the noisiest.
    """

    net: Net
    hint: Tensor
    strength: float = 1.0
    start: float = 0.0
    end: float = 1.0


class RowControl(NamedTuple):
    """A net and, for each row of a forward, its hint (rows, 3, height, width) and strength (rows,)."""

    net: Net
    hint: Tensor
    strength: Tensor


def nets_of(controls: Sequence[Control]) -> tuple[int, ...]:
    """Return what rows must have in common to share a forward: the same nets, in one order."""
    return tuple(id(control.net) for control in controls)


def row_controls(
    blocks: Sequence[tuple[Sequence[Control], Window]], x: Tensor, *, height: int
) -> tuple[RowControl, ...]:
    """Turn the controls of blocks of rows, one block for each item of x, into those of all rows.

    All blocks have the same nets. A window sees its own part of a hint; `height` is that of the latent in cells.
    """
    made = []
    for place, first in enumerate(blocks[0][0]):
        hints, strengths = [], []
        for controls, window in blocks:
            control = controls[place]
            cells = control.hint.shape[-2] // height
            seen = Window(*(side * cells for side in window)).cut(control.hint)
            hints.append(repeat_to(seen.to(x.device), len(x)))
            strengths.append(torch.full((len(x),), control.strength, device=x.device))
        made.append(RowControl(first.net, torch.cat(hints), torch.cat(strengths)))
    return tuple(made)


def residuals_of(controls: Sequence[RowControl], x: Tensor, t: Tensor, context: Tensor) -> dict[str, Tensor]:
    """Return the sum of what the nets add, each times its strength, by the name of the place."""
    total: dict[str, Tensor] = {}
    for control in controls:
        for name, residual in control.net(x, t, context, control.hint).items():
            told = residual * control.strength.to(residual.dtype).reshape(-1, *[1] * (residual.ndim - 1))
            total[name] = total[name] + told if name in total else told
    return total
