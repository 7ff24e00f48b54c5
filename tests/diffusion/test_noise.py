from __future__ import annotations

import pytest
import torch

from graphflow_nodes.diffusion.noise import initial_noise, step_noise

LATENT = torch.zeros(3, 4, 8, 8)


def test_noise_is_what_the_cpu_generator_gives_for_the_seed() -> None:
    torch.manual_seed(42)
    expected = torch.randn(3, 4, 8, 8)

    assert torch.equal(initial_noise(LATENT, 42), expected)


def test_drawing_noise_leaves_the_global_generator_alone() -> None:
    before = torch.random.get_rng_state()

    initial_noise(LATENT, 1)
    step_noise(LATENT, 1)(2.0, 1.0)

    assert torch.equal(torch.random.get_rng_state(), before)


def test_noise_has_the_dtype_of_the_latent() -> None:
    assert initial_noise(LATENT.half(), 1).dtype == torch.float16


def test_one_item_of_a_batch_can_be_made_alone() -> None:
    batch = initial_noise(LATENT, 9, batch_index=[0, 1, 2])

    assert torch.equal(initial_noise(LATENT[:1], 9, batch_index=[2]), batch[2:])
    assert torch.equal(initial_noise(LATENT[:1], 9), batch[:1])


def test_a_batch_index_may_repeat_and_come_in_any_order() -> None:
    batch = initial_noise(LATENT, 9, batch_index=[0, 1, 2])

    assert torch.equal(initial_noise(LATENT, 9, batch_index=[2, 0, 2]), batch[[2, 0, 2]])


def test_a_batch_index_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="names 2 items, the latent holds 3"):
        initial_noise(LATENT, 9, batch_index=[0, 1])


def test_every_64_bit_seed_draws_what_torch_draws_for_it() -> None:
    for seed in [0, 2**63 - 1, 2**63, 2**64 - 1]:
        torch.manual_seed(seed)
        assert torch.equal(initial_noise(LATENT, seed), torch.randn(LATENT.shape))
        assert step_noise(LATENT, seed)(1.0, 0.5).isfinite().all()


def test_noise_of_the_steps_is_not_the_initial_noise_again() -> None:
    draw = step_noise(LATENT, 7)
    first, second = draw(2.0, 1.0), draw(1.0, 0.5)

    assert not torch.equal(first, initial_noise(LATENT, 7))
    assert not torch.equal(first, second)
    assert torch.equal(first, step_noise(LATENT, 7)(2.0, 1.0))


def test_items_with_seeds_of_their_own_are_the_first_of_each_seed() -> None:
    made = initial_noise(LATENT, [4, 2**64 - 1, 4], batch_index=[7, 8, 9])

    for item, seed in zip(made, [4, 2**64 - 1, 4], strict=True):
        assert torch.equal(item[None], initial_noise(LATENT[:1], seed))


def test_noise_of_the_steps_follows_the_seed_of_each_item() -> None:
    made = step_noise(LATENT, [4, 5, 4])(2.0, 1.0)

    assert torch.equal(made[0], made[2])
    assert torch.equal(made[1:2], step_noise(LATENT[:1], 5)(2.0, 1.0))


def test_an_item_of_any_size_is_the_same_in_a_batch_and_alone() -> None:
    odd = torch.zeros(3, 4, 5, 5)  # 100 numbers: torch fills a batch of such in another way than an item

    assert torch.equal(initial_noise(odd, 9)[2:], initial_noise(odd[:1], 9, batch_index=[2]))


def test_too_few_seeds_are_refused() -> None:
    with pytest.raises(ValueError, match="2 seeds, the latent holds 3"):
        step_noise(LATENT, [1, 2])
