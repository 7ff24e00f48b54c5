"""Models whose answers are known in closed form, in the place of a pool of loaded ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

from graphflow_nodes.channels import with_channels
from graphflow_nodes.diffusion.denoiser import Denoiser
from graphflow_nodes.diffusion.schedules import ModelSampling
from graphflow_nodes.models.cells import whole_cells
from graphflow_nodes.models.parts import Space
from graphflow_nodes.models.recipes import ModelRecipe, Source, VaeRecipe
from graphflow_nodes.values import Conditioning, Entry, Model, Vae
from tests.diffusion.gaussian import SAMPLING, context, network
from tests.nodes.recording import Recorder

CHECKPOINT = Source("0" * 64, "toy", "/nowhere/toy")
MODEL = Model(ModelRecipe(CHECKPOINT, "sd15"))
VAE = Vae(VaeRecipe(CHECKPOINT, "sd15"))


SPACE = Space(channels=4, factor=4, scale=2.0)


@dataclass
class ToyUnet:
    """Knows data from N(mean, 0.5^2), where the mean is what the prompt says, in a latent scaled by 2."""

    space: Space = SPACE
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    sampling: ModelSampling = SAMPLING
    reads_hole: bool = False
    denoiser: Denoiser = field(default_factory=lambda: Denoiser(network))


@dataclass
class ToyAutoencoder:
    """Cells of 4 x 4 pixels: their mean colour, and its sum as a fourth channel."""

    space: Space = SPACE

    def encode(self, pictures: Tensor) -> Tensor:
        means = avg_pool2d(whole_cells(with_channels(pictures, 3), 4).movedim(-1, 1), 4)
        return torch.cat([means, means.sum(1, keepdim=True)], dim=1)

    def decode(self, latents: Tensor) -> Tensor:
        return interpolate(latents[:, :3], scale_factor=4.0).movedim(1, -1).clamp(0, 1)

    def is_light(self, latents: Tensor) -> bool:
        return False


@dataclass
class ToyPool:
    unet: ToyUnet = field(default_factory=ToyUnet)
    autoencoder: ToyAutoencoder = field(default_factory=ToyAutoencoder)

    def model(self, recipe: object) -> ToyUnet:
        return self.unet

    def vae(self, recipe: object) -> ToyAutoencoder:
        return self.autoencoder


class ToyRecorder(Recorder):
    """A recorder whose resources are the toys."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.pool = ToyPool()

    def use(self, kind: type[Any]) -> Any:
        return self.pool


def says(mean: float) -> Conditioning:
    """A prompt for data around this mean, in the network's scale."""
    return Conditioning((Entry(context(mean)),))
