"""Reads the text chunks of a PNG without decoding its pixels: ISO/IEC 15948, sections 5.3 and 11.3.4."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def is_png(data: bytes) -> bool:
    """Say whether these bytes begin like a PNG."""
    return data.startswith(SIGNATURE)


def read_texts(data: bytes, limit: int) -> dict[str, str]:
    """Return the texts of a PNG by keyword; raise ValueError when it is damaged or a text is larger than `limit`."""
    texts: dict[str, str] = {}
    for kind, body in _chunks(data):
        if kind == b"tEXt":
            keyword, _, text = body.partition(b"\0")
            texts[keyword.decode("latin-1")] = text.decode("latin-1")
        elif kind == b"zTXt":
            keyword, _, rest = body.partition(b"\0")
            texts[keyword.decode("latin-1")] = _inflate(rest[1:], limit).decode("latin-1")
        elif kind == b"iTXt":
            keyword, _, rest = body.partition(b"\0")
            _, _, text = rest[2:].split(b"\0", 2)
            texts[keyword.decode("latin-1")] = (_inflate(text, limit) if rest[:1] == b"\1" else text).decode()
    return texts


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
        text = unpacker.decompress(data, limit)
    except zlib.error as error:
        raise ValueError(f"a compressed text in it is damaged: {error}") from error
    if unpacker.unconsumed_tail:
        raise ValueError(f"a text in it is larger than {limit:,} bytes")
    return text
