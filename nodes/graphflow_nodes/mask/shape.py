"""The shape of masks: larger, smaller, softer, harder, cut out."""

from __future__ import annotations

from typing import Annotated

from graphflow.api import NodeError, Range, node
from graphflow_nodes.values import Mask

PLACE = Range(0, 16_384)
SIDE = Range(1, 16_384)


@node("GrowMask", category="mask")
def grow_mask(
    mask: Mask,
    *,
    expand: Annotated[int, Range(-16_384, 16_384)] = 0,
    tapered_corners: bool = True,
) -> Mask:
    """Let the masked part grow by so many pixels, or shrink when negative.

    With tapered corners a point grows to a diamond, without to a square.
    """
    from graphflow_nodes.diffusion.morphology import grow

    return Mask(grow(mask.tensor, expand, tapered=tapered_corners))


@node("FeatherMask", category="mask")
def feather_mask(
    mask: Mask,
    *,
    left: Annotated[int, PLACE] = 0,
    top: Annotated[int, PLACE] = 0,
    right: Annotated[int, PLACE] = 0,
    bottom: Annotated[int, PLACE] = 0,
) -> Mask:
    """Fade a mask out towards its edges.

    Of n pixels from an edge the outermost keeps 1/n of its value, the next 2/n, the n-th all. A fade wider than the
    mask is shortened to it.
    """
    from graphflow_nodes.diffusion.compositing import ramp

    height, width = mask.tensor.shape[-2:]
    return Mask(mask.tensor * ramp(height, top, bottom)[:, None] * ramp(width, left, right))


@node("CropMask", category="mask")
def crop_mask(
    mask: Mask,
    *,
    x: Annotated[int, PLACE] = 0,
    y: Annotated[int, PLACE] = 0,
    width: Annotated[int, SIDE] = 512,
    height: Annotated[int, SIDE] = 512,
) -> Mask:
    """Cut a rectangle out of a mask.

    Where the rectangle reaches beyond the mask it is cut off; one that begins outside is refused.
    """
    have_height, have_width = mask.tensor.shape[-2:]
    for name, at, have in (("x", x, have_width), ("y", y, have_height)):
        if at >= have:
            raise NodeError(
                f"the rectangle begins at {name} = {at}, outside a mask of {have_width} x {have_height} pixels",
                input=name,
                hint=f"choose {name} below {have}",
            )
    return Mask(mask.tensor[:, y : y + height, x : x + width].clone())


@node("ThresholdMask", category="mask")
def threshold_mask(mask: Mask, *, value: Annotated[float, Range(0, 1, step=0.01)] = 0.5) -> Mask:
    """Make a mask hard: 1 where it is above the value, else 0."""
    return Mask((mask.tensor > value).to(mask.tensor.dtype))
