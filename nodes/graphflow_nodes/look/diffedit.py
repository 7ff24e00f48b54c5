"""Where two prompts see different things: the mask of an edit, found by the network itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

from graphflow.api import SILENT, Blocked, Context, Range, Seed, node
from graphflow_nodes.drawing import draw, show_picture
from graphflow_nodes.facts import of_one_model
from graphflow_nodes.fitting import fitting
from graphflow_nodes.look.asking import predict_noise
from graphflow_nodes.sampling.controls import controlled_prompts
from graphflow_nodes.values import Conditioning, Image, Latent, Mask, Model, Vae

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from torch import Tensor

CAP: Final = 3.0
"""Differences of more than so many times their mean count as no more: a few extremes would dim all the rest."""


class Found(NamedTuple):
    """The mask, the differences that it was cut from, and a picture of both."""

    figure: Image | Blocked
    mask: Mask
    difference: Mask


@node("DiffEditMask", category="look", check=of_one_model("latent", "source", "target"))
def diff_edit_mask(
    model: Model,
    source: Conditioning,
    target: Conditioning,
    latent: Latent,
    *,
    strength: Annotated[float, Range(0.01, 1, step=0.01)] = 0.5,
    samples: Annotated[int, Range(1, 100)] = 10,
    threshold: Annotated[float, Range(0, 1, step=0.01)] = 0.5,
    seed: Annotated[int, Seed()] = 0,
    vae: Vae | None = None,
    ctx: Context = SILENT,
) -> Found:
    """Find where a picture must change to become what another prompt says.

    Couairon et al. 2022 (DiffEdit), step 1: the latent is noised to `strength` of the model's time, the network
    predicts the noise for the prompt of the picture (`source`) and for the wanted one (`target`), and the absolute
    difference is averaged over the channels and over several noises, capped at three times its mean, brought to 0..1
    (`difference`), and cut at `threshold`. Masks are (batch, height, width) in pixels of the picture. With a VAE, `figure`
    shows the picture, the differences and the mask; without one that port stays silent.
    """
    import torch

    from graphflow_nodes.diffusion.forward import diffuse
    from graphflow_nodes.diffusion.noise import SEEDS, initial_noise
    from graphflow_nodes.models.pool import ModelPool

    pool = ctx.use(ModelPool)
    unet = pool.model(model.recipe)
    x0 = fitting(latent, unet.space, "latent")
    t = round(strength * (len(unet.sampling.sigmas) - 1))
    differences = []
    for number in ctx.track(range(samples)):
        seeds = [(own + number) % SEEDS for own in latent.seeds or (seed,)]
        noise = initial_noise(x0, seeds if latent.seeds else seeds[0], latent.batch_index)
        noisy = diffuse(x0 * unet.space.scale, noise, unet.sampling.sigma(t)).to(unet.device)
        seen = [predict_noise(unet, noisy, t, controlled_prompts(pool, unet, side, noisy)) for side in (target, source)]
        differences.append((seen[0] - seen[1]).abs().mean(dim=1).cpu())
    strengths = normalised(torch.stack(differences).mean(dim=0))
    pixels = strengths.repeat_interleave(unet.space.factor, dim=1).repeat_interleave(unet.space.factor, dim=2)
    mask = (pixels > threshold).float()
    figure: Image | Blocked = Blocked("no picture without a VAE: link one")
    if vae is not None:
        pictures = ctx.use(ModelPool).vae(vae.recipe).decode(x0)
        figure = Image(torch.cat([_figure(*each) for each in zip(pictures, pixels, mask, strict=True)]))
    return Found(figure, Mask(mask), Mask(pixels))


def normalised(differences: Tensor) -> Tensor:
    """Bring differences, (batch, height, width), to 0..1: capped at three times the mean of their picture."""
    cap = differences.mean(dim=(1, 2), keepdim=True) * CAP
    return (differences / cap.clamp(min=1e-12)).clamp(0, 1)


def _figure(picture: Tensor, difference: Tensor, mask: Tensor) -> Tensor:
    height, width = mask.shape
    outside = (1 - mask)[..., None].numpy()
    dimmed = picture.numpy() * (1 - 0.75 * outside)

    def paint(figure: Figure) -> None:
        figure.suptitle(f"The mask of an edit: {float(mask.mean()):.0%} of the picture", x=0.02, ha="left")
        one, two, three = figure.subplots(1, 3)
        show_picture(one, picture.numpy(), "the picture, decoded")
        shown = show_picture(two, difference.numpy(), "how much the two prompts differ", cmap="magma", vmin=0, vmax=1)
        figure.colorbar(shown, ax=(one, two, three), location="bottom", shrink=0.32, aspect=30, pad=0.02)
        show_picture(three, dimmed, "what may change")

    return draw(paint, 1200, 150 + round(380 * min(height / width, 3)))
