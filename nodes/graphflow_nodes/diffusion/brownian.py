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
DEPTH: Final = 25
CELL: Final = 2 * SPAN / 2**DEPTH  # levels are told apart when their logarithms differ by this, about 1e-6


def brownian_path(draw: Callable[[int], Tensor]) -> Callable[[float, float], Tensor]:
    """Return noise(here, below): the path's increment between two noise levels, here > below, at unit variance.

    `draw` gives independent unit normals for each number, and the same ones again for the same number.
    """
    value = lru_cache(maxsize=4)(lambda cell: _value(cell, draw))  # a step starts where the last one ended

    def noise(here: float, below: float) -> Tensor:
        high = _cell(here)
        low = min(_cell(below), high - 1)
        ratio = math.exp((low - high) * CELL)
        return (value(low) - value(high) * ratio) / math.sqrt(1 - ratio**2)

    return noise


def _cell(sigma: float) -> int:
    return min(max(round((math.log(sigma) + SPAN) / CELL), 1), 2**DEPTH)


def _value(cell: int, draw: Callable[[int], Tensor]) -> Tensor:
    """Return V at a cell's edge by halving: each midpoint is normal given its two neighbours, and keyed by its place.

    Half a span away on both sides, the mean is (left + right) / (2 cosh half) and the variance tanh half.
    """
    low, high = 0, 2**DEPTH
    left, right = draw(low), draw(high)  # e^-32 is all that they have in common
    while cell not in (low, high):
        middle = (low + high) // 2
        half = (middle - low) * CELL
        between = (left + right) / (2 * math.cosh(half)) + draw(middle) * math.sqrt(math.tanh(half))
        if cell < middle:
            right, high = between, middle
        else:
            left, low = between, middle
    return left if cell == low else right
