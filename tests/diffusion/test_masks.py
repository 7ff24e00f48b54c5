from __future__ import annotations

import torch

from graphflow_nodes.diffusion.masks import Inpainting, fit_mask, keep_outside

LATENT = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))


def test_masks_of_any_rank_and_size_fit_the_latent() -> None:
    for shape in [(64, 32), (1, 32, 32), (2, 1, 16, 16), (1, 1, 8, 8)]:
        assert fit_mask(torch.ones(shape), LATENT).shape == (2, 1, 8, 8)


def test_a_mask_shrinks_by_area_for_area() -> None:
    mask = torch.zeros(64, 64)
    mask[:, 32:] = 1

    fitted = fit_mask(mask, LATENT)

    assert torch.equal(fitted[0, 0], (torch.arange(8) >= 4).float().expand(8, 8))


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
