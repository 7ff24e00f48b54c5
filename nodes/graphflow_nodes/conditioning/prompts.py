"""From what travels along links to what guidance works with: where a prompt's area lies in a latent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from graphflow.api import NodeError
from graphflow_nodes.values import Area, Conditioning, Entry, Portion

if TYPE_CHECKING:
    from torch import Tensor

    from graphflow_nodes.diffusion.controls import Control
    from graphflow_nodes.diffusion.guidance import Prompt
    from graphflow_nodes.diffusion.windows import Window

LEAST: Final = 8
"""Cells of a side around a mask: fewer than that no network has learnt to see."""


def prompts_of(
    side: Conditioning,
    latent: Tensor,
    factor: int,
    input: str | None = None,
    *,
    added: Callable[[Entry], Mapping[str, Tensor]] | None = None,
    controls: Callable[[Entry], tuple[Control, ...]] | None = None,
) -> list[Prompt]:
    """Turn entries into prompts for a latent, (batch, channels, height, width) of `factor` pixels per cell.

    `added` gives what the network wants to know of an entry beside its text, `controls` the nets beside it. An area that reaches beyond the picture
    is clipped; one that lies outside of it raises NodeError, at `input`. An entry whose area is the bounds of an empty
    mask holds nowhere and is left out.
    """
    from graphflow_nodes.diffusion.guidance import Prompt

    prompts = []
    for entry in side.entries:
        window = _window(entry, latent, factor, input)
        if window is not None and not (window.height and window.width):
            continue
        strength = entry.strength if entry.mask is None else entry.strength * entry.mask_strength
        prompts.append(
            Prompt(
                entry.context,
                {} if added is None else added(entry),
                strength=strength,
                mask=entry.mask,
                window=window,
                start=entry.start,
                end=entry.end,
                controls=() if controls is None else controls(entry),
            )
        )
    return prompts


def _window(entry: Entry, latent: Tensor, factor: int, input: str | None) -> Window | None:
    from graphflow_nodes.diffusion.windows import Window

    height, width = latent.shape[-2:]
    area = entry.area
    if area is None:
        return None
    if isinstance(area, Area):
        top, left, high, wide = (side / factor for side in (area.y, area.x, area.height, area.width))
    elif isinstance(area, Portion):
        top, left, high, wide = area.y * height, area.x * width, area.height * height, area.width * width
    else:
        return None if entry.mask is None else _around(entry.mask, latent)
    top, left = round(top), round(left)
    if top >= height or left >= width:
        raise NodeError(
            f"an area begins at x {left * factor}, y {top * factor}, outside of the picture of "
            f"{width * factor} x {height * factor} pixels",
            code="area-outside",
            input=input,
            hint="x and y are measured from the top left corner",
        )
    return Window(top, left, min(max(round(high), 1), height - top), min(max(round(wide), 1), width - left))


def _around(mask: Tensor, latent: Tensor) -> Window:
    """Return the smallest window around a mask, at least `LEAST` cells a side; an empty one for an empty mask."""
    from graphflow_nodes.diffusion.masks import fit_mask
    from graphflow_nodes.diffusion.windows import Window

    inside = (fit_mask(mask, latent) > 0).any(dim=0)[0]
    if not inside.any():
        return Window(0, 0, 0, 0)
    top, high = _span(inside.any(dim=1))
    left, wide = _span(inside.any(dim=0))
    return Window(top, left, high, wide)


def _span(inside: Tensor) -> tuple[int, int]:
    cells = inside.nonzero().flatten().tolist()
    length = min(max(cells[-1] + 1 - cells[0], LEAST), len(inside))
    return min(cells[0], len(inside) - length), length
