from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import avg_pool2d
from torch.testing import assert_close

from graphflow_nodes.models.pool import ModelPool
from graphflow_nodes.previews import Sketcher, fit_colours, sketch

from .default_model import default_parts

MIX = torch.tensor([[2.0, 0.0, 1.0], [0.0, -1.0, 0.5], [1.0, 1.0, 0.0], [0.3, 0.2, 3.0]])

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "demo.png"


def encode(pictures: Tensor) -> Tensor:
    """A linear autoencoder: four mixtures of the mean colour of 8 x 8 pixels, moved by one."""
    means = avg_pool2d(pictures.movedim(-1, 1), 8)
    return torch.einsum("lc,bchw->blhw", MIX, means) + 1


def test_the_fitted_map_inverts_a_linear_encoder() -> None:
    colours = fit_colours(encode)
    plain = torch.tensor([0.2, 0.6, 0.9])

    latent = encode(plain.expand(1, 8, 8, 3))[0, :, 0, 0]

    assert_close(torch.cat([latent, torch.ones(1)]) @ colours, plain, atol=1e-4, rtol=0)


def test_a_sketch_shows_a_batch_side_by_side_in_its_colours() -> None:
    red, blue = (torch.tensor(c).expand(1, 64, 64, 3) for c in ([0.9, 0.1, 0.1], [0.1, 0.1, 0.9]))

    data = sketch(encode(torch.cat([red, blue])), fit_colours(encode))

    picture = np.asarray(Image.open(BytesIO(data)))
    assert picture.shape == (256, 512, 3)
    assert picture[128, 64].argmax() == 0
    assert picture[128, 448].argmax() == 2


class Light:
    """An autoencoder whose decoder does what no linear map of colours can: it makes everything red."""

    def __init__(self, light: bool) -> None:
        self.light = light

    def encode(self, pictures: Tensor) -> Tensor:
        return encode(pictures)

    def decode(self, latents: Tensor) -> Tensor:
        red = torch.tensor([1.0, 0.0, 0.0])
        return red.expand(len(latents), 8 * latents.shape[2], 8 * latents.shape[3], 3)

    def is_light(self, latents: Tensor) -> bool:
        return self.light


@pytest.mark.parametrize(("light", "strongest"), [(True, 0), (False, 2)])
def test_a_light_autoencoder_decodes_its_previews_and_a_heavy_one_gives_its_colours(
    light: bool, strongest: int
) -> None:
    blue = encode(torch.tensor([0.1, 0.1, 0.9]).expand(1, 64, 64, 3)) * 0.5

    data = Sketcher(lambda: Light(light), 0.5).draw(blue)

    picture = np.asarray(Image.open(BytesIO(data)))
    assert picture.shape == (256, 256, 3)
    assert picture[128, 128].argmax() == strongest


def test_a_preview_of_the_default_model_shows_the_picture_that_its_latent_is() -> None:
    autoencoder = ModelPool("cpu").vae(default_parts().vae.recipe)
    with Image.open(PICTURE) as opened:
        pixels = torch.from_numpy(np.asarray(opened.convert("RGB")) / np.float32(255))[None]
    latent = autoencoder.encode(pixels)

    data = Sketcher(lambda: autoencoder, autoencoder.space.scale).draw(latent * autoencoder.space.scale)

    shown = np.asarray(Image.open(BytesIO(data)).resize((pixels.shape[2], pixels.shape[1]), Image.Resampling.BOX))
    decoded = autoencoder.decode(latent)[0].numpy() * 255
    assert np.abs(shown - decoded).mean() < 8
    assert not autoencoder.is_light(torch.zeros(1, 4, 256, 256))
