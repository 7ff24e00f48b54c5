"""Cuts a stream of bytes into frames: a message as JSON, and raw bytes that belong to it.

u32 length of the JSON, u32 length of the attachment (both big-endian), the JSON, the attachment
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from graphflow.errors import GraphFlowError

JSON_BYTES: Final = 64 << 20
ATTACHMENT_BYTES: Final = 256 << 20
"""The largest frames that are sent and read. A larger one is a mistake, or a stream that lost its place."""

_HEAD: Final = struct.Struct(">II")


class FrameError(GraphFlowError):
    """A frame is too large to be sent, or what came in is no frame."""


def frame(message: bytes, attachment: bytes = b"") -> bytes:
    """Return a frame's bytes; raise FrameError when it is too large."""
    _check(len(message), len(attachment))
    return b"".join((_HEAD.pack(len(message), len(attachment)), message, attachment))


class Frames:
    """Puts together the frames of one stream, of which pieces come in as they please."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._wanted = _HEAD.size

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Give the frames, message and attachment, that are whole now; raise FrameError when these are none."""
        self._buffer += data
        start = 0
        try:
            while len(self._buffer) - start >= _HEAD.size:
                sizes = _HEAD.unpack_from(self._buffer, start)
                _check(*sizes)
                middle = start + _HEAD.size + sizes[0]
                end = middle + sizes[1]
                if len(self._buffer) < end:
                    break
                message, attachment = self._buffer[start + _HEAD.size : middle], self._buffer[middle:end]
                start = end
                yield bytes(message), bytes(attachment)
        finally:
            del self._buffer[:start]


def _check(message: int, attachment: int) -> None:
    for what, size, most in (("message", message, JSON_BYTES), ("attachment", attachment, ATTACHMENT_BYTES)):
        if size > most:
            raise FrameError(f"a frame's {what} of {size:,} bytes is too large: {most:,} are allowed")
