"""The LoRA for few steps: the teacher's way, its stretches, and what is written."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from graphflow_nodes.models.lora import inspect_lora
from graphflow_tiny import MODEL_ROOTS
from graphflow_tiny.training import few
from graphflow_tiny.training.loop import Log
from graphflow_tiny.training.lora import weights_of
from graphflow_tiny.training.unet import make_unet

MODEL = MODEL_ROOTS["checkpoints"] / "graphflow-tiny"


def test_the_teachers_way_is_eulers_of_diffusers() -> None:
    from diffusers import EulerDiscreteScheduler

    torch.manual_seed(0)
    unet = make_unet()
    torch.nn.init.normal_(unet.conv_out.weight, std=0.05)
    x, c, nothing = torch.randn(2, 4, 16, 16), torch.randn(2, 8, 128), torch.randn(2, 8, 128)
    theirs = EulerDiscreteScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", timestep_spacing="trailing"
    )
    theirs.set_timesteps(5)

    place = x * theirs.init_noise_sigma
    with torch.no_grad():
        for t in theirs.timesteps:
            seen = theirs.scale_model_input(place, t)
            without, told = unet(seen, t, nothing).sample, unet(seen, t, c).sample
            place = theirs.step(without + 3 * (told - without), t, place).prev_sample
    ours = few.walk(unet, x * theirs.init_noise_sigma, c, nothing, 5, 3.0)

    assert len(ours) == 6
    torch.testing.assert_close(ours[-1], place, rtol=1e-3, atol=1e-3)


def test_the_students_moments_are_the_teachers_every_fifth() -> None:
    times, sigmas = few.schedule(few.STEPS)
    all_times, all_sigmas = few.schedule(few.STEPS * few.INNER)

    assert times.tolist() == [999, 749, 499, 249] == all_times[:: few.INNER].tolist()
    assert sigmas.tolist() == all_sigmas[:: few.INNER].tolist()
    assert float(sigmas[-1]) == 0


def test_who_names_the_slope_of_every_stretch_has_no_loss_and_who_does_not_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(few, "BATCH", 8)
    slope, begin = torch.randn(3, 4, 16, 16), torch.randn(3, 4, 16, 16)
    places = begin[:, None] + few.schedule(few.STEPS)[1][:, None, None, None] * slope[:, None]
    ways = few.Ways(places, torch.arange(3.0).reshape(3, 1, 1).expand(3, 77, 128))

    def knows(x: Tensor, t: Tensor, c: Tensor) -> Any:
        return SimpleNamespace(sample=slope[c[:, 0, 0].long()])

    def knows_nothing(x: Tensor, t: Tensor, c: Tensor) -> Any:
        return SimpleNamespace(sample=torch.zeros_like(x))

    random = torch.Generator().manual_seed(0)
    assert float(few.stretch_loss(knows, ways, random)) < 1e-6
    assert float(few.stretch_loss(knows_nothing, ways, random)) > 0.5


def test_a_short_training_writes_a_lora_that_can_be_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(few, "WAYS", 3)
    monkeypatch.setattr(few, "BATCH", 2)

    few.train_few(MODEL, tmp_path, tmp_path / "out", steps=2, processes=1, log=Log(tmp_path / "log.jsonl", "few"))

    kept = torch.load(tmp_path / "ways.pt", weights_only=True)
    assert kept["places"].shape == (3, few.STEPS + 1, 4, 16, 16)
    assert kept["weights"] == weights_of(MODEL)
    assert inspect_lora(tmp_path / "out" / "graphflow-tiny-4steps.safetensors")


def test_the_teacher_draws_anew_when_its_weights_are_others(tmp_path: Path) -> None:
    torch.save({"weights": "others", "places": torch.zeros(1), "states": torch.zeros(1)}, tmp_path / "ways.pt")

    few.make_ways(MODEL, tmp_path, count=1, processes=1)
    assert few.make_ways(MODEL, tmp_path, count=9, processes=1).places.shape == (1, few.STEPS + 1, 4, 16, 16)
