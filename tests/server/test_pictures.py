"""What a picture is, from its header: kinds, sizes, limits, damage, bombs."""

from __future__ import annotations

import resource
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from graphflow.server.files.pictures import Picture, media_type_of, read_picture
from graphflow.server.problems import Refused

from .pictures import chunk, gif_header, jpeg_header, picture, png_bomb, png_header, webp_header

MANY = 100_000_000


def read(folder: Path, data: bytes, pixels: int = MANY) -> Picture:
    path = folder / "picture"
    path.write_bytes(data)
    return read_picture(path, pixels)


def refusal(folder: Path, data: bytes, pixels: int = MANY) -> tuple[int, str]:
    with pytest.raises(Refused) as refused:
        read(folder, data, pixels)
    return refused.value.status, refused.value.problems[0].code


@pytest.mark.parametrize(
    ("kind", "media_type", "more"),
    [
        ("PNG", "image/png", {}),
        ("JPEG", "image/jpeg", {}),
        ("WEBP", "image/webp", {}),
        ("WEBP", "image/webp", {"lossless": True}),
        ("GIF", "image/gif", {}),
    ],
)
def test_a_picture_is_what_its_bytes_are(tmp_path: Path, kind: str, media_type: str, more: dict[str, bool]) -> None:
    assert read(tmp_path, picture(kind, (40, 30), **more)) == Picture(media_type, 40, 30)


def test_a_transparent_webp_says_its_size_as_well(tmp_path: Path) -> None:
    data = picture("WEBP", (40, 30), (1, 2, 3, 4))

    assert data[12:16] == b"VP8X"
    assert read(tmp_path, data) == Picture("image/webp", 40, 30)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"%PDF-1.7",
        b"PK\x03\x04zip",
        b"BM" + bytes(60),
        b"RIFF\x00\x00\x00\x00WAVEfmt ",
        b" \x89PNG\r\n\x1a\n",
        b"II*\x00" + bytes(40),
    ],
)
def test_what_is_no_picture_is_not_taken_for_one(tmp_path: Path, data: bytes) -> None:
    assert media_type_of(data[:32]) is None
    assert refusal(tmp_path, data) == (415, "no-picture")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_header_that_is_cut_off_is_refused(tmp_path: Path, kind: str) -> None:
    whole = picture(kind)

    for length in (12, 16, 20, 25):
        assert refusal(tmp_path, whole[:length]) == (422, "damaged-picture"), length


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_damaged_header_is_read_or_refused_and_never_an_error(tmp_path: Path, kind: str) -> None:
    whole = bytearray(picture(kind))
    taken = 0

    for place in range(min(len(whole), 160)):
        for value in (0, 255):
            damaged = bytearray(whole)
            damaged[place] = value
            with suppress(Refused):
                read(tmp_path, bytes(damaged))
                taken += 1

    assert taken > 0


@pytest.mark.parametrize("make", [png_header, jpeg_header, webp_header, gif_header])
def test_the_pixels_in_the_header_decide_at_the_limit_and_beyond(tmp_path: Path, make: object) -> None:
    assert callable(make)

    found = read(tmp_path, make(100, 50), pixels=5000)

    assert (found.width, found.height) == (100, 50)
    assert refusal(tmp_path, make(100, 51), pixels=5000) == (413, "too-many-pixels")


def test_a_picture_of_thirty_thousand_squared_is_refused_from_its_header(tmp_path: Path) -> None:
    assert refusal(tmp_path, png_header(30_000, 30_000)) == (413, "too-many-pixels")
    assert refusal(tmp_path, jpeg_header(30_000, 30_000)) == (413, "too-many-pixels")


def test_a_side_without_end_is_refused_though_the_area_is_small(tmp_path: Path) -> None:
    assert refusal(tmp_path, png_header(90_000, 1)) == (413, "too-many-pixels")
    assert read(tmp_path, png_header(65_535, 1)).width == 65_535


def test_a_bomb_is_refused_without_being_unpacked(tmp_path: Path) -> None:
    bomb = png_bomb(12_000, 12_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    assert len(bomb) < 1_000_000
    assert refusal(tmp_path, bomb) == (413, "too-many-pixels")

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def test_a_text_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    text = chunk(b"zTXt", b"workflow\0\0" + zlib.compress(bytes(200_000_000), 9))

    assert refusal(tmp_path, png_header(4, 3, extra=text)) == (422, "damaged-picture")


def test_what_follows_a_picture_does_not_change_what_it_is(tmp_path: Path) -> None:
    both = picture("GIF") + b"<script>alert(1)</script>"

    assert read(tmp_path, both).media_type == "image/gif"


def test_asking_leaves_pillow_as_it_was(tmp_path: Path) -> None:
    before = Image.MAX_IMAGE_PIXELS

    read(tmp_path, png_header(9_900, 10_000))

    assert before == Image.MAX_IMAGE_PIXELS
