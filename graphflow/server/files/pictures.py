"""Says what a picture is from its header, before anything is decoded: its type from its bytes, and its size."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageFile, UnidentifiedImageError
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from graphflow.server.problems import Refused

ENDINGS = {
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/webp": (".webp",),
    "image/gif": (".gif",),
}
"""The pictures that are taken and shown, with the endings that their names may have; the first is the usual one."""
SIDE = 65_535
"""Pixels: of a side, more than any of these formats but PNG can say, and any program shows."""
HEAD = 32
"""Bytes that say which kind of picture follows."""
_UNREADABLE = (OSError, SyntaxError, ValueError, TypeError, IndexError, KeyError, OverflowError, struct.error, EOFError)
"""What Pillow raises for headers that are damaged."""


TOO_LARGE = (Image.DecompressionBombError, Image.DecompressionBombWarning)
"""What Pillow says of pictures with too many pixels: the warning is raised where warnings are errors."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What a picture's bytes say that it is; width and height are in pixels."""

    media_type: str
    width: int
    height: int


def read_picture(path: Path, pixels: int) -> Picture:
    """Return what a file's header says; nothing is decoded.

    Raise Refused: 415 for what is none of the pictures in ENDINGS, 413 for more than `pixels`, and 422 for a damaged
    one.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
        file.seek(0)
        media_type = media_type_of(head)
        if media_type is None:
            raise Refused(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                "no-picture",
                "the bytes are no picture that can be used here, whatever the name says",
                hint="send a PNG, JPEG, WebP or GIF",
            )
        picture = Picture(media_type, *_size(file, media_type))
    check_pixels(picture, pixels)
    return picture


def media_type_of(head: bytes) -> str | None:
    """Return which kind of picture begins with these bytes; None when it is none of ENDINGS."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return "image/gif" if head.startswith((b"GIF87a", b"GIF89a")) else None


def check_pixels(picture: Picture, pixels: int) -> None:
    """Raise Refused for a picture that would need too much memory once it is decoded."""
    if picture.width * picture.height > pixels or max(picture.width, picture.height) > SIDE:
        raise Refused(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "too-many-pixels",
            f"the picture has {picture.width:,} x {picture.height:,} pixels; "
            f"{pixels:,} are allowed, and {SIDE:,} on a side",
            hint="make it smaller first",
        )


def _size(file: BinaryIO, media_type: str) -> tuple[int, int]:
    try:
        width, height = _SIZES[media_type](file)
    except TOO_LARGE as error:  # a frame of a GIF that is larger than it says the whole to be
        raise Refused(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-many-pixels", "a frame of the picture has too many pixels"
        ) from error
    except _UNREADABLE as error:
        raise _damaged(media_type) from error
    if width < 1 or height < 1:
        raise _damaged(media_type)
    return width, height


def _damaged(media_type: str) -> Refused:
    kind = media_type.removeprefix("image/").upper()
    return Refused(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "damaged-picture",
        f"this begins like a {kind}, but its header is damaged or cut off",
        hint="save or send it again",
    )


def _by(plugin: Callable[[BinaryIO], ImageFile.ImageFile]) -> Callable[[BinaryIO], tuple[int, int]]:
    """Have Pillow read the header with the plugin itself: `Image.open` would warn of large pictures, we refuse them."""

    def size(file: BinaryIO) -> tuple[int, int]:
        try:
            return plugin(file).size
        except UnidentifiedImageError as error:
            raise ValueError("damaged") from error

    return size


def _webp(file: BinaryIO) -> tuple[int, int]:
    """Read the size of a WebP (RFC 9649, section 2): to say it, Pillow would make room for all of its pixels."""
    head = file.read(30)
    if len(head) < 30:
        raise ValueError("cut off")
    match head[12:16]:
        case b"VP8X":
            return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
        case b"VP8L" if head[20] == 0x2F:
            bits = int.from_bytes(head[21:25], "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 " if head[23:26] == b"\x9d\x01\x2a":
            width, height = struct.unpack("<HH", head[26:30])
            return width & 0x3FFF, height & 0x3FFF
        case _:
            raise ValueError("an unknown chunk")


_SIZES: dict[str, Callable[[BinaryIO], tuple[int, int]]] = {
    "image/png": _by(PngImageFile),
    "image/jpeg": _by(JpegImageFile),
    "image/gif": _by(GifImageFile),
    "image/webp": _webp,
}
