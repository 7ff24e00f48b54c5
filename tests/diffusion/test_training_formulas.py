from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close

from graphflow_nodes.diffusion.schedules import ModelSampling
from graphflow_nodes.diffusion.training import (
    alpha_bars,
    alpha_bars_of,
    epsilon_loss,
    min_snr_weights,
    q_sample,
    target_of,
)

ALPHA_BAR = alpha_bars()


def numbers(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_the_forward_process_and_both_targets_are_those_of_diffusers() -> None:
    from diffusers import DDPMScheduler

    theirs = DDPMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
    x0, eps, t = numbers(4, 4, 3, 5, seed=1), numbers(4, 4, 3, 5, seed=2), torch.tensor([0, 10, 500, 999])

    assert_close(ALPHA_BAR, theirs.alphas_cumprod, rtol=2e-5, atol=0)  # theirs multiplies in single precision
    assert_close(q_sample(x0, t, eps, ALPHA_BAR), theirs.add_noise(x0, eps, t), rtol=1e-4, atol=1e-5)
    v = theirs.get_velocity(x0, eps, t)
    assert_close(target_of("v_prediction", x0, t, eps, ALPHA_BAR), v, rtol=1e-4, atol=1e-5)
    assert target_of("epsilon", x0, t, eps, ALPHA_BAR) is eps


def test_a_models_noise_levels_give_its_shares_of_signal_back() -> None:
    assert_close(alpha_bars_of(ModelSampling.from_betas().sigmas), ALPHA_BAR, rtol=1e-6, atol=0)


def test_a_network_that_answers_the_true_noise_has_no_loss_and_silence_costs_one() -> None:
    eps, ones = numbers(64, 4, 16, 16, seed=3), torch.ones(64)

    assert epsilon_loss(eps, eps, ones) == 0
    assert epsilon_loss(torch.zeros_like(eps), eps, ones).item() == pytest.approx(1, abs=0.01)


def test_weights_cut_off_what_is_nearly_clean_already() -> None:
    snr = ALPHA_BAR / (1 - ALPHA_BAR)

    epsilon, v = min_snr_weights(ALPHA_BAR, 5), min_snr_weights(ALPHA_BAR, 5, "v_prediction")

    assert_close(epsilon[snr > 5], 5 / snr[snr > 5])
    assert (epsilon[snr < 5] == 1).all()
    assert_close(v, epsilon * ALPHA_BAR)  # SNR / (SNR + 1) is alpha_bar
