"""A Brownian path that is fixed by a seed, whichever of its points are asked for and in whatever order.

The noise that a stochastic sampler adds on its way down is a Brownian motion W in the time tau = 1 / sigma^2 (the
reverse SDE of Song et al. 2021b keeps the posterior of Ho et al. 2020, equation 6, over steps of any length). So the
path is stored by its values V = sigma * W(1 / sigma^2), which are unit normal at every noise level, with correlation
low / high between two of them: an Ornstein-Uhlenbeck process in log sigma, which needs no special care at either end.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from torch import Tensor

SPAN: Final = 16.0  # the path covers noise levels from e^-16 to e^16
DEPTH: Final = 20
CELL: Final = 2 * SPAN / 2**DEPTH
"""Levels are told apart when their logarithms differ by this, 3e-5: each halving more costs every step a draw, and
10,000 steps are still twenty times as far apart."""
ENDS: Final = (0, 2**DEPTH)
KEPT: Final = 3 * DEPTH
"""Points of the path that are remembered: two steps in a row share the halvings down to their distance, which leaves
12 of 20 draws to each of 50 steps; fewer points would be forgotten while they are needed."""


def brownian_path(draw: Callable[[int], Tensor]) -> Callable[[float, float], Tensor]:
    """Return noise(here, below): the path's increment between two noise levels, here > below, at unit variance.

    `draw` gives independent unit normals for each number, and the same ones again for the same number.
    """

    @lru_cache(maxsize=KEPT)
    def value(cell: int) -> Tensor:
        """Return V at a cell's edge: each midpoint is normal given its two neighbours, and keyed by its place.

        Half a span away on both sides, the mean is (left + right) / (2 cosh half) and the variance tanh half.
        """
        if cell in ENDS:  # e^-32 is all that they have in common
            return draw(cell)
        reach = cell & -cell  # the largest power of two that divides the cell: how far its neighbours are
        half = reach * CELL
        between = (value(cell - reach) + value(cell + reach)).mul_(1 / (2 * math.cosh(half)))
        return between.add_(draw(cell), alpha=math.sqrt(math.tanh(half)))

    def noise(here: float, below: float) -> Tensor:
        high = _cell(here)
        low = min(_cell(below), high - 1)
        ratio = math.exp((low - high) * CELL)
        return value(low).sub(value(high), alpha=ratio).mul_(1 / math.sqrt(1 - ratio**2))

    return noise


def _cell(sigma: float) -> int:
    return min(max(round((math.log(sigma) + SPAN) / CELL), 1), 2**DEPTH)
