"""Training the autoencoder, and which pictures a training draws."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from graphflow_tiny import train
from graphflow_tiny.training import autoencoder
from graphflow_tiny.training.data import load_training_set
from graphflow_tiny.world import Group, make_spec
from tests.tiny.conftest import terminated_in_call


def test_an_autoencoder_cut_by_sigterm_goes_on_to_the_same_weights(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(autoencoder, "MEET_EVERY", 2)
    work = tmp_path / "work"
    work.mkdir()
    for path in (*prepared.glob("*.npy"), prepared / "captions.json"):
        (work / path.name).symlink_to(path)

    whole = train_autoencoder(work, 4)
    for path in work.glob("autoencoder*.pt"):
        path.unlink()
    with monkeypatch.context() as cut:
        cut.setattr(autoencoder, "loss_of", terminated_in_call(2, autoencoder.loss_of))
        assert train_autoencoder(work, 4)["step"] == 2
    resumed = train_autoencoder(work, 4)

    assert resumed["step"] == 4
    for name, value in whole["model"].items():
        torch.testing.assert_close(resumed["model"][name], value, rtol=0, atol=0)


def test_favoured_sorts_are_drawn_more_often_and_never_beyond_the_pictures_of_a_size(prepared: Path) -> None:
    plain, favouring = load_training_set(prepared), load_training_set(prepared, ["groups"])
    random = torch.Generator().manual_seed(0)

    drawn = [each.draw(3000, random, below=30) for each in (plain, favouring)]

    groups = {number for number in range(30) if isinstance(make_spec(number), Group)}
    shares = [sum(number in groups for number in numbers.tolist()) / 3000 for numbers in drawn]
    assert shares[0] == pytest.approx(len(groups) / 30, abs=0.05)
    assert shares[1] == pytest.approx(1 / 3 + 2 / 3 * len(groups) / 30, abs=0.05)
    assert all(numbers.max() < 30 for numbers in drawn)


def train_autoencoder(work: Path, steps: int) -> dict[str, Any]:
    train.main(["autoencoder", "--work", str(work), "--autoencoder-steps", str(steps), "--processes", "1"])
    state: dict[str, Any] = torch.load(work / "autoencoder.pt", weights_only=True)
    return state
