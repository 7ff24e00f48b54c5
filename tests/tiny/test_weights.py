"""The weights that ship: an ordinary Stable Diffusion folder that draws what it is asked for, offline."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import graphflow_tiny
from graphflow_tiny.looking import look_at_single
from graphflow_tiny.score import draw, load_pipeline, round_trip, score
from graphflow_tiny.training.data import held_out_examples
from graphflow_tiny.world import render

MODEL = graphflow_tiny.MODEL_ROOTS["checkpoints"] / "graphflow-tiny"


@pytest.fixture(scope="module")
def pipeline() -> Any:
    return load_pipeline(MODEL)


def test_importing_the_pack_loads_no_torch() -> None:
    code = "import sys, graphflow_tiny; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert graphflow_tiny.NODES == ()


def test_the_folder_is_small_and_in_half_precision() -> None:
    from safetensors import safe_open

    files = [path for path in MODEL.rglob("*") if path.is_file()]

    assert sum(path.stat().st_size for path in files) <= 20_000_000
    for path in (path for path in files if path.suffix == ".safetensors"):
        with safe_open(path, "pt") as weights:
            kinds = {weights.get_slice(name).get_dtype() for name in weights.keys()}  # noqa: SIM118 (not a dict)
        assert kinds <= {"F16", "I64"}
    index = json.loads((MODEL / "model_index.json").read_text())
    assert index["_class_name"] == "StableDiffusionPipeline"


def test_its_latents_have_a_quarter_of_the_side_and_unit_size(pipeline: Any) -> None:
    import torch

    pictures = np.stack([render(spec, 64) for spec, _ in held_out_examples(40)])
    with torch.no_grad():
        pixels = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1
        latents = pipeline.vae.encode(pixels).latent_dist.mean * pipeline.vae.config.scaling_factor

    assert latents.shape == (40, 4, 16, 16)
    assert latents.std().item() == pytest.approx(1, abs=0.15)


def test_a_red_circle_on_blue_is_red_on_blue(pipeline: Any) -> None:
    pictures = draw(pipeline, ["a red circle on a blue background"] * 4, steps=20, cfg=3.0, seed=1)

    seen = [look_at_single(picture) for picture in pictures]
    assert [(look["colour"], look["background"]) for look in seen].count(("red", "blue")) >= 3


def test_the_prompt_decides_and_not_the_noise(pipeline: Any) -> None:
    prompts = ["a large yellow square on a black background", "a large black square on a yellow background"]

    (first, second) = (look_at_single(draw(pipeline, [prompt], steps=12, cfg=3.0, seed=3)[0]) for prompt in prompts)

    assert (first["colour"], first["background"]) == ("yellow", "black")
    assert (second["colour"], second["background"]) == ("black", "yellow")


def test_the_autoencoder_is_no_bottleneck(pipeline: Any) -> None:
    examples = held_out_examples(100)
    renders = [render(spec, 64) for spec, _ in examples]

    back = round_trip(pipeline, renders)

    scores = {name: value for name, (value, _) in score(examples, back).items()}
    assert scores["position"] >= 95
    assert scores["kind"] >= 75
    error = np.mean([(a.astype(float) - b) ** 2 for a, b in zip(renders, back, strict=True)])
    assert 10 * np.log10(255**2 / error) >= 28
