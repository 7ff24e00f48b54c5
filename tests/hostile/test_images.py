"""Pictures that lie, in every way that we thought of and in thousands that nobody did."""

from __future__ import annotations

import time
import warnings
from pathlib import Path

import pytest

from graphflow.api import NodeError
from graphflow.server.files.thumbnails import draw
from graphflow.server.problems import Refused
from graphflow_nodes.pictures import read_picture
from tests.server.pictures import chunk, picture, png_header
from tests.server.serving import A, Served, serving
from tests.sizes import sized, tell

from .mangling import gif_with_a_giant_frame, mangled, sound_pictures
from .raw import MIB, resident

COUNT = sized(600, 30_000)
PNG = {"Content-Type": "application/octet-stream"}


def tried(path: Path, data: bytes) -> tuple[bool, bool]:
    """Say whether a thumbnail was drawn, and whether a node could read the picture; nothing but refusals may be raised."""
    path.write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # Pillow tells of broken EXIF data; we go on without it
        warnings.simplefilter("error", RuntimeWarning)
        return _draws(path), _reads(path)


def _draws(path: Path) -> bool:
    try:
        return bool(draw(path, 64))
    except Refused as refused:
        return refused.status not in (413, 415, 422)


def _reads(path: Path) -> bool:
    try:
        return read_picture(path, name="x.png").colours.ndim == 4
    except NodeError:
        return False


def test_every_sound_picture_is_drawn_and_read(tmp_path: Path) -> None:
    assert {tried(tmp_path / "picture", each) for each in sound_pictures()} == {(True, True)}


def test_no_mangled_picture_is_worse_than_refused(tmp_path: Path) -> None:
    path, slowest = tmp_path / "picture", 0.0
    drawn = refused = 0
    before = resident()
    for data in mangled(seed=29, count=COUNT):
        begun = time.monotonic()
        ours, _ = tried(path, data)
        slowest = max(slowest, time.monotonic() - begun)
        drawn, refused = drawn + ours, refused + (not ours)

    tell("mangled pictures", f"{COUNT:,}, {drawn:,} drawn, {refused:,} refused, the slowest in {slowest:.2f} s")
    assert drawn > 0
    assert refused > COUNT / 20
    assert slowest < 5
    assert resident() - before < 64 * MIB


LIES = {
    "a frame larger than the whole": gif_with_a_giant_frame(60_000),
    "more pixels than there is memory": png_header(50_000, 50_000),
    "no pixels": png_header(0, 5),
    "a length beyond the end": picture()[:33] + b"\x7f\xff\xff\xffIDAT",
    "a pickle with a picture's name": b"\x80\x04\x95\x1c\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94.",
    "a script": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "a page": b"<!DOCTYPE html><script>alert(1)</script>",
    "an archive": b"PK\x03\x04" + bytes(60),
    "half a picture": picture("JPEG", (400, 300))[:60],
}


@pytest.mark.parametrize("kind", LIES)
def test_no_lie_gets_further_than_a_refusal(tmp_path: Path, kind: str) -> None:
    with serving(tmp_path / "home") as served:
        sent = served.ask("POST", "/api/v1/uploads?name=x.png", user=A, data=LIES[kind], headers=PNG)
        if sent.status == 201:  # its header was sound: what is behind it is looked at when it is drawn
            sent = served.ask("GET", f"/api/v1/artifacts/{sent.json['sha256']}/thumbnail", user=A)
            assert served.ask("GET", "/api/v1/uploads/x.png", user=A).headers["Content-Type"] == "image/png"

        assert sent.status in (413, 415, 422), sent.body
        assert sent.json["problems"][0]["message"]
        assert_still_there(served)


BESIDE = {
    "a profile that is none": png_header(4, 4, extra=chunk(b"iCCP", b"x\0\0" + b"\xff" * 50)),
    "a text that is no text": png_header(4, 4, extra=chunk(b"zTXt", b"k\0\0" + b"\xff" * 50)),
}


@pytest.mark.parametrize("kind", BESIDE)
def test_what_is_broken_beside_the_pixels_is_left_out(tmp_path: Path, kind: str) -> None:
    assert tried(tmp_path / "picture", BESIDE[kind])[0]


def assert_still_there(served: Served) -> None:
    """Have a sound picture taken, as ever."""
    sent = served.ask("POST", "/api/v1/uploads?name=sound.png", user=A, data=picture(), headers=PNG)
    assert sent.status == 201
    assert served.ask("GET", f"/api/v1/artifacts/{sent.json['sha256']}/thumbnail", user=A).status == 200
