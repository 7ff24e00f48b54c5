from __future__ import annotations

import pytest
import torch

from graphflow_nodes.diffusion.masks import Inpainting, fit_mask, grey_inside, keep_outside

LATENT = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("lead", [(), (1,), (1, 1)])
def test_masks_of_any_rank_are_fitted_alike(lead: tuple[int, ...]) -> None:
    mask = torch.rand(8, 8, generator=torch.Generator().manual_seed(1))

    fitted = fit_mask(mask.reshape(*lead, 8, 8), LATENT)

    assert torch.equal(fitted, mask.expand(2, 1, 8, 8))


def test_a_larger_mask_is_read_at_the_middle_of_each_cell() -> None:
    mask = torch.rand(64, 32, generator=torch.Generator().manual_seed(1))

    # Cells of 8 x 4 pixels: the middle lies between the pixels 3 and 4 of a cell downwards, 1 and 2 across.
    cells = mask.reshape(8, 8, 8, 4)
    middles = (cells[:, 3, :, 1] + cells[:, 4, :, 1] + cells[:, 3, :, 2] + cells[:, 4, :, 2]) / 4
    torch.testing.assert_close(fit_mask(mask, LATENT), middles.expand(2, 1, 8, 8))


def test_a_shorter_batch_of_masks_repeats_and_a_longer_one_is_cut() -> None:
    masks = torch.stack([torch.full((8, 8), value) for value in (0.1, 0.2, 0.3)])

    assert fit_mask(masks, LATENT)[:, 0, 0, 0].tolist() == masks[:2, 0, 0].tolist()
    assert fit_mask(masks[:1], LATENT)[:, 0, 0, 0].tolist() == masks[[0, 0], 0, 0].tolist()


def test_outside_the_mask_x_is_the_noised_original_and_the_estimate_the_original() -> None:
    mask = torch.zeros(2, 1, 8, 8)
    mask[..., 4:] = 1
    noise, x = torch.randn_like(LATENT), torch.randn_like(LATENT)
    paint = Inpainting(mask, LATENT, noise)

    noised, kept = paint.noised(x, 3.0), paint.kept(x)

    torch.testing.assert_close(noised[..., :4], (LATENT + 3 * noise)[..., :4])
    torch.testing.assert_close(noised[..., 4:], x[..., 4:])
    torch.testing.assert_close(kept[..., :4], LATENT[..., :4])
    torch.testing.assert_close(kept[..., 4:], x[..., 4:])


def test_a_half_mask_mixes_evenly() -> None:
    paint = Inpainting(torch.full((2, 1, 8, 8), 0.5), LATENT, torch.zeros_like(LATENT))

    torch.testing.assert_close(paint.kept(torch.ones_like(LATENT)), (LATENT + 1) / 2)


def test_the_last_composition_is_bit_equal_outside() -> None:
    mask = torch.zeros(2, 1, 8, 8)
    mask[..., 4:] = 0.25

    kept = keep_outside(LATENT * 1.0001, LATENT, mask)

    assert torch.equal(kept[..., :4], LATENT[..., :4])
    assert torch.equal(kept[..., 4:], (LATENT * 1.0001)[..., 4:])


def test_what_lies_outside_a_hole_stays_bit_for_bit() -> None:
    pictures = torch.rand(1, 1, 4, 3, generator=torch.Generator().manual_seed(1))

    greyed = grey_inside(pictures, torch.tensor([[[0.0, 0.5, 0.6, 1.0]]]))

    assert torch.equal(greyed[:, :, :2], pictures[:, :, :2])
    assert torch.equal(greyed[:, :, 2:], torch.full((1, 1, 2, 3), 0.5))
