"""A deterministic job's rows share no forward with those of others; any other's may."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import torch

from graphflow_nodes.diffusion.denoiser import Denoiser
from graphflow_nodes.diffusion.guidance import Rows
from graphflow_nodes.sampling.ksampler import ksampler
from graphflow_nodes.values import Blank, Latent
from tests.nodes.toy_models import MODEL, ToyPool, ToyRecorder, says

STEPS = 40
"""So many that the second job begins before the first has ended, on a busy machine too."""


def rows_of_two_jobs(monkeypatch: pytest.MonkeyPatch, *, deterministic: bool) -> list[int]:
    """Sample twice at the same time, with patience enough to meet, and return the rows of each forward."""
    noted: list[int] = []
    real = Denoiser._network_in_chunks

    def noting(self: Denoiser, rows: Rows) -> torch.Tensor:
        noted.append(len(rows.x))
        return real(self, rows)

    monkeypatch.setattr(Denoiser, "_network_in_chunks", noting)
    pool = ToyPool()
    pool.unet.denoiser.patience = 0.2
    meeting = threading.Barrier(2)

    def sample(seed: int) -> None:
        ctx: Any = ToyRecorder()
        ctx.pool, ctx.deterministic = pool, deterministic
        given: dict[str, Any] = {
            "steps": STEPS,
            "cfg": 1.0,
            "positive": says(1.0),
            "negative": says(-0.5),
            "seed": seed,
        }
        meeting.wait(10)
        ksampler(MODEL, latent_image=Latent(Blank(32, 32, 1)), ctx=ctx, **given)

    threads = [threading.Thread(target=sample, args=(seed,)) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return noted


def test_a_deterministic_jobs_forwards_hold_its_own_rows_only(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rows_of_two_jobs(monkeypatch, deterministic=True) == [1] * 2 * STEPS


def test_the_control_of_the_test_above_sees_rows_of_both_in_one_forward(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 2 in rows_of_two_jobs(monkeypatch, deterministic=False)
