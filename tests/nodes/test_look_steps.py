"""The way from noise to a picture, and the two estimates that guidance adds up on it."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

import pytest
import torch
from torch.testing import assert_close

from graphflow.api import Context
from graphflow_nodes.conditioning.encode import clip_encode
from graphflow_nodes.look.guidance import guidance_vectors
from graphflow_nodes.look.steps import Steps, sample_steps
from graphflow_nodes.sampling.ksampler import ksampler
from graphflow_nodes.values import Blank, Latent
from tests.diffusion.gaussian import SAMPLING, Gaussian
from tests.nodes.default_model import default_parts
from tests.nodes.latents import samples
from tests.nodes.toy_models import MODEL, SPACE, ToyRecorder, says


def inputs(**given: Any) -> dict[str, Any]:
    return {
        "steps": 6,
        "cfg": 2.0,
        "positive": says(1.0),
        "negative": says(-0.5),
        "latent_image": Latent(Blank(32, 32, 2)),
        "seed": 4,
    } | given


def walked(**given: Any) -> Steps:
    return sample_steps(MODEL, **inputs(**given), ctx=ToyRecorder())


@pytest.mark.parametrize("name", ["euler", "heun", "dpmpp_2m", "euler_ancestral", "dpm_adaptive"])
@pytest.mark.parametrize("what", ["x0", "x"])
def test_the_last_item_is_what_ksampler_makes(name: str, what: str) -> None:
    steps = walked(sampler_name=name, what=what)

    plain = ksampler(MODEL, **inputs(sampler_name=name), ctx=ToyRecorder())
    assert torch.equal(samples(steps.latent)[-2:], samples(plain))
    assert len(samples(steps.latent)) == 2 * len(steps.labels)
    assert steps.labels[-1] == "result"


def test_every_nth_step_is_shown() -> None:
    assert walked(steps=7).labels == [*(f"step {step}" for step in range(1, 7)), "result"]
    assert walked(steps=7, every=3).labels == ["step 1", "step 4", "result"]
    assert walked(steps=7, every=3, what="x").labels == ["step 1", "step 4", "step 7", "result"]
    assert walked(steps=7, every=100).labels == ["step 1", "result"]


def test_the_pictures_expected_are_the_best_guesses_at_the_noisy_latents() -> None:
    expected, noisy = (
        samples(walked(what=what, cfg=1.0, scheduler="simple").latent) * SPACE.scale for what in ("x0", "x")
    )

    sigmas = [SAMPLING.sigmas[-1 - int(step * 1000 / 6)] for step in range(6)]
    for step in range(5):
        sigma, here = sigmas[step], slice(2 * step, 2 * step + 2)
        x = noisy[here] * (sigma**2 + 1) ** 0.5
        assert_close(expected[here], Gaussian(1.0, 0.5).denoise(x, sigma), rtol=1e-3, atol=1e-3)


def test_the_way_begins_with_noise_of_the_seed() -> None:
    first = samples(walked(what="x").latent)[:2] * SPACE.scale

    assert_close(first, torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(4)), rtol=1e-4, atol=1e-4)


def test_no_noise_to_remove_is_no_way_at_all() -> None:
    steps = walked(denoise=0.0)

    assert steps.labels == ["result"]
    assert_close(samples(steps.latent), torch.zeros(2, 4, 8, 8))


def test_guidance_measures_what_the_two_prompts_say_of_each_x() -> None:
    made = guidance_vectors(MODEL, **inputs(cfg=3.0, scheduler="simple"), ctx=ToyRecorder())

    rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(StringIO(made.csv))]
    sigmas = [SAMPLING.sigmas[-1 - int(step * 1000 / 6)] for step in range(6)]
    assert [row["sigma"] for row in rows] == pytest.approx(sigmas, rel=1e-4)
    for row, sigma in zip(rows, sigmas, strict=True):
        # Means 1 and -0.5: x0 differs by 1.5 sigma^2 / (0.25 + sigma^2) everywhere, and eps by that over sigma.
        assert row["difference"] == pytest.approx(1.5 * sigma / (0.25 + sigma**2), rel=1e-3)
        # The law of cosines, for the angle between the two.
        c, u, d = row["conditioned"], row["unconditioned"], row["difference"]
        cosine = torch.deg2rad(torch.tensor(row["angle"])).cos().item()
        assert c * c + u * u - 2 * c * u * cosine == pytest.approx(d * d, rel=0.05, abs=1e-4)
    assert made.figure.tensor.shape[0] == 1


@pytest.mark.parametrize("cfg", [0.0, 1.0, 4.0])
def test_measuring_changes_nothing_whatever_the_guidance(cfg: float) -> None:
    made = guidance_vectors(MODEL, **inputs(cfg=cfg), ctx=ToyRecorder())

    assert torch.equal(samples(made.latent), samples(ksampler(MODEL, **inputs(cfg=cfg), ctx=ToyRecorder())))
    rows = list(csv.DictReader(StringIO(made.csv)))
    guided = {0.0: "unconditioned", 1.0: "conditioned"}.get(cfg)
    if guided is not None:
        assert [float(row["guided"]) for row in rows] == pytest.approx([float(row[guided]) for row in rows])


def test_on_the_default_model_the_picture_settles_while_it_is_made(cpu: Context) -> None:
    model, clip, _ = default_parts()
    prompt, nothing = (clip_encode(text, clip, ctx=cpu) for text in ("a large red circle on a blue background", ""))
    given = inputs(positive=prompt, negative=nothing, steps=8, cfg=3.0, latent_image=Latent(Blank(64, 64)))

    way = samples(sample_steps(model, **given, ctx=cpu).latent)

    away = (way - way[-1]).square().mean(dim=(1, 2, 3))
    assert away[0] > 4 * away[len(away) // 2] > 0
    assert away[-2] < 0.05 * away[0]
