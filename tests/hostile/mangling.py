"""Pictures of every kind with something wrong in them, the same ones for the same seed."""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Iterator
from typing import Any

from PIL import Image, ImageCms

SIZE = (40, 30)


def mangled(seed: int, count: int) -> Iterator[bytes]:
    """Yield pictures with bytes changed, doubled, moved or missing."""
    chance = random.Random(seed)
    sound = sound_pictures()
    for _ in range(count):
        data = bytearray(chance.choice(sound))
        for _ in range(chance.choice((1, 1, 2, 4, 16))):
            _harm(data, chance)
        yield bytes(data)


def _harm(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(12, max(13, len(data)))
    match chance.randrange(5):
        case 0 | 1:
            data[at : at + 1] = bytes([chance.randrange(256)])
        case 2:
            data[at : at + 4] = chance.choice((b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff", b"\0\0\0\1"))
        case 3:
            data[at:at] = data[at : at + chance.randrange(60)]
        case _:
            del data[at : at + chance.randrange(30)]


def sound_pictures() -> list[bytes]:
    """Return a picture of every kind, with orientation, profile, palette, transparency and frames."""
    exif = Image.Exif()
    exif[0x112], exif[0x10E], exif[0x11A] = 6, "x" * 50, 72.5
    extras: dict[str, Any] = {
        "exif": exif,
        "icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    }
    return [
        _drawn("PNG"),
        _drawn("PNG", "P"),
        _drawn("PNG", "LA"),
        _drawn("PNG", "I;16"),
        _drawn("PNG", **extras),
        _drawn("JPEG", **extras),
        _drawn("JPEG", "CMYK"),
        _drawn("JPEG", progressive=True),
        _drawn("WEBP", **extras),
        _drawn("WEBP", "RGBA", lossless=True),
        _drawn("GIF", "P"),
        _drawn("GIF", "P", save_all=True, append_images=[Image.new("P", SIZE, shade) for shade in (3, 4, 5)]),
    ]


def _drawn(kind: str, mode: str = "RGB", **more: Any) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize(SIZE).convert(mode).save(out, kind, **more)
    return out.getvalue()


def gif_with_a_giant_frame(side: int) -> bytes:
    """Return a GIF that says it is small, with a frame of `side` squared pixels in it."""
    data = bytearray(_drawn("GIF", "P"))
    at = data.index(b"," + bytes(4) + struct.pack("<HH", *SIZE))
    data[at + 5 : at + 9] = struct.pack("<HH", side, side)
    return bytes(data)
