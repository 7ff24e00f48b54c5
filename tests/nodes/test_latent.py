from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close

from graphflow.api import NodeError
from graphflow_nodes.latent.inpaint import set_latent_noise_mask
from graphflow_nodes.latent.vae import empty_latent, vae_decode, vae_encode
from graphflow_nodes.values import Blank, Image, Latent, Mask
from tests.nodes.toy_models import VAE, ToyRecorder

PLAIN = torch.tensor([0.2, 0.5, 0.9])


def test_an_empty_latent_only_remembers_its_size() -> None:
    latent = empty_latent(72, 40, 3)

    assert latent.samples == Blank(72, 40, 3)
    assert latent.batch == 3


def test_pictures_come_back_through_the_autoencoder() -> None:
    ctx = ToyRecorder()
    pictures = Image(PLAIN.expand(2, 16, 24, 3))

    latent = vae_encode(pictures, VAE, ctx=ctx)

    assert isinstance(latent.samples, torch.Tensor)
    assert latent.samples.shape == (2, 4, 4, 6)
    assert_close(vae_decode(latent, VAE, ctx=ctx).tensor, pictures.tensor)


def test_an_empty_latent_is_decoded_in_the_autoencoders_own_shape() -> None:
    assert vae_decode(empty_latent(30, 18), VAE, ctx=ToyRecorder()).tensor.shape == (1, 16, 28, 3)


def test_a_picture_smaller_than_one_cell_is_refused() -> None:
    with pytest.raises(NodeError, match="3 x 8 pixels is smaller than one cell") as raised:
        vae_encode(Image(PLAIN.expand(1, 8, 3, 3)), VAE, ctx=ToyRecorder())

    assert raised.value.input == "pixels"


def test_a_noise_mask_is_laid_on_a_copy() -> None:
    latent = Latent(torch.zeros(1, 4, 8, 8), batch_index=(2,))
    mask = Mask(torch.ones(1, 32, 32))

    masked = set_latent_noise_mask(latent, mask)

    assert masked.noise_mask is mask.tensor
    assert (masked.samples, masked.batch_index) == (latent.samples, (2,))
    assert latent.noise_mask is None


def test_an_empty_latent_takes_a_mask_too() -> None:
    masked = set_latent_noise_mask(empty_latent(64, 64), Mask(torch.ones(1, 8, 8)))

    assert masked.samples == Blank(64, 64, 1)
    assert masked.noise_mask is not None
