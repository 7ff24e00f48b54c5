from __future__ import annotations

from io import BytesIO

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import avg_pool2d
from torch.testing import assert_close

from graphflow_nodes.previews import fit_colours, sketch

MIX = torch.tensor([[2.0, 0.0, 1.0], [0.0, -1.0, 0.5], [1.0, 1.0, 0.0], [0.3, 0.2, 3.0]])


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
