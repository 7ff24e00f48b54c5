from __future__ import annotations

import csv
from io import StringIO

import numpy as np
import pytest
import torch
from diffusers import DDPMScheduler, EulerDiscreteScheduler
from matplotlib.figure import Figure
from torch.testing import assert_close

from graphflow_nodes.diffusion.schedules import SCHEDULES, ModelSampling, noise_levels
from graphflow_nodes.look.schedule import curves_of, paint_schedule, plot_schedule
from tests.nodes.toy_models import MODEL, ToyRecorder

BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}


def columns(text: str) -> dict[str, list[float]]:
    rows = list(csv.DictReader(StringIO(text)))
    return {name: [float(row[name]) for row in rows] for name in rows[0]}


def test_the_sigmas_are_those_of_diffusers() -> None:
    scheduler = EulerDiscreteScheduler(**BETAS, use_karras_sigmas=True)
    scheduler.set_timesteps(10)

    made = plot_schedule(scheduler="karras", steps=10)

    assert_close(torch.tensor(made.sigmas), scheduler.sigmas, rtol=2e-5, atol=1e-6)


def test_the_table_has_beta_alpha_bar_sigma_and_snr_of_each_step() -> None:
    theirs = DDPMScheduler(**BETAS)

    made = columns(plot_schedule(scheduler="simple", steps=10).csv)

    times = np.round(made["t"]).astype(int)
    kept = theirs.alphas_cumprod[times].double().numpy()
    assert made["step"] == list(range(1, 11))
    np.testing.assert_allclose(made["t"], times, atol=1e-3)
    np.testing.assert_allclose(made["alpha_bar"], kept, rtol=1e-4)
    np.testing.assert_allclose(made["beta"], theirs.betas[times].numpy(), rtol=1e-4)
    np.testing.assert_allclose(made["sigma"], np.sqrt((1 - kept) / kept), rtol=1e-4)
    np.testing.assert_allclose(made["snr"], kept / (1 - kept), rtol=1e-4)


def test_the_figure_shows_these_curves_and_a_dot_for_each_step() -> None:
    sampling = ModelSampling.from_betas()
    levels = noise_levels(SCHEDULES["karras"], sampling, 7).tolist()
    figure = Figure()

    paint_schedule(figure, curves_of(sampling, levels), "karras")

    theirs = DDPMScheduler(**BETAS)
    shown = {axes.get_title(): axes for axes in figure.axes}
    curve, dots = shown["What is left of the picture"].lines
    np.testing.assert_allclose(np.asarray(curve.get_ydata()), theirs.alphas_cumprod.numpy(), rtol=1e-4)
    assert len(np.asarray(dots.get_xdata())) == 7
    steps = np.asarray(shown["Noise level at each step"].lines[0].get_ydata())
    np.testing.assert_allclose(steps, levels[:-1])
    assert all(axes.get_xlabel() and axes.get_ylabel() for axes in figure.axes)


def test_a_linked_model_gives_its_own_noise_levels() -> None:
    ctx = ToyRecorder()
    ctx.pool.unet.sampling = ModelSampling.from_betas("linear", 1e-4, 0.02, 500)

    made = plot_schedule(MODEL, scheduler="simple", steps=5, ctx=ctx)

    scheduler = DDPMScheduler(500, 1e-4, 0.02, "linear")
    top = float(((1 - scheduler.alphas_cumprod[-1]) / scheduler.alphas_cumprod[-1]).sqrt())
    assert made.sigmas[0] == pytest.approx(top, rel=1e-4)


def test_denoise_below_one_shows_the_last_part_of_a_longer_schedule() -> None:
    half = plot_schedule(scheduler="normal", steps=5, denoise=0.5).sigmas
    whole = plot_schedule(scheduler="normal", steps=10).sigmas

    assert half == whole[-6:]
