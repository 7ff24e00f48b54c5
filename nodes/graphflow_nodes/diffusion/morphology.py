"""Growing masks: the largest value within a distance, for masks with any values between 0 and 1."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d, pad


def grow(mask: Tensor, distance: int, *, tapered: bool) -> Tensor:
    """Give each place of (..., height, width) the largest value within a distance in cells, or, below 0, the smallest.

    Distance is counted in steps to the four neighbours when `tapered` (a point grows to a diamond), else to all eight
    (to a square): dilation and erosion in greys, `distance` times with a cross or a 3 x 3 square, where the outside
    counts for nothing.
    """
    if distance < 0:
        return -grow(-mask, -distance, tapered=tapered)
    if tapered:
        return _spread(mask, distance, (-2, -1))
    return _spread(_spread(mask, distance, (-2,)), distance, (-1,))


def grow_by_box(mask: Tensor, side: int) -> Tensor:
    """Give each place of (batch, 1, height, width) in 0..1 the largest value in a square around it.

    An even side reaches one further up and to the left than down and to the right.
    """
    before, after = side // 2, side - 1 - side // 2
    return max_pool2d(pad(mask, (before, after, before, after)), side, stride=1)


def _spread(mask: Tensor, distance: int, dims: Sequence[int]) -> Tensor:
    """Take the largest value within a distance in steps along these dimensions.

    What was reached within r is laid over itself, moved by m to each side: that reaches r + m without a hole, and
    never needs a value from outside, as long as m <= (r + 2) // 2. So the work grows with the logarithm of the
    distance.
    """
    farthest = sum(mask.shape[dim] - 1 for dim in dims)
    reached = 0
    while reached < min(distance, farthest):
        step = min(distance - reached, (reached + 2) // 2)
        mask = _and_moved(mask, step, dims)
        reached += step
    return mask


def _and_moved(mask: Tensor, step: int, dims: Sequence[int]) -> Tensor:
    """Return the largest of a mask and its copies moved by `step` both ways along each dimension."""
    largest = mask.clone()
    for dim in dims:
        rest = mask.shape[dim] - step
        if rest > 0:
            here, there = mask.narrow(dim, 0, rest), mask.narrow(dim, step, rest)
            for place, moved in ((largest.narrow(dim, step, rest), here), (largest.narrow(dim, 0, rest), there)):
                torch.maximum(place, moved, out=place)
    return largest
