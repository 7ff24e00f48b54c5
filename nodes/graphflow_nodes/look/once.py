"""One look of the network at a noisy latent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, NamedTuple

from graphflow.api import SILENT, Blocked, Context, node
from graphflow_nodes.drawing import draw, show_picture
from graphflow_nodes.facts import of_one_model
from graphflow_nodes.fitting import fitting
from graphflow_nodes.look.asking import predict_noise
from graphflow_nodes.look.forward import TIME
from graphflow_nodes.sampling.controls import controlled_prompts
from graphflow_nodes.values import Conditioning, Image, Latent, Model, Vae

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from torch import Tensor


class Seen(NamedTuple):
    """What the network sees in a noisy latent."""

    figure: Image | Blocked
    noise: Latent
    x0: Latent
    difference: Latent
    error: float | Blocked


@node("DenoiseOnce", category="look", check=of_one_model("latent", "positive", out=("noise", "x0", "difference")))
def denoise_once(
    model: Model,
    positive: Conditioning,
    latent: Latent,
    *,
    t: Annotated[int, TIME] = 500,
    true_noise: Latent | None = None,
    vae: Vae | None = None,
    ctx: Context = SILENT,
) -> Seen:
    """Ask the network once what noise it sees in a latent at time t, such as AddNoise makes.

    `noise` is the prediction eps; `difference` is the latent minus the noise in it, x_t - sqrt(1 - alpha_bar_t) eps;
    and `x0` is the picture that this would be, difference / sqrt(alpha_bar_t) (Ho et al. 2020, after equation 4). All
    are in the autoencoder's own scale, so each can be decoded. With the true noise, as AddNoise gives it, `error` is
    the mean squared difference of the two in unit variance: the loss that training lowers (equation 14), 1 for a
    network that sees nothing. With a VAE, `figure` shows the four latents decoded. Without these the two ports stay
    silent.
    """
    import torch

    from graphflow_nodes.diffusion.batches import repeat_to
    from graphflow_nodes.diffusion.forward import alpha_bar
    from graphflow_nodes.models.pool import ModelPool

    pool = ctx.use(ModelPool)
    unet = pool.model(model.recipe)
    scale = unet.space.scale
    noisy = fitting(latent, unet.space, "latent").to(unet.device) * scale
    noise = predict_noise(unet, noisy, t, controlled_prompts(pool, unet, positive, noisy))
    kept = alpha_bar(unet.sampling.sigma(t))
    difference = noisy - (1 - kept) ** 0.5 * noise

    error: float | Blocked = Blocked("the true noise is not known: link the noise of AddNoise")
    if true_noise is not None:
        truth = repeat_to(fitting(true_noise, unet.space, "true_noise"), len(noise)) * scale
        error = float((noise.cpu() - truth).square().mean())
    latents = [(each / scale).cpu() for each in (noise, difference / kept**0.5, difference)]
    figure: Image | Blocked = Blocked("no picture without a VAE: link one")
    if vae is not None:
        autoencoder = ctx.use(ModelPool).vae(vae.recipe)
        decoded = [autoencoder.decode(each) for each in ((noisy / scale).cpu(), latents[0], latents[2], latents[1])]
        figure = Image(torch.cat([_figure(row, t, error) for row in zip(*decoded, strict=True)]))
    seen, x0, rest = (replace(latent, samples=each, factor=unet.space.factor) for each in latents)
    return Seen(figure, seen, x0, rest, error)


def _figure(pictures: Sequence[Tensor], t: int, error: float | Blocked) -> Tensor:
    height, width = pictures[0].shape[:2]
    loss = "" if isinstance(error, Blocked) else f": mean squared error {error:.4f}"
    titles = ("latent  $x_t$", "noise seen  $\\epsilon$", "latent minus noise", "picture seen  $x_0$")

    def paint(figure: Figure) -> None:
        figure.suptitle(f"One look of the network at time {t}{loss}", x=0.02, ha="left")
        for axes, picture, title in zip(figure.subplots(1, 4), pictures, titles, strict=True):
            show_picture(axes, picture.numpy(), title)

    return draw(paint, 1320, 110 + round(310 * min(height / width, 3)))
