"""Pictures and models through the command line, with the core pack: what comes in, what goes out, and what is refused."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import Say
from tests.cli.test_mistakes import chunk
from tests.toy import link


@pytest.fixture
def flip(write: Callable[..., Path]) -> Path:
    """A workflow that loads a picture, makes it 8 x 6 and saves it; its input is `image`."""
    nodes = {
        "load": ("LoadImage", {"image": "photo.png"}),
        "scale": (
            "ImageScale",
            {
                "image": link("load", "image"),
                "upscale_method": "nearest-exact",
                "width": 8,
                "height": 6,
                "crop": "disabled",
            },
        ),
        "save": ("SaveImage", {"images": link("scale"), "filename_prefix": "small"}),
    }
    return write("scale", nodes, inputs={"image": {"node": "load", "input": "image"}})


def photo(path: Path, seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)).save(path)
    return path


def pixels(path: str | Path) -> bytes:
    with Image.open(path) as picture:
        return picture.tobytes()


def test_a_picture_from_anywhere_is_copied_into_the_input_folder_once(graphflow: Say, flip: Path, home: Path) -> None:
    photo(Path("my photo.PNG"))

    for _ in range(2):
        assert graphflow("run", flip, "--set", "image=my photo.PNG").code == 0
    photo(Path("my photo.PNG"), seed=1)
    assert graphflow("run", flip, "--set", "image=./my photo.PNG").code == 0

    names = sorted(each.name for each in (home / "input").iterdir())
    assert len(names) == 2
    assert all(name.startswith("my_photo-") and name.endswith(".png") for name in names)


def test_a_name_in_the_input_folder_goes_before_a_file_that_lies_here(graphflow: Say, flip: Path, home: Path) -> None:
    photo(home / "input" / "photo.png", seed=2)
    photo(Path("photo.png"), seed=3)

    by_name = graphflow("run", flip, "--set", "image=photo.png").out.strip()
    by_path = graphflow("run", flip, "--set", "image=./photo.png").out.strip()

    assert pixels(by_name) == pixels(graphflow("run", flip).out.strip())
    assert pixels(by_name) != pixels(by_path)


def test_a_saved_picture_runs_again_and_gives_the_same_pixels(graphflow: Say, flip: Path, tmp_path: Path) -> None:
    photo(Path("photo.png"))
    first = graphflow("run", flip, "--set", "image=./photo.png").out.strip()
    assert json.loads(graphflow("run", first, "--dry-run", "--json").out)["nodes"]

    again = graphflow("run", first, "--out", tmp_path / "again")

    assert again.code == 0
    assert again.out.strip() == str(tmp_path / "again" / "small_00001_.png")
    assert pixels(again.out.strip()) == pixels(first)


def test_a_saved_picture_can_be_the_input_of_the_next_run(graphflow: Say, flip: Path) -> None:
    photo(Path("photo.png"))
    graphflow("run", flip, "--set", "image=./photo.png")

    assert graphflow("run", flip, "--set", "image=small_00001_.png [output]").code == 0


def cut(path: Path) -> None:
    photo(path)
    path.write_bytes(path.read_bytes()[:200])


def gigantic(path: Path) -> None:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 200_000, 200_000, 8, 2, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b""))


def text(path: Path) -> None:
    path.write_text("this is no picture")


@pytest.mark.parametrize("damage", [cut, gigantic, text])
def test_a_picture_that_cannot_be_used_is_named(graphflow: Say, flip: Path, damage: Callable[[Path], None]) -> None:
    damage(Path("photo.png"))

    said = graphflow("run", flip, "--set", "image=./photo.png")

    assert said.code in (1, 2)
    assert "error: load" in said.err
    assert "photo" in said.err
    assert "unexpected" not in said.err


def test_a_file_of_the_wrong_kind_is_refused_before_it_is_copied(graphflow: Say, flip: Path, home: Path) -> None:
    Path("notes.txt").write_text("no picture")

    said = graphflow("run", flip, "--set", "image=./notes.txt")

    assert said.code == 2
    assert "wants a file ending in" in said.err
    assert not home.exists()


def test_a_path_that_leads_to_nothing_is_named(graphflow: Say, flip: Path) -> None:
    said = graphflow("run", flip, "--set", "image=./nothing.png")

    assert said.code == 2
    assert "error: image: there is no file ./nothing.png" in said.err


def lying(length: int, header: bytes, data: bytes = b"") -> bytes:
    return struct.pack("<Q", length) + header + data


HEADER = b'{"a": {"dtype": "F32", "shape": [1000], "data_offsets": [0, 4000]}}'


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"short",
        lying(1 << 60, HEADER),
        lying(len(HEADER), HEADER, b"\0" * 10),
        lying(len(HEADER), HEADER.replace(b"[0, 4000]", b"[0, 8]"), b"\0" * 8),
        lying(5, b"{{{{{"),
        lying(len(HEADER), HEADER, b"\0" * 4000),
    ],
    ids=["empty", "short", "header too long", "cut", "offsets lie", "no json", "no model"],
)
def test_a_checkpoint_that_is_cut_off_or_lies_is_found_while_checking(
    graphflow: Say, write: Callable[..., Path], home: Path, data: bytes
) -> None:
    folder = home / "models" / "checkpoints"
    folder.mkdir(parents=True)
    (folder / "bad.safetensors").write_bytes(data)
    nodes = {"load": ("LoadCheckpoint", {"ckpt_name": "bad.safetensors"})}

    said = graphflow("check", write("load", nodes), "--targets", "load")
    listed = graphflow("models")

    assert said.code == 2
    assert "error: load.ckpt_name: 'bad.safetensors' cannot be used" in said.err
    assert listed.code == 0
    assert "bad.safetensors" in listed.out
    assert "cannot be used" in listed.out
