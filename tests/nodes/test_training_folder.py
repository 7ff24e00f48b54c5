"""A folder of captioned pictures: read as pairs, and known by its contents."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image as Pillow
from torch.testing import assert_close

from graphflow.api import File, NodeError
from graphflow.files import Files
from graphflow_nodes.training.folder import CAPTIONED, Captioned, load_captioned_folder


def write(folder: Path, name: str, caption: str | None, size: tuple[int, int] = (8, 8), colour: int = 255) -> None:
    folder.mkdir(exist_ok=True)
    Pillow.new("RGB", size, (colour, 0, 0)).save(folder / f"{name}.png")
    if caption is not None:
        (folder / f"{name}.txt").write_text(caption, encoding="utf-8")


def load(folder: Path, width: int = 0, height: int = 0) -> Captioned:
    return load_captioned_folder(File(folder.name, folder, "0" * 64), width=width, height=height)


def test_pictures_come_in_the_order_of_their_names_with_their_captions(tmp_path: Path) -> None:
    write(tmp_path, "b", "dark\n  red ", colour=51)
    write(tmp_path, "a", "\ufeffbright red")

    loaded = load(tmp_path)

    assert loaded.captions == "bright red\ndark red"
    assert_close(loaded.images.tensor[:, 0, 0, 0], torch.tensor([1.0, 0.2]))


def test_all_are_cut_and_scaled_to_the_size_of_the_first_or_to_the_one_that_was_asked_for(tmp_path: Path) -> None:
    write(tmp_path, "a", "wide", (16, 8))
    write(tmp_path, "b", "tall", (8, 64))

    assert load(tmp_path).images.tensor.shape == (2, 8, 16, 3)
    assert load(tmp_path, 12, 12).images.tensor.shape == (2, 12, 12, 3)


@pytest.mark.parametrize(
    ("lost", "message"), [("a.txt", "a.png in .* has no caption"), ("a.png", "a.txt in .* has no picture")]
)
def test_a_picture_or_a_caption_alone_is_named(lost: str, message: str, tmp_path: Path) -> None:
    write(tmp_path, "a", "one")
    write(tmp_path, "b", "two")
    (tmp_path / lost).unlink()

    with pytest.raises(NodeError, match=message):
        load(tmp_path)


def test_the_key_follows_what_the_folder_holds(tmp_path: Path) -> None:
    write(tmp_path / "set", "a", "one")
    files = Files({"input": (tmp_path,)}, None)
    before = files.find(CAPTIONED, "set").sha256

    (tmp_path / "set" / "a.txt").write_text("another")

    assert files.choices(CAPTIONED) == ("set",)
    assert files.find(CAPTIONED, "set").sha256 != before
