"""Small pictures of large ones: drawn once on demand, in threads of their own, and kept in a folder of the cache."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageOps
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from graphflow.server.files.pictures import TOO_LARGE, read_picture
from graphflow.server.problems import Refused

MEDIA_TYPE = "image/webp"
SIZES = (64, 128, 256, 512, 1024)
"""Pixels of the longer side: few, so that nobody fills the cache with a thousand sizes of one picture."""
PIXELS = 32_000_000
"""Of the whole picture, which is decoded for it: 128 MB, for as long as that takes."""
_QUALITY = 80
_DIGEST_BYTES = 32
_MARK_SECONDS = 3600.0
"""What is shown is marked this often: the others leave first when there are too many."""
_PLUGINS: dict[str, Callable[[BinaryIO], ImageFile]] = {
    "image/png": PngImageFile,
    "image/jpeg": JpegImageFile,
    "image/webp": WebPImageFile,
    "image/gif": GifImageFile,
}
_LOG = logging.getLogger("graphflow.server")


class Thumbnails:
    """Draw thumbnails of pictures by the hash of their bytes, one after the other: that bounds the memory.

    Who may see a picture is for the caller to say. Those in `folder` can be deleted at any time.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="graphflow-thumbnails")

    async def get(self, sha256: str, picture: Path, wanted: int) -> bytes:
        """Return a WebP of the picture, its longer side `wanted` pixels or the next of SIZES; small ones stay small.

        Raise Refused for what is no picture, or has more than PIXELS.
        """
        size = size_of(wanted)
        kept = self._path(sha256, size)
        known = await asyncio.to_thread(_read, kept)
        if known is not None:
            return known
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._make, kept, picture, size)

    def forget(self, sha256: str) -> None:
        """Delete what was drawn of a picture that is gone."""
        for size in SIZES:
            with suppress(OSError):
                self._path(sha256, size).unlink()

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(cancel_futures=True)

    def _path(self, sha256: str, size: int) -> Path:
        return self._folder / sha256[:2] / f"{sha256}-{size}.webp"

    def _make(self, kept: Path, picture: Path, size: int) -> bytes:
        known = _read(kept)  # somebody before us in the line may have asked for the same
        if known is not None:
            return known
        data = draw(picture, size)
        _keep(kept, data)
        return data


def size_of(wanted: int) -> int:
    """Return the size that is drawn for a wanted one."""
    return next((each for each in SIZES if each >= wanted), SIZES[-1])


def draw(path: Path, size: int) -> bytes:
    """Return a WebP of a picture that is at most `size` pixels wide and high; raise Refused."""
    facts = read_picture(path, PIXELS)
    try:
        with path.open("rb") as file, _PLUGINS[facts.media_type](file) as picture:
            picture.draft("RGB", (size, size))  # a JPEG is decoded at an eighth of its size where that is enough
            small = _plain(picture)
            small.thumbnail((size, size), Image.Resampling.LANCZOS, reducing_gap=2.0)
            small = ImageOps.exif_transpose(small)
            out = io.BytesIO()
            small.save(out, "WEBP", quality=_QUALITY)
    # Pillow raises whatever its decoders come upon; a damaged picture is not the server's fault.
    except (OSError, SyntaxError, ValueError, MemoryError, *TOO_LARGE) as error:
        raise Refused(
            HTTPStatus.UNPROCESSABLE_ENTITY, "damaged-picture", "the picture is damaged: it cannot be decoded"
        ) from error
    return out.getvalue()


def _plain(picture: ImageFile) -> Image.Image:
    """Return the first frame in eight bits a channel, with transparency where there is some."""
    if picture.mode in ("RGB", "RGBA", "L") and "transparency" not in picture.info:
        return picture  # no copy: this may be large
    if picture.mode.startswith("I") or picture.mode == "F":
        return picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    transparent = picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info
    return picture.convert("RGBA" if transparent else "RGB")


def _read(path: Path) -> bytes | None:
    """Return a kept thumbnail, and mark it as used; one that is not what it was is drawn again."""
    try:
        kept = path.read_bytes()
        if time.time() - path.stat().st_mtime > _MARK_SECONDS:
            os.utime(path)
    except OSError:
        return None
    data, digest = kept[:-_DIGEST_BYTES], kept[-_DIGEST_BYTES:]
    return data if sha256(data).digest() == digest else None


def _keep(path: Path, data: bytes) -> None:
    """Keep a thumbnail, whole or not at all; where the disk does not take it, it is drawn again next time."""
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(8)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data + sha256(data).digest())
        temporary.replace(path)
    except OSError as error:
        _LOG.warning("a thumbnail could not be kept in %s: %s", path.parent, error.strerror or error)
        with suppress(OSError):
            temporary.unlink()
