from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from graphflow_nodes.diffusion.guidance import Asked, Guidance, Prompt, one_length
from graphflow_nodes.diffusion.samplers import Estimate
from graphflow_nodes.diffusion.schedules import ModelSampling
from tests.diffusion.gaussian import SAMPLING, Gaussian, context, network

SIGMA = 2.0
X = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0)) * 2
LEFT = (torch.arange(8) < 4).float().expand(8, 8)


def prompt(mean: float, **rest: object) -> Prompt:
    return Prompt(context(mean), **rest)  # type: ignore[arg-type]  # the fields of a Prompt


def expected(mean: float, x: Tensor = X, sigma: float = SIGMA) -> Tensor:
    return Gaussian(mean).denoise(x, sigma)


def estimate(guidance: Guidance, x: Tensor = X, sigma: float = SIGMA) -> tuple[Asked, Estimate]:
    asked = guidance.ask(x, sigma)
    return asked, guidance.combine(asked, [network(*rows[:4]) for rows in asked.groups])


def guided(
    positive: Sequence[Prompt], negative: Sequence[Prompt] = (), cfg: float = 1.0, *, reads_uncond: bool = False
) -> Guidance:
    return Guidance(SAMPLING, positive, negative, cfg, reads_uncond=reads_uncond)


def rows(asked: Asked) -> int:
    return sum(len(group.x) for group in asked.groups)


def test_rows_are_scaled_for_the_network_and_carry_its_time() -> None:
    asked = guided([prompt(0.5)]).ask(X, SIGMA)

    torch.testing.assert_close(asked.groups[0].x, X / math.sqrt(SIGMA**2 + 1))
    torch.testing.assert_close(asked.groups[0].t, torch.full((2,), SAMPLING.timestep(SIGMA)))


def test_one_prompt_at_cfg_1_gives_its_own_estimate_from_one_row_an_item() -> None:
    asked, answer = estimate(guided([prompt(0.5)], [prompt(-1.0)], cfg=1))

    assert rows(asked) == 2
    torch.testing.assert_close(answer.x0, expected(0.5))
    assert answer.uncond is None


def test_a_sampler_that_reads_the_unguided_estimate_gets_it_also_at_cfg_1() -> None:
    asked, answer = estimate(guided([prompt(0.5)], [prompt(-1.0)], cfg=1, reads_uncond=True))

    assert rows(asked) == 4
    assert answer.uncond is not None
    torch.testing.assert_close(answer.x0, expected(0.5))
    torch.testing.assert_close(answer.uncond, expected(-1.0))


@pytest.mark.parametrize("cfg", [0.0, 0.5, 4.0, 30.0])
def test_guidance_goes_from_the_negative_through_the_positive(cfg: float) -> None:
    _, answer = estimate(guided([prompt(0.5)], [prompt(-1.0)], cfg))

    torch.testing.assert_close(answer.x0, expected(-1.0) + cfg * (expected(0.5) - expected(-1.0)), rtol=1e-4, atol=1e-4)


def test_prompts_of_one_side_are_averaged_by_strength() -> None:
    _, answer = estimate(guided([prompt(0.5, strength=3.0), prompt(-0.5, strength=1.0)]))

    torch.testing.assert_close(answer.x0, (3 * expected(0.5) + expected(-0.5)) / 4)


def test_the_strength_of_a_single_prompt_cancels() -> None:
    _, answer = estimate(guided([prompt(0.5, strength=0.3)]))

    torch.testing.assert_close(answer.x0, expected(0.5))


def test_masks_give_each_prompt_its_place() -> None:
    _, answer = estimate(guided([prompt(0.5, mask=LEFT), prompt(-0.5, mask=1 - LEFT)]))

    torch.testing.assert_close(answer.x0[..., :4], expected(0.5)[..., :4])
    torch.testing.assert_close(answer.x0[..., 4:], expected(-0.5)[..., 4:])


def test_a_masked_prompt_over_a_whole_one_is_averaged_where_both_hold() -> None:
    _, answer = estimate(guided([prompt(0.5, mask=LEFT, strength=2.0), prompt(-0.5)]))

    torch.testing.assert_close(answer.x0[..., :4], ((2 * expected(0.5) + expected(-0.5)) / 3)[..., :4])
    torch.testing.assert_close(answer.x0[..., 4:], expected(-0.5)[..., 4:])


def test_a_place_without_any_prompt_is_zero_and_never_nan() -> None:
    _, answer = estimate(guided([prompt(0.5, mask=LEFT)]))

    torch.testing.assert_close(answer.x0[..., :4], expected(0.5)[..., :4])
    assert torch.equal(answer.x0[..., 4:], torch.zeros(2, 4, 8, 4))


def test_prompts_hold_only_in_their_share_of_the_models_time() -> None:
    early, late = prompt(0.5, end=0.4), prompt(-0.5, start=0.4)
    guidance = guided([early, late])
    border = SAMPLING.sigma_at_percent(0.4)

    for sigma, mean in [(14.6, 0.5), (border * 1.01, 0.5), (border * 0.99, -0.5), (0.03, -0.5)]:
        asked, answer = estimate(guidance, sigma=sigma)
        assert rows(asked) == 2
        torch.testing.assert_close(answer.x0, expected(mean, sigma=sigma))


def test_no_prompt_that_holds_asks_nothing() -> None:
    asked, answer = estimate(guided([prompt(0.5, start=0.5)]), sigma=14.0)

    assert not asked.groups
    assert torch.equal(answer.x0, torch.zeros_like(X))


def test_texts_of_different_lengths_share_a_forward_by_repeating() -> None:
    asked, answer = estimate(guided([Prompt(context(0.5, 154))], [Prompt(context(-1.0, 231))], cfg=2))

    assert asked.groups[0].context.shape == (4, 462, 4)
    torch.testing.assert_close(answer.x0, expected(0.5) * 2 - expected(-1.0), rtol=1e-4, atol=1e-4)


def test_repeating_a_text_changes_no_attention() -> None:
    generator = torch.Generator().manual_seed(1)
    query, text = torch.randn(1, 5, 16, generator=generator), torch.randn(1, 77, 16, generator=generator)
    longer = one_length([text, torch.zeros(1, 231, 16)])[0]

    attend = torch.nn.functional.scaled_dot_product_attention
    torch.testing.assert_close(attend(query, longer, longer), attend(query, text, text))


def test_a_batch_of_texts_meets_the_batch_of_latents_item_by_item() -> None:
    both = torch.cat([context(0.5), context(-0.5)])

    _, answer = estimate(guided([Prompt(both)]))

    torch.testing.assert_close(answer.x0, torch.cat([expected(0.5)[:1], expected(-0.5)[1:]]))


def test_added_conditions_travel_with_their_rows() -> None:
    pooled = [torch.full((1, 3), value) for value in (1.0, 2.0)]
    positive, negative = (Prompt(context(0.1), {"text_embeds": each}) for each in pooled)

    asked = guided([positive], [negative], cfg=3).ask(X, SIGMA)

    assert asked.groups[0].added["text_embeds"][:, 0].tolist() == [1, 1, 2, 2]


def test_prompts_with_unlike_added_conditions_are_refused() -> None:
    guidance = guided([prompt(0.1, added={"time_ids": torch.zeros(1, 6)})], [prompt(0.1)], cfg=3)

    with pytest.raises(ValueError, match="time_ids"):
        guidance.ask(X, SIGMA)


def test_v_prediction_gives_the_same_estimate_as_epsilon() -> None:
    sampling = ModelSampling.from_betas(prediction="v_prediction")
    guidance = Guidance(sampling, [prompt(0.5)], [], 1.0)
    asked = guidance.ask(X, SIGMA)
    # Salimans and Ho 2022: v = alpha eps - sigma x0, in variance-preserving coordinates
    alpha, noise_share = 1 / math.sqrt(SIGMA**2 + 1), SIGMA / math.sqrt(SIGMA**2 + 1)
    x0 = expected(0.5)
    v = alpha * (X - x0) / SIGMA - noise_share * x0

    torch.testing.assert_close(guidance.combine(asked, [v]).x0, x0)
