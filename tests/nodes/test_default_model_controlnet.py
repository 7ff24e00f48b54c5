"""The ControlNet that ships: drawings follow edges, told by their pixels."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from graphflow.api import Context, File
from graphflow.files import Files
from graphflow_nodes.conditioning.control import controlnet_apply_advanced
from graphflow_nodes.conditioning.encode import clip_encode
from graphflow_nodes.image.edges import canny_edges
from graphflow_nodes.latent.vae import vae_decode
from graphflow_nodes.loaders import CONTROLS, load_controlnet
from graphflow_nodes.models.control_files import inspect_control
from graphflow_nodes.models.inspect import inspect_checkpoint
from graphflow_nodes.sampling.ksampler import ksampler
from graphflow_nodes.values import Blank, Latent
from graphflow_tiny import MODEL_ROOTS
from graphflow_tiny.following import Edges, agreement, edges_of
from graphflow_tiny.world import Single, render
from tests.nodes.default_model import as_image, default_parts

FOLDER = MODEL_ROOTS["controlnet"] / "graphflow-tiny-edges"
STAR = render(Single("star", "yellow", "blue", "left", "large", seed=0), 64)
"""Not in the middle, where the model puts things of its own accord."""


def moved(edges: Edges, pixels: int) -> Edges:
    return np.roll(edges, pixels, axis=1)


def test_lines_agree_with_themselves_and_one_pixel_beside_and_not_farther() -> None:
    line = np.zeros((20, 20), dtype=np.bool_)
    line[:, 5] = True
    half = line & (np.arange(20) < 10)[:, None]

    assert [agreement(line, moved(line, distance)) for distance in (0, 1, 2)] == [1.0, 1.0, 0.0]
    assert agreement(half, line) == pytest.approx(2 * 11 / 20 / (1 + 11 / 20))  # and one pixel beyond its end
    assert agreement(line, np.zeros_like(line)) == 0


def test_it_is_a_choice_is_small_and_fits_the_default_model() -> None:
    facts, model = inspect_control(FOLDER), inspect_checkpoint(MODEL_ROOTS["checkpoints"] / "graphflow-tiny")

    assert Files({"controlnet": (MODEL_ROOTS["controlnet"],)}, None).choices(CONTROLS) == ("graphflow-tiny-edges",)
    assert {name: model[name] for name in facts} == facts
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 3_000_000


def test_a_drawing_without_words_follows_the_edges_of_a_star(cpu: Context) -> None:
    parts = default_parts()
    nothing = clip_encode("", parts.clip, ctx=cpu)
    edges = canny_edges(as_image(STAR), low_threshold=0.1, high_threshold=0.2)
    followed = controlnet_apply_advanced(
        nothing, nothing, load_controlnet(File(FOLDER.name, FOLDER, "ed" * 32)), edges
    ).positive
    (star,) = edges_of([STAR])

    agreements = []
    for prompt in (followed, nothing):
        latent = Latent(Blank(64, 64, 4), seeds=(1, 2, 3, 4))
        made = ksampler(parts.model, steps=12, cfg=1.0, positive=prompt, negative=nothing, latent_image=latent, ctx=cpu)
        pixels = (vae_decode(made, parts.vae, ctx=cpu).tensor * 255).round().to(torch.uint8).numpy()
        agreements.append([agreement(drawn, star) for drawn in edges_of(list(pixels))])
    told, untold = agreements
    print(f"with control {told}, without {untold}")

    assert sorted(told)[1] > 0.7  # three of four
    assert max(untold) < 0.4
