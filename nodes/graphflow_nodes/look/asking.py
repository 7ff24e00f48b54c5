"""One question to a network, outside of any sampler."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from graphflow_nodes.diffusion.guidance import Prompt
    from graphflow_nodes.models.parts import Unet


def predict_noise(unet: Unet, noisy: Tensor, t: float, prompts: Sequence[Prompt]) -> Tensor:
    """Return the noise that a network sees at time `t` in x_t = sqrt(alpha_bar_t) x0 + sqrt(1 - alpha_bar_t) eps.

    `noisy` is x_t, (batch, channels, height, width) on the network's device, where x0 has unit variance; so has the
    noise. What a network with v prediction says is turned into noise.
    """
    from graphflow_nodes.diffusion.forward import alpha_bar

    sigma = unet.sampling.sigma(t)
    return noise_in(unet, noisy / alpha_bar(sigma) ** 0.5, sigma, prompts)


def noise_in(unet: Unet, x: Tensor, sigma: float, prompts: Sequence[Prompt]) -> Tensor:
    """Return the noise that a network sees in x = x0 + sigma * eps, as `predict_noise` does."""
    import torch

    from graphflow_nodes.diffusion.guidance import Guidance

    guidance = Guidance(unet.sampling, prompts, [], 1.0)
    with torch.inference_mode(), unet.denoiser.join() as answer:
        noise: Tensor = (x - guidance.estimate(x, sigma, answer).x0) / sigma
    return noise.clone()  # outside inference mode: a tensor like any other
