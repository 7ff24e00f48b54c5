"""Encoding a picture with a part of it greyed out, to be made anew."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import Tensor
from torch.nn.functional import avg_pool2d
from torch.testing import assert_close

from graphflow.api import NodeError
from graphflow_nodes.latent.inpaint import vae_encode_for_inpaint
from graphflow_nodes.latent.vae import vae_encode
from graphflow_nodes.values import Image, Latent, Mask
from tests.nodes.toy_models import VAE, ToyRecorder


def pictures(batch: int, height: int, width: int, channels: int = 3) -> Tensor:
    return torch.rand(batch, height, width, channels, generator=torch.Generator().manual_seed(2))


def square(height: int, width: int, rows: slice, columns: slice) -> Tensor:
    mask = torch.zeros(1, height, width)
    mask[:, rows, columns] = 1
    return mask


def encoded(image: Tensor, mask: Tensor, **options: int) -> tuple[Tensor, Tensor]:
    latent = vae_encode_for_inpaint(Image(image), VAE, Mask(mask), ctx=ToyRecorder(), **options)
    assert isinstance(latent.samples, Tensor)
    assert latent.noise_mask is not None
    assert latent.factor == 4
    return latent.samples, latent.noise_mask


def means(image: Tensor) -> Tensor:
    """What the toy autoencoder makes of colours: the mean of each cell of 4 x 4 pixels."""
    return avg_pool2d(image.movedim(-1, 1), 4)


def test_the_masked_part_is_grey_and_the_rest_is_as_it_was() -> None:
    image = pictures(1, 32, 24)
    mask = square(32, 24, slice(6, 20), slice(5, 17))

    latent, _ = encoded(image, mask)

    want = image.clone()
    want[:, 6:20, 5:17] = 0.5
    assert_close(latent[:, :3], means(want))


@pytest.mark.parametrize("grow_mask_by", [0, 1, 3, 6, 64])
def test_the_noise_mask_is_grown_by_a_square(grow_mask_by: int) -> None:
    mask = square(40, 48, slice(10, 20), slice(12, 30)) * 0.9

    _, noise_mask = encoded(pictures(1, 40, 48), mask, grow_mask_by=grow_mask_by)

    hard = np.round(mask[0].numpy())
    want = ndimage.maximum_filter(hard, size=grow_mask_by, mode="constant") if grow_mask_by else hard
    assert_close(noise_mask, torch.from_numpy(want)[None], rtol=0, atol=0)


def test_half_masked_pixels_are_kept() -> None:
    image = pictures(1, 16, 16)

    latent, noise_mask = encoded(image, torch.full((1, 16, 16), 0.5))

    assert_close(latent[:, :3], means(image))
    assert noise_mask.max() == 0


def test_sides_that_do_not_divide_lose_their_edges_evenly_with_the_mask() -> None:
    image = pictures(1, 19, 22)
    mask = square(19, 22, slice(1, 5), slice(1, 5))

    latent, noise_mask = encoded(image, mask, grow_mask_by=0)

    want = image.clone()
    want[:, 1:5, 1:5] = 0.5
    assert_close(latent[:, :3], means(want[:, 1:17, 1:21]))
    assert_close(noise_mask, mask[:, 1:17, 1:21], rtol=0, atol=0)


def test_a_mask_of_another_size_is_fitted_and_a_shorter_batch_begins_again() -> None:
    masks = torch.cat([square(8, 8, slice(0, 4), slice(0, 8)), square(8, 8, slice(4, 8), slice(0, 8))])

    latent, noise_mask = encoded(pictures(3, 32, 32), masks, grow_mask_by=0)

    assert noise_mask.shape == (3, 32, 32)
    for item, upper in enumerate((True, False, True)):
        assert_close(noise_mask[item, :16], torch.full((16, 32), float(upper)))
        assert_close(noise_mask[item, 16:], torch.full((16, 32), float(not upper)))
        half = latent[item, :3, :4] if upper else latent[item, :3, 4:]
        assert_close(half, torch.full((3, 4, 8), 0.5))


@pytest.mark.parametrize("channels", [1, 4])
def test_grey_pictures_and_those_with_alpha_are_encoded_by_their_colours(channels: int) -> None:
    image = pictures(1, 16, 16, channels)

    latent, _ = encoded(image, torch.zeros(1, 16, 16))
    plain = vae_encode(Image(image), VAE, ctx=ToyRecorder())

    assert_close(latent[:, :3], means(image[..., :3].expand(-1, -1, -1, 3)))
    assert isinstance(plain, Latent)
    assert_close(plain.samples, latent)


def test_inputs_are_left_alone() -> None:
    image, mask = pictures(1, 16, 16), torch.ones(1, 16, 16)

    encoded(image, mask)

    assert_close(image, pictures(1, 16, 16), rtol=0, atol=0)
    assert mask.min() == 1


def test_a_picture_smaller_than_one_cell_is_refused() -> None:
    with pytest.raises(NodeError, match="smaller than one cell"):
        encoded(pictures(1, 3, 16), torch.zeros(1, 3, 16))
