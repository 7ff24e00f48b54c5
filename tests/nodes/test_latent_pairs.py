"""Batches of latents, and two latents laid over each other or mixed, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import interpolate
from torch.testing import assert_close

from graphflow.api import NodeError
from graphflow_nodes.latent.batch import latent_batch, latent_from_batch, repeat_latent_batch
from graphflow_nodes.latent.composite import latent_blend, latent_composite, latent_composite_masked
from graphflow_nodes.latent.vae import empty_latent
from graphflow_nodes.values import Blank, Latent, Mask
from tests.nodes.latents import samples


def numbers(seed: int, *shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def masked(latent: Latent) -> Tensor:
    assert latent.noise_mask is not None
    return latent.noise_mask


def test_a_batch_is_repeated_as_a_whole() -> None:
    tensor = numbers(1, 2, 4, 3, 3)

    repeated = repeat_latent_batch(Latent(tensor, factor=4), amount=3)

    assert_close(samples(repeated), torch.cat([tensor] * 3), rtol=0, atol=0)
    assert (repeated.batch_index, repeated.factor) == (None, 4)


def test_numbers_of_noise_go_on_behind_the_highest() -> None:
    latent = Latent(numbers(1, 2, 4, 3, 3), batch_index=(3, 5))

    assert repeat_latent_batch(latent, amount=3).batch_index == (3, 5, 6, 8, 9, 11)


def test_masks_of_single_items_are_repeated_with_them() -> None:
    tensor, mask = numbers(1, 3, 4, 3, 3), numbers(2, 2, 5, 5)

    one = repeat_latent_batch(Latent(tensor, mask[:1]), amount=2)
    two = repeat_latent_batch(Latent(tensor, mask), amount=2)

    assert_close(masked(one), mask[:1], rtol=0, atol=0)
    assert_close(masked(two), mask[[0, 1, 0, 0, 1, 0]], rtol=0, atol=0)


def test_items_come_out_of_a_batch_with_their_masks_and_numbers() -> None:
    latent = Latent(numbers(1, 4, 4, 3, 3), numbers(2, 4, 5, 5), factor=4)

    taken = latent_from_batch(latent, batch_index=1, length=2)

    assert_close(samples(taken), samples(latent)[1:3], rtol=0, atol=0)
    assert_close(masked(taken), masked(latent)[1:3], rtol=0, atol=0)
    assert (taken.batch_index, taken.factor) == ((1, 2), 4)
    assert latent_from_batch(taken, batch_index=1).batch_index == (2,)


def test_fewer_masks_than_items_begin_again_before_items_are_taken() -> None:
    mask = numbers(2, 2, 5, 5)

    taken = latent_from_batch(Latent(numbers(1, 4, 4, 3, 3), mask), batch_index=2, length=2)

    assert_close(masked(taken), mask, rtol=0, atol=0)
    assert_close(masked(latent_from_batch(Latent(numbers(1, 4, 4, 3, 3), mask[:1]), batch_index=3)), mask[:1])


@pytest.mark.parametrize(("index", "length", "want"), [(0, 64, (0, 1, 2)), (2, 9, (2,)), (63, 64, (2,)), (1, 1, (1,))])
def test_what_is_asked_beyond_the_end_of_a_batch_is_the_last(index: int, length: int, want: tuple[int, ...]) -> None:
    tensor = numbers(1, 3, 4, 2, 2)

    taken = latent_from_batch(Latent(tensor), batch_index=index, length=length)

    assert taken.batch_index == want
    assert_close(samples(taken), tensor[list(want)], rtol=0, atol=0)


def test_batches_are_put_behind_each_other_with_the_numbers_they_had() -> None:
    one, other = Latent(numbers(1, 2, 4, 3, 3)), Latent(numbers(2, 1, 4, 3, 3), batch_index=(7,), factor=4)

    both = latent_batch(one, other)

    assert_close(samples(both), torch.cat([samples(one), samples(other)]), rtol=0, atol=0)
    assert (both.batch_index, both.factor) == ((0, 1, 7), 4)


def test_a_batch_of_another_size_is_cropped_and_brought_to_that_of_the_first() -> None:
    wide = numbers(2, 1, 4, 6, 12)

    both = latent_batch(Latent(numbers(1, 1, 4, 3, 3)), Latent(wide))

    assert_close(samples(both)[1:], interpolate(wide[..., 3:9], (3, 3), mode="bilinear"))


def test_seeds_follow_their_items() -> None:
    one, other = Latent(numbers(1, 2, 4, 3, 3), seeds=(5, 7)), Latent(numbers(2, 1, 4, 3, 3), seeds=(2**64 - 1,))

    assert latent_from_batch(one, batch_index=1).seeds == (7,)
    assert latent_batch(one, other).seeds == (5, 7, 2**64 - 1)
    assert repeat_latent_batch(one, amount=2).seeds == (5, 7, 8, 10)
    assert repeat_latent_batch(other, amount=2).seeds == (2**64 - 1, 0)
    assert (latent_blend(one, other).seeds, latent_blend(other, one).seeds) == ((5, 7), None)


def test_a_batch_with_seeds_and_one_without_are_not_put_together() -> None:
    seeded, plain = Latent(numbers(1, 1, 4, 3, 3), seeds=(5,)), empty_latent(24, 24)

    for one, other, blamed in ((seeded, plain, "samples1"), (plain, seeded, "samples2")):
        with pytest.raises(NodeError, match="one of the latents has seeds of its own") as raised:
            latent_batch(one, other)
        assert (raised.value.input, raised.value.hint) == (blamed, "put SetLatentSeeds behind LatentBatch")


def test_empty_latents_stay_empty_in_batches() -> None:
    empty = empty_latent(64, 48, 2)

    assert repeat_latent_batch(empty, amount=3).samples == Blank(64, 48, 6)
    assert latent_from_batch(empty, batch_index=1).samples == Blank(64, 48, 1)
    assert latent_from_batch(empty, batch_index=1).batch_index == (1,)
    assert latent_batch(empty, empty_latent(80, 80)).samples == Blank(64, 48, 3)


def test_an_empty_latent_becomes_zeros_beside_another() -> None:
    both = latent_batch(empty_latent(32, 32), Latent(numbers(1, 1, 16, 8, 8), factor=4))

    assert_close(samples(both)[0], torch.zeros(16, 8, 8))


def test_one_latent_is_laid_over_another_and_cut_at_its_edges() -> None:
    below, above = numbers(1, 2, 4, 8, 8), numbers(2, 2, 4, 4, 4)
    before = below.clone()

    made = latent_composite(Latent(below, factor=4), Latent(above), x=24, y=8)

    want = below.clone()
    want[:, :, 2:6, 6:8] = above[..., :2]
    assert_close(samples(made), want, rtol=0, atol=0)
    assert_close(below, before, rtol=0, atol=0)
    assert made.factor == 4


def test_feathered_edges_fade_in_cell_by_cell() -> None:
    made = latent_composite(Latent(torch.zeros(1, 1, 9, 9)), Latent(torch.ones(1, 1, 5, 5)), x=16, y=16, feather=16)

    ramp = np.array([0.5, 1, 1, 1, 0.5], dtype=np.float32)
    want = torch.zeros(1, 1, 9, 9)
    want[0, 0, 2:7, 2:7] = torch.from_numpy(np.outer(ramp, ramp))
    assert_close(samples(made), want)


def test_edges_upon_the_edge_below_are_not_feathered() -> None:
    made = latent_composite(Latent(torch.zeros(1, 1, 6, 6)), Latent(torch.ones(1, 1, 4, 6)), x=0, y=0, feather=16)

    assert_close(samples(made)[0, 0, :, 3], torch.tensor([1, 1, 1, 0.5, 0, 0]))
    assert_close(samples(made)[0, 0, 0], torch.ones(6))


def test_a_latent_outside_changes_nothing() -> None:
    below = numbers(1, 1, 4, 8, 8)

    for feather in (0, 16):
        made = latent_composite(Latent(below), Latent(numbers(2, 1, 4, 4, 4)), x=64, y=0, feather=feather)
        assert_close(samples(made), below, rtol=0, atol=0)


@pytest.mark.parametrize(("have", "over"), [(3, 1), (3, 2), (1, 3)])
def test_the_batch_below_decides(have: int, over: int) -> None:
    below, above = numbers(1, have, 4, 4, 4), numbers(2, over, 4, 4, 4)

    made = latent_composite(Latent(below), Latent(above))

    assert_close(samples(made), torch.stack([above[i % over] for i in range(have)]), rtol=0, atol=0)


def test_a_mask_says_how_much_of_the_source_is_seen() -> None:
    below, above = numbers(1, 1, 4, 8, 8), numbers(2, 1, 4, 4, 4)
    mask = torch.rand(1, 16, 16, generator=torch.Generator().manual_seed(3))

    made = latent_composite_masked(Latent(below, factor=4), Latent(above), x=8, y=12, mask=Mask(mask))

    weight = interpolate(mask[:, None], (4, 4), mode="bilinear")
    want = below.clone()
    want[:, :, 3:7, 2:6] = weight * above + (1 - weight) * want[:, :, 3:7, 2:6]
    assert_close(samples(made), want)


def test_a_source_is_stretched_over_the_destination_when_asked() -> None:
    below, above = numbers(1, 2, 4, 8, 8), numbers(2, 1, 4, 4, 4)

    made = latent_composite_masked(Latent(below), Latent(above), resize_source=True)

    assert_close(samples(made), interpolate(above, (8, 8), mode="bilinear").expand(2, -1, -1, -1))


@pytest.mark.parametrize("factor", [0.0, 0.3, 1.0])
def test_a_blend_is_the_weighted_mean(factor: float) -> None:
    one, other = numbers(1, 1, 4, 5, 6), numbers(2, 3, 4, 5, 6)

    made = samples(latent_blend(Latent(one), Latent(other), blend_factor=factor))

    assert_close(made, factor * one + (1 - factor) * other)


def test_a_blend_has_the_size_of_the_first() -> None:
    wide = numbers(2, 1, 4, 6, 12)

    made = latent_blend(Latent(numbers(1, 1, 4, 9, 9)), Latent(wide), blend_factor=0)

    assert_close(samples(made), interpolate(wide[..., 3:9], (9, 9), mode="bicubic"))


def test_numbers_of_noise_that_no_longer_fit_a_blend_are_dropped() -> None:
    one, other = Latent(numbers(1, 1, 4, 2, 2), batch_index=(5,)), Latent(numbers(2, 2, 4, 2, 2))

    assert latent_blend(one, other).batch_index is None
    assert latent_blend(one, one).batch_index == (5,)


def test_two_empty_latents_stay_empty() -> None:
    empty, two = empty_latent(64, 48), empty_latent(32, 32, 2)

    assert latent_composite(empty, two).samples == Blank(64, 48)
    assert latent_composite_masked(empty, two).samples == Blank(64, 48)
    assert latent_blend(empty, two).samples == Blank(64, 48, 2)


@pytest.mark.parametrize("combine", [latent_composite, latent_composite_masked, latent_blend, latent_batch])
def test_latents_of_different_models_are_refused(combine: object) -> None:
    four, sixteen = Latent(numbers(1, 1, 4, 8, 8), factor=8), Latent(numbers(1, 1, 16, 8, 8), factor=8)
    small = Latent(numbers(1, 1, 4, 8, 8), factor=4)
    assert callable(combine)

    for other, words in ((sixteen, "16 channels, the other 4"), (small, "4 pixels per cell, the other 8")):
        with pytest.raises(NodeError, match=words) as raised:
            combine(four, other)
        assert raised.value.code == "models-differ"
