"""The channels of a latent as pictures."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

from graphflow.api import Choice, node
from graphflow_nodes.drawing import draw, show_picture
from graphflow_nodes.fitting import made
from graphflow_nodes.values import Image, Latent

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from torch import Tensor

COLOURS: Final = ("grey", "false colours")
PANEL: Final = 300
"""Pixels of a panel's side in the figure."""

COLUMNS: Final = 4
LONGEST: Final = 256
"""Single channels are enlarged to about so many pixels."""


class Channels(NamedTuple):
    """Every channel with its numbers in one figure per latent, and as bare pictures."""

    figure: Image
    channels: Image


@node("LatentChannels", category="look")
def latent_channels(samples: Latent, *, colours: Annotated[str, Choice(COLOURS)] = "grey") -> Channels:
    """Show the channels of latents: one figure for each latent, and each channel as a picture of its own.

    `grey` spreads each channel from its lowest value (black) to its highest (white), which shows its shapes.
    `false colours` gives all channels of a latent one scale around 0, blue below and red above, so that values can be
    compared. The bare pictures, (batch * channels, height, width, 3), come in the order of the latents.
    """
    import torch

    latents = made(samples, "samples").float()
    columns = min(latents.shape[1], COLUMNS)
    rows = math.ceil(latents.shape[1] / columns)
    shape = latents.shape[2] / latents.shape[3]
    size = (columns * PANEL + 60, rows * (round(PANEL * min(shape, 2)) + 100) + 50)
    figures = [draw(partial(paint_channels, latent=each, colours=colours), *size) for each in latents]
    bare = torch.cat([bare_channels(each, colours) for each in latents])
    return Channels(Image(torch.cat(figures)), Image(bare))


def bare_channels(latent: Tensor, colours: str) -> Tensor:
    """Return the channels of a latent (channels, height, width) as pictures (channels, height, width, 3), enlarged."""
    import torch
    from matplotlib import colormaps

    low, high = (limit.view(-1, 1, 1) for limit in limits(latent, colours))
    level = ((latent - low) / (high - low)).clamp(0, 1)
    pixels = torch.from_numpy(colormaps[_map(colours)](level.numpy()))[..., :3].float()
    times = max(1, LONGEST // max(latent.shape[1:]))
    return pixels.repeat_interleave(times, dim=1).repeat_interleave(times, dim=2)


def limits(latent: Tensor, colours: str) -> tuple[Tensor, Tensor]:
    """Return the lowest and highest value that the colours of each channel stand for, (channels,) each."""
    import torch

    if colours == "grey":
        low, high = latent.amin(dim=(1, 2)), latent.amax(dim=(1, 2))
    else:
        high = latent.abs().amax().expand(len(latent))
        low = -high
    flat = high - low < 1e-6  # one value everywhere: half way
    return torch.where(flat, low - 0.5, low), torch.where(flat, high + 0.5, high)


def paint_channels(figure: Figure, latent: Tensor, colours: str) -> None:
    """Paint each channel of a latent (channels, height, width) with its colour scale, mean and deviation."""
    count, height, width = latent.shape
    columns = min(count, COLUMNS)
    figure.suptitle(f"Latent: {count} channels of {width} x {height} cells", x=0.02, ha="left")
    axes = figure.subplots(math.ceil(count / columns), columns, squeeze=False).flat
    for number, (place, channel, low, high) in enumerate(
        zip(axes, latent, *(each.tolist() for each in limits(latent, colours)), strict=False)
    ):
        title = f"channel {number}\nmean {channel.mean():.2f}, deviation {channel.std(correction=0):.2f}"
        shown = show_picture(place, channel.numpy(), title, cmap=_map(colours), vmin=low, vmax=high)
        bar = figure.colorbar(shown, ax=place, location="bottom", fraction=0.05, pad=0.03)
        bar.ax.tick_params(labelsize=7)
        bar.outline.set_visible(False)
    for place in list(axes)[count:]:
        place.set_visible(False)


def _map(colours: str) -> str:
    return "gray" if colours == "grey" else "RdBu_r"
