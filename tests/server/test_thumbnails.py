"""Thumbnails: small, right, kept, never of what is too large or broken, and never half written."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest
from PIL import Image

from graphflow.server.files.thumbnails import PIXELS, SIZES, Thumbnails, draw
from graphflow.server.problems import Refused

from .pictures import picture, png_bomb, png_header

HASH = "ab" * 32


def drawn(folder: Path, data: bytes, size: int = 64) -> Image.Image:
    path = folder / "picture"
    path.write_bytes(data)
    return Image.open(io.BytesIO(draw(path, size)))


def get(thumbnails: Thumbnails, path: Path, size: int = 64) -> bytes:
    return asyncio.run(thumbnails.get(HASH, path, size))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_thumbnail_shows_the_picture_small(tmp_path: Path, kind: str) -> None:
    small = drawn(tmp_path, picture(kind, (400, 200), "blue"))

    assert (small.format, small.size) == ("WEBP", (64, 32))
    red, green, blue = small.convert("RGB").getpixel((32, 16))  # type: ignore[misc]  # of an RGB picture three numbers
    assert (red < 40, green < 40, blue > 215) == (True, True, True)


def test_a_small_picture_is_not_blown_up(tmp_path: Path) -> None:
    assert drawn(tmp_path, picture("PNG", (10, 8))).size == (10, 8)


def test_transparency_is_kept(tmp_path: Path) -> None:
    small = drawn(tmp_path, picture("PNG", (100, 100), (255, 0, 0, 0)))

    assert small.mode == "RGBA"
    assert small.getchannel("A").getextrema() == (0, 0)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "RGBA"])
def test_every_kind_of_png_can_be_drawn(tmp_path: Path, mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (90, 90)).save(out, "PNG")

    assert drawn(tmp_path, out.getvalue()).size == (64, 64)


def test_sixteen_bits_are_scaled_and_not_cut(tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.new("I;16", (90, 90), 0x8000).save(out, "PNG")

    assert abs(int(drawn(tmp_path, out.getvalue()).convert("L").getpixel((9, 9))) - 128) < 4  # type: ignore[arg-type]  # of one channel


def test_a_photograph_stands_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side

    assert drawn(tmp_path, picture("JPEG", (400, 200), exif=exif)).size == (32, 64)


def test_a_thumbnail_is_drawn_once_for_each_size(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(picture("PNG", (400, 400)))
    thumbnails = Thumbnails(tmp_path / "kept")

    first = get(thumbnails, path, 200)
    path.write_bytes(b"no longer a picture")

    assert Image.open(io.BytesIO(first)).size == (256, 256)
    assert get(thumbnails, path, 256) == first
    with pytest.raises(Refused):
        get(thumbnails, path, 64)
    assert [each.name for each in (tmp_path / "kept" / "ab").iterdir()] == [f"{HASH}-256.webp"]


def test_what_was_drawn_can_be_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(picture("PNG", (400, 400)))
    thumbnails = Thumbnails(tmp_path / "kept")
    get(thumbnails, path, SIZES[0])

    thumbnails.forget(HASH)

    assert list((tmp_path / "kept" / "ab").iterdir()) == []


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<svg/>", "no-picture"),
        (picture("PNG", (400, 400))[:-60], "damaged-picture"),
        (picture("WEBP", (400, 400))[:60], "damaged-picture"),
        (png_header(100, 100), "damaged-picture"),
        (png_header(30_000, 30_000), "too-many-pixels"),
        (png_bomb(8_000, 8_000), "too-many-pixels"),
    ],
)
def test_what_cannot_be_drawn_is_refused_and_leaves_nothing(tmp_path: Path, data: bytes, code: str) -> None:
    path = tmp_path / "picture"
    path.write_bytes(data)

    with pytest.raises(Refused) as refused:
        get(Thumbnails(tmp_path / "kept"), path)

    assert refused.value.problems[0].code == code
    assert not (tmp_path / "kept").exists()


def test_the_limit_lies_below_what_pillow_itself_would_refuse() -> None:
    assert Image.MAX_IMAGE_PIXELS is not None
    assert PIXELS < Image.MAX_IMAGE_PIXELS


def test_a_folder_that_takes_nothing_costs_only_time(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(picture("PNG", (400, 400)))
    (tmp_path / "kept").write_text("a file where the folder should be")

    assert Image.open(io.BytesIO(get(Thumbnails(tmp_path / "kept"), path))).size == (64, 64)


def test_many_who_ask_at_once_get_the_same(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(picture("PNG", (400, 400)))
    thumbnails = Thumbnails(tmp_path / "kept")

    async def ask() -> list[bytes]:
        return await asyncio.gather(*(thumbnails.get(HASH, path, 64) for _ in range(20)))

    assert len(set(asyncio.run(ask()))) == 1
    assert len(list((tmp_path / "kept" / "ab").iterdir())) == 1
