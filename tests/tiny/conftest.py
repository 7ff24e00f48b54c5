"""A work folder with all stages before the UNet, trained in a few steps."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graphflow_tiny import train

SMALL = ("--pictures", "40", "--autoencoder-steps", "4", "--contrastive-steps", "2", "--processes", "1")


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run all stages before the UNet once."""
    work = tmp_path_factory.mktemp("train")
    train.main(["data", "autoencoder", "contrastive", "states", "latents", "--work", str(work), *SMALL])
    return work


def terminated_in_call(number: int, function: Callable[..., Any]) -> Callable[..., Any]:
    calls: list[None] = []

    def wrapped(*arguments: Any) -> Any:
        calls.append(None)
        if len(calls) == number:
            signal.raise_signal(signal.SIGTERM)
        return function(*arguments)

    return wrapped
