"""How the default model's companions are trained: in a few steps, on a few pictures."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from graphflow_nodes.diffusion.low_rank import difference_of
from graphflow_nodes.models.lora import inspect_lora, read_changes
from graphflow_tiny import MODEL_ROOTS
from graphflow_tiny.training import few, inpaint, lora
from graphflow_tiny.training.loop import Log
from graphflow_tiny.world import Single, render

MODEL = MODEL_ROOTS["checkpoints"] / "graphflow-tiny"


def test_holes_of_every_kind_are_drawn_and_a_quarter_of_the_pictures_is_all_hole() -> None:
    holes = inpaint.draw_holes(400, 64, torch.Generator().manual_seed(0))
    share = holes.mean(dim=(1, 2))

    assert ((holes == 0) | (holes == 1)).all()
    assert 0.2 < (share == 1).float().mean() < 0.3
    assert (share > 0).all()
    assert share[share < 1].max() < 0.9


def test_a_lora_learns_a_little_and_is_read_by_the_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lora, "PICTURES", 8)
    monkeypatch.setattr(lora, "BATCH", 4)
    monkeypatch.setattr(lora, "RATE", 1e-2)

    lora.train_lora("diamond", MODEL, tmp_path, steps=3, log=Log(tmp_path / "log.jsonl", "loras"))

    file = lora.file_of(tmp_path, "diamond")
    changes = read_changes(file, text=False)
    assert inspect_lora(file) == {"family": "sd15", "changes": "model", "rank": 4, "context_width": 128}
    convolution = changes["lora_unet_mid_block_resnets_0_conv1"]
    assert difference_of(convolution, torch.Size((96, 96, 3, 3))).abs().max() > 0


def test_lessons_are_taught_again_to_other_weights_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taught: list[str] = []
    monkeypatch.setattr(lora, "train_lora", lambda name, *_, **__: taught.append(name))
    shipped, log = MODEL_ROOTS["loras"], Log(tmp_path / "log.jsonl", "loras")
    other = shutil.copytree(MODEL / "unet", tmp_path / "other" / "unet").parent
    with (other / "unet" / "diffusion_pytorch_model.safetensors").open("ab") as file:
        file.write(b" ")

    lora.train_loras(MODEL, shipped, log)
    assert taught == []
    assert lora.is_taught(shipped, few.NAME, MODEL)

    lora.train_loras(other, shipped, log)
    assert taught == [*lora.LESSONS]
    assert not lora.is_taught(shipped, few.NAME, other)
    assert not lora.is_taught(tmp_path, "diamond", MODEL)  # there is none


def test_a_pencil_drawing_is_dark_at_edges_and_paper_elsewhere() -> None:
    picture = render(Single("square", "red", "blue", "centre", "large", 1), 128)

    drawn = lora.pencilled(picture).astype(float)

    bright = drawn.mean(axis=2)
    assert drawn.shape == (64, 64, 3)
    assert bright[2:6, 2:6].min() > 200  # paper, whatever the colour was
    assert bright[30:34, 30:34].min() > 200
    across = bright[32]
    assert across.min() < 90  # the square's sides
    sides = np.flatnonzero(across < 120)
    assert abs(sides[-1] - sides[0] - 2 * 0.9 * 0.255 * 64) < 4  # one at the left and one at the right of the square
    assert ((across[sides[0] + 4 : sides[-1] - 3]) > 200).all()
