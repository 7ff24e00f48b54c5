"""The nodes: they unpack, call the mathematics, and pack again. Importing them loads no torch."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from graphflow.api import SILENT, Artifact, Context, Range, node
from graphflow_nodes.values import Image
from graphflow_palette.values import Palette

ROUNDS = 20


@node("FindPalette", category="colour")
def find_palette(image: Image, *, colours: Annotated[int, Range(2, 32)] = 5, ctx: Context = SILENT) -> Palette:
    """Find the main colours of pictures, the most frequent first."""
    from graphflow_palette.colours import improve, spread_colours, thin_out

    pixels = thin_out(image.tensor)
    found = spread_colours(pixels, colours)
    for _ in ctx.track(range(ROUNDS)):
        found = improve(pixels, found)
    return Palette(tuple((red, green, blue) for red, green, blue in found.tolist()))


def _percent_to_strength(inputs: dict[str, Any]) -> dict[str, Any]:
    """Version 1 had `percent`, 0 to 100; version 2 has `strength`, 0 to 1."""
    percent = inputs.pop("percent", None)
    if isinstance(percent, int | float):
        inputs["strength"] = percent / 100
    elif percent is not None:  # a link: what it brings cannot be divided here
        inputs["strength"] = percent
    return inputs


@node("PaintWithPalette", category="colour", version=2, migrations={1: _percent_to_strength})
def paint_with_palette(
    image: Image, *, palette: Palette, strength: Annotated[float, Range(0, 1, step=0.05)] = 1.0
) -> Image:
    """Paint pictures with the colours of a palette only; a strength below 1 lets the old ones shine through."""
    import torch

    from graphflow_palette.colours import snap

    painted = snap(image.tensor, torch.tensor(palette.colours))
    return Image(torch.lerp(image.tensor, painted, strength))


class Saved(NamedTuple):
    """The file that was written."""

    swatches: Artifact


@node("SavePalette", category="colour", output=True)
def save_palette(palette: Palette, *, filename_prefix: str = "palette", ctx: Context = SILENT) -> Saved:
    """Save a palette as a picture of swatches that names each colour."""
    swatches = _swatches(palette).encode()
    return Saved(ctx.save(swatches, "image/svg+xml", name=filename_prefix))


def _swatches(palette: Palette) -> str:
    parts = []
    for index, colour in enumerate(palette.colours):
        name = "#" + "".join(f"{round(255 * part):02x}" for part in colour)
        parts.append(f'<rect x="{index * 80}" width="80" height="80" fill="{name}"/>')
        parts.append(f'<text x="{index * 80 + 8}" y="100" font-family="monospace" font-size="14">{name}</text>')
    width = 80 * len(palette.colours)
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="112">{"".join(parts)}</svg>\n'
