"""What is asked for by mistake: refused with its input, or told, and never a picture without a word."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from graphflow.api import AnyNode, Context, NodeError
from graphflow.engine import Engine
from graphflow.errors import NodeFailed
from graphflow_nodes.conditioning.place import conditioning_set_timestep_range
from graphflow_nodes.latent.files import load_latent
from graphflow_nodes.lists import float_list, int_list, string_list
from graphflow_nodes.sampling.ksampler import ksampler, ksampler_advanced
from graphflow_nodes.scores import Score
from graphflow_nodes.training.step import train_step
from graphflow_nodes.values import Conditioning, Entry, Image, Latent
from tests.nodes.default_model import default_parts
from tests.nodes.recording import as_file
from tests.nodes.toy_models import MODEL, ToyRecorder, says

HERE = Conditioning((Entry(torch.zeros(1, 77, 8)),))


class Listener(ToyRecorder):
    """A recorder that hears what nodes tell people."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def log(self, message: str) -> None:
        self.heard.append(message)


@pytest.mark.parametrize("node", [int_list, float_list, string_list], ids=["whole", "numbers", "texts"])
def test_a_list_without_values_is_refused(node: AnyNode) -> None:
    with pytest.raises(NodeError, match="there are no values") as caught:
        node(())

    assert caught.value.input == "values"


def test_a_prompt_whose_time_ends_before_it_starts_is_refused_before_and_while_running() -> None:
    check = conditioning_set_timestep_range.check
    assert check is not None

    (problem,) = check({"start": 0.8, "end": 0.2}, {}).problems
    with pytest.raises(NodeError, match=r"from 0\.8 to 0\.2") as caught:
        conditioning_set_timestep_range(HERE, start=0.8, end=0.2)

    assert (problem.input, caught.value.input) == ("end", "end")
    assert check({"start": 0.5, "end": 0.5}, {}).problems == ()
    assert check({"start": 0.8}, {}).problems == ()


def test_a_latent_file_with_numbers_that_are_none_is_refused(tmp_path: Path) -> None:
    samples = torch.zeros(1, 4, 8, 8)
    samples[0, 1, 2, 3] = float("nan")
    save_file({"latent_tensor": samples, "latent_format_version_0": torch.zeros(0)}, tmp_path / "a.latent")

    with pytest.raises(NodeError, match="no number at all") as caught:
        load_latent(as_file(tmp_path / "a.latent"))

    assert caught.value.input == "latent"


@pytest.mark.parametrize(("start", "end", "told"), [(5, 2, True), (50, 10_000, True), (2, 5, False)])
def test_a_walk_without_a_step_says_that_it_changed_nothing(start: int, end: int, told: bool) -> None:
    latent, ctx = Latent(torch.ones(1, 4, 8, 8)), Listener()
    inputs: dict[str, Any] = {"steps": 10, "start_at_step": start, "end_at_step": end}

    made = ksampler_advanced(
        MODEL, positive=says(1.0), negative=says(0.0), latent_image=latent, add_noise="disable", ctx=ctx, **inputs
    )

    assert isinstance(made.samples, torch.Tensor)
    assert torch.equal(made.samples, torch.ones(1, 4, 8, 8)) is told
    assert any("no step to go" in each for each in ctx.heard) is told


def test_guidance_far_too_strong_is_told_with_what_made_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Score, "build", lambda *_: lambda x0, _sigma: -1e30 * x0.square().sum(dim=(1, 2, 3)))
    wish = json.dumps({"score": Score.of("brightness").to_json(), "scale": 1.0})
    steered = replace(MODEL, recipe=replace(MODEL.recipe, sampling=(("score", wish),)))
    latent = Latent(torch.ones(1, 4, 8, 8))

    with pytest.raises(NodeError, match="grew beyond all bounds") as caught:
        ksampler(steered, positive=says(1.0), negative=says(0.0), latent_image=latent, steps=5, ctx=ToyRecorder())

    assert "ClassifierGuidance" in str(caught.value.hint)


def test_a_picture_too_small_to_train_on_is_refused_at_its_input(cpu: Context) -> None:
    model, clip, vae = default_parts()

    with pytest.raises(NodeError, match="2 x 2 pixels is smaller than one cell") as caught:
        train_step(model, clip, vae, Image(torch.zeros(1, 2, 2, 3)), captions="a dot", ctx=cpu)

    assert caught.value.input == "images"


def test_pictures_beyond_all_memory_are_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_much(*_: object) -> torch.Tensor:
        return torch.empty(2**62, dtype=torch.uint8)  # more than any machine can address

    workflow = {"format": "graphflow/1", "nodes": {"huge": {"type": "EmptyImage", "inputs": {}}}}
    monkeypatch.setattr(torch.Tensor, "repeat", too_much)

    with Engine(tmp_path, device="cpu", caching=False) as engine, pytest.raises(NodeFailed) as failed:
        engine.run(workflow, targets=["huge"])

    assert (failed.value.problem.code, failed.value.problem.node) == ("out-of-memory", "huge")
    assert "smaller" in str(failed.value.problem.hint)
