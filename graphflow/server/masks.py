"""Refuses what a client sends unmasked on a WebSocket, as RFC 6455 wants it (5.1): aiohttp takes it as it comes."""

from __future__ import annotations

from typing import Protocol

_EXTENDED = {126: 2, 127: 8}
"""Bytes of a length that does not fit into seven bits, by what stands in these."""
_MASK = 4
_REFUSED = b"\x83\x80"
"""The head of a frame of a reserved kind: for this aiohttp ends the line with 1002, a breach of the protocol."""


class Parser(Protocol):
    """What reads the bytes of a connection that is no HTTP any more."""

    def feed_data(self, data: bytes) -> tuple[bool, bytes]: ...

    def feed_eof(self) -> None: ...


class MaskedOnly:
    """Hand bytes on to a parser of frames, up to the first frame without a mask."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self._head = b""
        self._rest = 0  # bytes until the next frame begins
        self._broken = False

    def feed_data(self, data: bytes | bytearray | memoryview) -> tuple[bool, bytes]:
        """Take what came; the head of a frame is handed on once it is whole."""
        if self._broken:
            return self._parser.feed_data(b"")
        known = self._head + bytes(data)
        at = min(self._rest, len(known))
        self._rest -= at
        while not self._rest and len(known) - at >= 2:
            second = known[at + 1]
            if not second & 0x80:
                self._broken = True
                return self._parser.feed_data(known[:at] + _REFUSED)
            length, extended = second & 0x7F, _EXTENDED.get(second & 0x7F, 0)
            if len(known) - at < 2 + extended:
                break
            if extended:
                length = int.from_bytes(known[at + 2 : at + 2 + extended], "big")
            whole = 2 + extended + _MASK + length
            step = min(whole, len(known) - at)
            at, self._rest = at + step, whole - step
        self._head = known[at:]
        return self._parser.feed_data(known[:at])

    def feed_eof(self) -> None:
        """Take note that nothing more comes."""
        self._parser.feed_eof()
