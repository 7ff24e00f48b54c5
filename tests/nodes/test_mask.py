from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image as Pillow
from torch.testing import assert_close

from graphflow_nodes.mask.sources import invert_mask, mask_from_file, solid_mask
from graphflow_nodes.values import Mask
from tests.nodes.recording import as_file


@pytest.mark.parametrize(("channel", "want"), [("red", 0.2), ("green", 0.4), ("blue", 0.6), ("alpha", 1 - 0.8)])
def test_each_channel_of_a_file_can_be_a_mask(tmp_path: Path, channel: str, want: float) -> None:
    Pillow.new("RGBA", (3, 2), (51, 102, 153, 204)).save(tmp_path / "mask.png")

    mask = mask_from_file(as_file(tmp_path / "mask.png"), channel=channel)

    assert_close(mask.tensor, torch.full((1, 2, 3), want))


def test_a_file_without_alpha_masks_nothing(tmp_path: Path) -> None:
    Pillow.new("RGB", (3, 2), (255, 255, 255)).save(tmp_path / "plain.png")

    assert_close(mask_from_file(as_file(tmp_path / "plain.png")).tensor, torch.zeros(1, 64, 64))


def test_a_solid_mask_has_one_value_everywhere() -> None:
    assert_close(solid_mask(0.3, 5, 4).tensor, torch.full((1, 4, 5), 0.3))


def test_inverting_swaps_kept_and_made_and_leaves_its_input_alone() -> None:
    mask = Mask(torch.tensor([[[0.0, 0.25, 1.0]]]))

    assert_close(invert_mask(mask).tensor, torch.tensor([[[1.0, 0.75, 0.0]]]))
    assert_close(mask.tensor, torch.tensor([[[0.0, 0.25, 1.0]]]))
