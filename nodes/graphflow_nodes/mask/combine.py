"""Two masks to one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from graphflow.api import Choice, Range, node
from graphflow_nodes.values import Mask

if TYPE_CHECKING:
    from torch import Tensor

OPERATIONS = ("multiply", "add", "subtract", "and", "or", "xor")
PLACE = Range(0, 16_384)


@node("MaskComposite", category="mask")
def mask_composite(
    destination: Mask,
    source: Mask,
    *,
    x: Annotated[int, PLACE] = 0,
    y: Annotated[int, PLACE] = 0,
    operation: Annotated[str, Choice(OPERATIONS)] = "multiply",
) -> Mask:
    """Combine a mask with another that lies upon it, with its corner at x and y.

    What sticks out of the destination is cut off, sums are kept within 0 and 1, and `and`, `or`, `xor` take what is
    above 0.5 for 1. The shorter batch begins again from its first mask.
    """
    from graphflow_nodes.diffusion.batches import repeat_to
    from graphflow_nodes.diffusion.compositing import paste

    batch = max(len(destination.tensor), len(source.tensor))
    below, above = repeat_to(destination.tensor, batch), repeat_to(source.tensor, batch)
    under = below[:, y : y + above.shape[1], x : x + above.shape[2]]
    if 0 in under.shape:
        return Mask(below)
    over = above[:, : under.shape[1], : under.shape[2]]
    return Mask(paste(below, _combine(under, over, operation), left=x, top=y))


def _combine(under: Tensor, over: Tensor, operation: str) -> Tensor:
    one, other = under > 0.5, over > 0.5
    results: dict[str, Callable[[], Tensor]] = {
        "multiply": lambda: under * over,
        "add": lambda: (under + over).clamp(max=1),
        "subtract": lambda: (under - over).clamp(min=0),
        "and": lambda: one & other,
        "or": lambda: one | other,
        "xor": lambda: one ^ other,
    }
    return results[operation]().to(under.dtype)
