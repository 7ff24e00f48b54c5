"""What an autoencoder loses: a picture into its space and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

from graphflow.api import SILENT, Context, Range, node
from graphflow_nodes.channels import with_channels
from graphflow_nodes.drawing import draw, show_picture
from graphflow_nodes.values import Image, Latent, Vae

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from torch import Tensor


class RoundTrip(NamedTuple):
    """A picture before and after, what differs, and how much."""

    figure: Image
    image: Image
    difference: Image
    latent: Latent
    psnr: float


@node("VAERoundTrip", category="look")
def vae_round_trip(
    pixels: Image, vae: Vae, *, amplify: Annotated[float, Range(1, 100, step=0.5)] = 4.0, ctx: Context = SILENT
) -> RoundTrip:
    """Encode pictures, decode them again, and show what was lost.

    `difference` is |decoded - original|, `amplify` times as bright. `psnr` is 10 log10(1 / mean squared error) in
    decibels, averaged over the pictures; above 30 is hard to tell by eye, and equal pictures have an infinite one.
    Edges that do not fill a cell are cut off, and alpha is left out, as VAEEncode does.
    """
    import torch

    from graphflow_nodes.models.cells import whole_cells
    from graphflow_nodes.models.pool import ModelPool

    autoencoder = ctx.use(ModelPool).vae(vae.recipe)
    before = whole_cells(with_channels(pixels.tensor, 3), autoencoder.space.factor)
    latent = autoencoder.encode(before)
    after = autoencoder.decode(latent)
    lost = ((after - before).abs() * amplify).clamp(0, 1)
    decibels = psnr(before, after)
    figures = []
    for number in ctx.track(range(len(before))):
        three = (before[number], after[number], lost[number])
        figures.append(_figure(three, float(decibels[number]), amplify, _shape(latent)))
    encoded = Latent(latent, factor=autoencoder.space.factor)
    return RoundTrip(Image(torch.cat(figures)), Image(after), Image(lost), encoded, float(decibels.mean()))


def psnr(before: Tensor, after: Tensor) -> Tensor:
    """Return the peak signal-to-noise ratio of pictures in 0..1, (batch,) in decibels: 10 log10(1 / MSE)."""
    error = (after.double() - before.double()).square().mean(dim=(1, 2, 3))
    return -10 * error.log10()


def _shape(latent: Tensor) -> str:
    return " x ".join(str(side) for side in latent.shape[1:])


def _figure(three: tuple[Tensor, Tensor, Tensor], decibels: float, amplify: float, latent: str) -> Tensor:
    height, width = three[0].shape[:2]

    def paint(figure: Figure) -> None:
        figure.suptitle(
            f"Through the autoencoder: {width} x {height} x 3 numbers, {latent} in between", x=0.02, ha="left"
        )
        titles = ("original", f"decoded, PSNR {decibels:.1f} dB", f"difference, {amplify:g} times as bright")
        for axes, picture, title in zip(figure.subplots(1, 3), three, titles, strict=True):
            show_picture(axes, picture.numpy(), title)

    return draw(paint, 1200, 110 + round(380 * min(height / width, 3)))
