"""What a network predicts: noise, or the mixture v; both must lead to the same picture."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

from graphflow_nodes.diffusion.denoiser import Denoiser
from graphflow_nodes.diffusion.driver import Start, sample
from graphflow_nodes.diffusion.guidance import Guidance, Prompt
from graphflow_nodes.diffusion.noise import step_noise
from graphflow_nodes.diffusion.samplers import SAMPLERS
from graphflow_nodes.diffusion.schedules import ModelSampling, Prediction, normal
from tests.diffusion.gaussian import SAMPLING, context, network

V = ModelSampling.from_betas(prediction="v_prediction")
NOISE = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(2))


def v_network(x: Tensor, t: Tensor, context: Tensor, added: Mapping[str, Tensor]) -> Tensor:
    """Predict v = alpha eps - sigma x0 in variance-preserving coordinates (Salimans and Ho 2022)."""
    eps = network(x, t, context, added)
    sigma = torch.tensor([SAMPLING.sigma(float(each)) for each in t]).view(-1, 1, 1, 1)
    alpha, share = 1 / (sigma**2 + 1).sqrt(), sigma / (sigma**2 + 1).sqrt()
    x0 = (x - share * eps) / alpha
    return alpha * eps - share * x0


def run(sampling: ModelSampling, name: str) -> Tensor:
    asked = network if sampling.prediction == "epsilon" else v_network
    return sample(
        SAMPLERS[name],
        Guidance(sampling, [Prompt(context(0.5))], [Prompt(context(-0.5))], 3.0),
        Denoiser(asked),
        Start(torch.zeros_like(NOISE), NOISE),
        normal(sampling, 20),
        step_noise=step_noise(NOISE, 0),
    )


@pytest.mark.parametrize("name", ["euler", "dpmpp_2m", "euler_ancestral"])
def test_a_network_of_either_kind_makes_the_same_picture(name: str) -> None:
    torch.testing.assert_close(run(V, name), run(SAMPLING, name), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
def test_a_guided_run_agrees_with_diffusers(prediction: Prediction) -> None:
    from diffusers.schedulers.scheduling_euler_discrete import EulerDiscreteScheduler

    config: dict[str, Any] = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
    oracle = EulerDiscreteScheduler(**config, timestep_spacing="linspace", prediction_type=prediction)
    oracle.set_timesteps(20)
    asked = network if prediction == "epsilon" else v_network
    x = NOISE * math.sqrt(SAMPLING.sigma_max**2 + 1)
    for t in oracle.timesteps:
        scaled = oracle.scale_model_input(x, t)
        cond, uncond = (asked(scaled, t[None], context(mean), {}) for mean in (0.5, -0.5))
        x = oracle.step(uncond + 3.0 * (cond - uncond), t, x).prev_sample

    ours = run(ModelSampling.from_betas(prediction=prediction), "euler")

    torch.testing.assert_close(ours, x, rtol=1e-3, atol=1e-3)
