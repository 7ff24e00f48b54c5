"""Texts of pictures, against Pillow's own, and pictures that were made to do harm."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from graphflow.png import SIGNATURE, is_png, read_texts

LIMIT = 1 << 20


def picture(info: PngInfo) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def made(*chunks: bytes) -> bytes:
    return SIGNATURE + b"".join(chunks) + chunk(b"IEND", b"")


TEXT = '{"nodes": {}, "name": "ein Töpfchen 🏺"}'


@pytest.mark.parametrize("compressed", [False, True])
def test_latin_texts_are_read_as_pillow_writes_them(compressed: bool) -> None:
    info = PngInfo()
    info.add_text("graphflow", "caf\xe9 " * 200, zip=compressed)

    assert read_texts(picture(info), LIMIT) == {"graphflow": "caf\xe9 " * 200}


@pytest.mark.parametrize("compressed", [False, True])
def test_texts_in_any_script_are_read_as_pillow_writes_them(compressed: bool) -> None:
    info = PngInfo()
    info.add_itxt("graphflow", TEXT, lang="de", tkey="Ablauf", zip=compressed)
    info.add_text("prompt", "x")

    assert read_texts(picture(info), LIMIT) == {"graphflow": TEXT, "prompt": "x"}


def test_an_empty_text_is_a_text() -> None:
    info = PngInfo()
    info.add_text("graphflow", "")

    assert read_texts(picture(info), LIMIT) == {"graphflow": ""}


def test_a_picture_without_texts_has_none() -> None:
    assert read_texts(picture(PngInfo()), LIMIT) == {}


def test_other_files_are_no_png() -> None:
    assert not is_png(b"\xff\xd8\xff\xe0 a photograph")
    assert not is_png(b"")
    assert is_png(picture(PngInfo()))


def test_a_picture_that_is_cut_off_anywhere_is_refused() -> None:
    info = PngInfo()
    info.add_text("graphflow", TEXT.encode("ascii", "ignore").decode())
    whole = picture(info)

    for length in range(len(SIGNATURE), len(whole) - 1):
        with pytest.raises(ValueError, match="cut off before its end"):
            read_texts(whole[:length], LIMIT)


def test_a_text_with_a_flipped_bit_is_refused() -> None:
    info = PngInfo()
    info.add_text("graphflow", "a workflow")
    damaged = picture(info).replace(b"a workflow", b"a workflov")

    with pytest.raises(ValueError, match="its tEXt chunk is damaged"):
        read_texts(damaged, LIMIT)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (made(chunk(b"zTXt", b"graphflow\0\0not compressed")), "is damaged"),
        (made(chunk(b"zTXt", b"graphflow\0\0" + zlib.compress(b"x" * 9000)[:-9])), "is cut off"),
        (made(chunk(b"zTXt", b"graphflow")), "is cut off"),
        (made(chunk(b"iTXt", b"graphflow")), "its iTXt chunk has no text"),
        (made(chunk(b"iTXt", b"graphflow\0\0\0en\0")), "its iTXt chunk has no text"),
        (made(chunk(b"iTXt", b"graphflow\0\0\0en\0\0\xff\xfe")), "can't decode"),
        (SIGNATURE + b"\xff\xff\xff\xfftEXt", "cut off"),
        (SIGNATURE, "cut off"),
    ],
)
def test_a_lying_chunk_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_texts(data, LIMIT)


def test_a_small_text_that_unpacks_to_very_much_is_refused_without_unpacking_it() -> None:
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(b"\0" * (1 << 20)) for _ in range(40)) + packer.flush()

    with pytest.raises(ValueError, match="unpack to more"):
        read_texts(made(chunk(b"zTXt", b"graphflow\0\0" + bomb)), LIMIT)


def test_many_texts_together_keep_to_the_limit_as_well() -> None:
    part = zlib.compress(b"\0" * (LIMIT // 4))
    four = [chunk(b"zTXt", b"k%d\0\0" % i + part) for i in range(4)]
    fifth = chunk(b"iTXt", b"k\0\1\0\0\0" + zlib.compress(b"x"))

    assert len(read_texts(made(*four), LIMIT)) == 4
    with pytest.raises(ValueError, match="unpack to more"):
        read_texts(made(*four, fifth), LIMIT)
