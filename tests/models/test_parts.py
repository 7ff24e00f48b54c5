from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from graphflow.api import NodeError
from graphflow_nodes.models import load
from graphflow_nodes.models.parts import Autoencoder, Space

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def autoencoder(folder: Path) -> Autoencoder:
    return Autoencoder(load.load_vae(folder, "sd15", CPU, torch.float32), CPU, Space(4, 4, 0.5))


def pictures(*shape: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0))


def test_encoding_gives_the_mean_of_the_posterior(autoencoder: Autoencoder) -> None:
    picture = pictures(2, 16, 24, 3)
    pixels = picture.movedim(-1, 1) * 2 - 1

    latent = autoencoder.encode(picture)

    expected = autoencoder.module.encode(pixels).latent_dist.mean  # type: ignore[operator]  # diffusers' AutoencoderKL
    assert latent.shape == (2, 4, 4, 6)
    torch.testing.assert_close(latent, expected)


def test_decoding_gives_pixels_between_0_and_1_at_the_factor_of_the_model(autoencoder: Autoencoder) -> None:
    latent = torch.randn(2, 4, 5, 3, generator=torch.Generator().manual_seed(0)) * 20

    picture = autoencoder.decode(latent)

    expected = autoencoder.module.decode(latent).sample  # type: ignore[operator]  # diffusers' AutoencoderKL
    assert picture.shape == (2, 20, 12, 3)
    assert picture.is_contiguous()
    torch.testing.assert_close(picture, (expected.movedim(1, -1) / 2 + 0.5).clamp(0, 1))


def test_edges_that_fill_no_cell_are_cut_off_evenly(autoencoder: Autoencoder) -> None:
    picture = pictures(1, 19, 22, 3)

    assert torch.equal(autoencoder.encode(picture), autoencoder.encode(picture[:, 1:17, 1:21]))


def test_alpha_is_left_out(autoencoder: Autoencoder) -> None:
    picture = pictures(1, 16, 16, 4)

    assert torch.equal(autoencoder.encode(picture), autoencoder.encode(picture[..., :3]))


def test_grey_is_a_colour(autoencoder: Autoencoder) -> None:
    picture = pictures(1, 16, 16, 1)

    assert torch.equal(autoencoder.encode(picture), autoencoder.encode(torch.cat([picture] * 3, dim=-1)))


def test_a_picture_smaller_than_one_cell_is_refused(autoencoder: Autoencoder) -> None:
    with pytest.raises(NodeError, match="5 x 3 pixels is smaller than one cell"):
        autoencoder.encode(pictures(1, 3, 5, 3))


def test_many_pictures_go_through_in_groups_with_the_same_result(
    autoencoder: Autoencoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = pictures(5, 16, 16, 3)
    whole = autoencoder.decode(autoencoder.encode(batch))
    monkeypatch.setattr("graphflow_nodes.models.parts.PIXELS", 2 * 16 * 16)

    torch.testing.assert_close(autoencoder.decode(autoencoder.encode(batch)), whole, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "use", [lambda vae: vae.encode(pictures(1, 8, 8, 3)), lambda vae: vae.decode(pictures(1, 4, 2, 2))]
)
def test_results_are_ordinary_tensors_that_need_no_gradient(
    use: Callable[[Autoencoder], Tensor], autoencoder: Autoencoder
) -> None:
    made = use(autoencoder)

    made.add_(1)
    assert not made.requires_grad
    assert not made.is_inference()


def test_a_part_knows_its_bytes_and_its_users(autoencoder: Autoencoder) -> None:
    assert autoencoder.bytes == sum(each.numel() * 4 for each in autoencoder.module.parameters())
    with autoencoder.in_use(1), autoencoder.in_use(1):
        assert autoencoder.users == 2
    assert autoencoder.users == 0
