"""A work folder with all stages before the UNet, trained in a few steps."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graphflow_tiny import train
from graphflow_tiny.training import probe, unet, wordings

SMALL = ("--pictures", "40", "--autoencoder-steps", "4", "--contrastive-steps", "2", "--processes", "1")


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run all stages before the UNet once."""
    work = tmp_path_factory.mktemp("train")
    train.main(["data", "autoencoder", "contrastive", "states", "latents", "--work", str(work), *SMALL])
    return work


@pytest.fixture
def work(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a copy of the prepared folder; processes meet at every second step, and what they look at is little."""
    monkeypatch.setattr(probe, "PICTURES", 4)
    monkeypatch.setattr(unet, "MEET_EVERY", 2)
    for name, few in {"BATCH": 8, "SEEN": 4, "FOREIGN": 4, "MEET_EVERY": 2, "SAVE_EVERY": 2}.items():
        monkeypatch.setattr(wordings, name, few)
    return Path(shutil.copytree(prepared, tmp_path / "work"))


def terminated_in_call(number: int, function: Callable[..., Any]) -> Callable[..., Any]:
    calls: list[None] = []

    def wrapped(*arguments: Any) -> Any:
        calls.append(None)
        if len(calls) == number:
            signal.raise_signal(signal.SIGTERM)
        return function(*arguments)

    return wrapped
