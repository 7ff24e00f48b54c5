"""The upscaler that ships: small, sharper than filters on what it never saw; and its training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from graphflow.files import Files
from graphflow_nodes.loaders import UPSCALERS
from graphflow_tiny import MODEL_ROOTS, train
from graphflow_tiny.score_upscaler import UPSCALER, held_out_pairs, score
from graphflow_tiny.training import upscaler
from graphflow_tiny.training.autoencoder import make_autoencoder
from graphflow_tiny.training.loop import save_atomic


def test_the_shipped_upscaler_is_a_choice_that_says_what_it_is() -> None:
    files = Files({"upscale_models": (MODEL_ROOTS["upscale_models"],)}, None)

    assert files.choices(UPSCALERS) == (UPSCALER.name,)
    assert files.facts(UPSCALERS, files.find(UPSCALERS, UPSCALER.name)) == {
        "family": "Real-ESRGAN compact",
        "scale": 4,
        "features": upscaler.FEATURES,
        "blocks": upscaler.BLOCKS,
    }
    assert UPSCALER.stat().st_size < 400_000


@pytest.mark.parametrize(("kind", "margin"), [("shrunk", 3), ("drawn", 0.3)])
def test_it_comes_closer_to_held_out_renders_than_any_filter(kind: str, margin: float) -> None:
    small, large = held_out_pairs(40)[kind]

    reached = score(small, large)

    assert reached["bicubic"] > 15  # the pictures are the same ones
    assert reached["the upscaler"] > max(reached["bicubic"], reached["lanczos"]) + margin


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A work folder as the stages before leave it, with four pictures."""
    torch.manual_seed(0)
    save_atomic({"ema": {"weights": make_autoencoder().state_dict()}}, tmp_path / "autoencoder.pt")
    upscaler.make_pairs(tmp_path, 4)
    return tmp_path


def test_a_run_that_was_cut_goes_on_to_the_same_weights(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upscaler, "SAVE_EVERY", 2)
    monkeypatch.setattr(upscaler, "BATCH", 2)
    whole = trained(work)
    (work / "upscaler.pt").unlink()

    with monkeypatch.context() as cut:
        cut.setattr(upscaler, "loss_of", interrupted_in_call(4))
        with pytest.raises(KeyboardInterrupt):
            trained(work)
    assert torch.load(work / "upscaler.pt", weights_only=True)["step"] == 2

    again = trained(work)
    assert again.keys() == whole.keys()
    assert all(torch.equal(again[name], whole[name]) for name in whole)


def trained(work: Path) -> dict[str, Any]:
    """Run the stage as the command line does, and give the averaged weights, which are what is written."""
    out = work / "out" / "some.safetensors"
    train.main(["upscaler", "--work", str(work), "--upscaler-steps", "5", "--upscaler-out", str(out)])
    weights: dict[str, Any] = torch.load(work / "upscaler.pt", weights_only=True)["ema"]["weights"]
    written = Files({"upscale_models": (out.parent,)}, None)
    assert written.facts(UPSCALERS, written.find(UPSCALERS, out.name))["scale"] == 4
    return weights


def interrupted_in_call(number: int) -> Any:
    calls, real = 0, upscaler.loss_of

    def loss(out: Tensor, target: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        if calls == number:
            raise KeyboardInterrupt
        return real(out, target)

    return loss
