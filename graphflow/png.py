"""Reads the text chunks of a PNG without decoding its pixels: ISO/IEC 15948, sections 5.3 and 11.3.4."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def is_png(data: bytes) -> bool:
    """Say whether these bytes begin like a PNG."""
    return data.startswith(SIGNATURE)


def read_texts(data: bytes, limit: int) -> dict[str, str]:
    """Return the texts of a PNG by keyword; raise ValueError when it is damaged.

    So it does when its compressed texts unpack to more than `limit` bytes in all: a small file can hold gigabytes.
    """
    texts: dict[str, str] = {}
    unpacked = 0
    for kind, body in _chunks(data):
        if kind == b"tEXt":
            keyword, _, text = body.partition(b"\0")
            texts[keyword.decode("latin-1")] = text.decode("latin-1")
        elif kind == b"zTXt":
            keyword, _, rest = body.partition(b"\0")
            text = _inflate(rest[1:], limit - unpacked)
            unpacked += len(text)
            texts[keyword.decode("latin-1")] = text.decode("latin-1")
        elif kind == b"iTXt":
            keyword, compressed, text = _split_international(body)
            if compressed:
                text = _inflate(text, limit - unpacked)
                unpacked += len(text)
            texts[keyword.decode("latin-1")] = text.decode()
    return texts


def _split_international(body: bytes) -> tuple[bytes, bool, bytes]:
    """Return keyword, whether the text is compressed, and the text; language and translated keyword are left out."""
    keyword, _, rest = body.partition(b"\0")
    parts = rest[2:].split(b"\0", 2)
    if len(parts) < 3:
        raise ValueError("its iTXt chunk has no text")
    return keyword, rest[:1] == b"\1", parts[2]


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        kind, end = data[at + 4 : at + 8], at + 8 + length
        if end + 4 > len(data):
            break
        # Only texts are trusted, so only they are checked.
        if kind in (b"tEXt", b"zTXt", b"iTXt"):
            if zlib.crc32(data[at + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
                raise ValueError(f"its {kind.decode()} chunk is damaged")
            yield kind, data[at + 8 : end]
        if kind == b"IEND":
            return
        at = end + 4
    raise ValueError("it is cut off before its end")


def _inflate(data: bytes, limit: int) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(data, limit + 1)  # 0 would mean: without a limit
    except zlib.error as error:
        raise ValueError(f"a compressed text in it is damaged: {error}") from error
    if len(text) > limit:
        raise ValueError("its texts unpack to more than a workflow may have")
    if not unpacker.eof:
        raise ValueError("a compressed text in it is cut off")
    return text
