from __future__ import annotations

import pytest
import torch
from diffusers import DDPMScheduler
from torch.testing import assert_close

from graphflow_nodes.diffusion.forward import alpha_bar, betas_of, diffuse, signal_to_noise
from graphflow_nodes.diffusion.schedules import ModelSampling

SAMPLING = ModelSampling.from_betas()
THEIRS = DDPMScheduler(1000, 0.00085, 0.012, "scaled_linear")


def test_alpha_bar_and_beta_come_back_from_the_noise_levels() -> None:
    kept = torch.tensor([alpha_bar(sigma) for sigma in SAMPLING.sigmas])

    assert_close(kept, THEIRS.alphas_cumprod, rtol=1e-4, atol=1e-6)
    assert_close(torch.tensor(betas_of(SAMPLING.sigmas)), THEIRS.betas, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("t", [0, 333, 999])
def test_one_step_to_any_time_is_the_many_small_steps_of_the_chain(t: int) -> None:
    # x_s = sqrt(1 - beta_s) x_(s-1) + sqrt(beta_s) eps: follow the mean and the variance of a latent of all ones.
    mean, variance = 1.0, 0.0
    for beta in THEIRS.betas[: t + 1].double().tolist():
        mean, variance = mean * (1 - beta) ** 0.5, variance * (1 - beta) + beta

    made = diffuse(torch.ones(1), torch.zeros(1), SAMPLING.sigma(t))
    spread = diffuse(torch.zeros(1), torch.ones(1), SAMPLING.sigma(t))

    assert made.item() == pytest.approx(mean, rel=1e-4)
    assert spread.item() ** 2 == pytest.approx(variance, rel=1e-4)


def test_at_a_noise_level_of_one_half_the_signal_is_four_times_the_noise() -> None:
    assert signal_to_noise(0.5) == pytest.approx(4)
    assert signal_to_noise(0.5) == pytest.approx(alpha_bar(0.5) / (1 - alpha_bar(0.5)))
