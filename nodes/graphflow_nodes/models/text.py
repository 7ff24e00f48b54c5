r"""The prompt language: weights, embeddings by name, and chunks of what a text encoder reads at once.

`(text)` weighs 1.1 times as much as what is around it, `(text:1.3)` weighs 1.3 whatever is around it, `\(` and `\)`
are parentheses of the text. A parenthesis without its partner is text as well, and so are brackets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Final, NamedTuple

CHUNK: Final = 75  # tokens between the two marks: CLIP has 77 positions
LARGE: Final = 8  # tokens; a larger piece may be cut at the end of a chunk
EMPHASIS: Final = 1.1
EMBEDDING: Final = re.compile(r"(?:^|(?<=[ \n]))embedding:(\S+)")
_HIDDEN: Final = {"\\(": "\ufdd0", "\\)": "\ufdd1"}  # no characters, so no text holds them


class Segment(NamedTuple):
    """A stretch of a prompt and how strongly it counts; 1 is as the encoder says."""

    text: str
    weight: float


class Mention(NamedTuple):
    """An embedding that a prompt names: `spellings` of its name, the one as written first."""

    spellings: tuple[str, ...]


class Piece(NamedTuple):
    """Tokens of one weight that stay in one chunk unless there are many."""

    tokens: Sequence[int]
    weight: float


class Chunk(NamedTuple):
    """77 token ids, a mark at the front and at least one at the end, and the weight of each."""

    tokens: list[int]
    weights: list[float]


class _Open(NamedTuple):
    weight: float
    end: int  # of the content
    after: int  # the parenthesis and the number


def segments(text: str) -> list[Segment]:
    """Split a prompt by weight, in order; nested weights multiply, except that a written number replaces."""
    for escaped, hidden in _HIDDEN.items():
        text = text.replace(escaped, hidden)
    partners = _partners(text)
    found: list[Segment] = []
    around = [_Open(1.0, len(text), len(text))]
    start = here = 0

    def close(at: int) -> None:
        if at > start:
            found.append(Segment(_shown(text[start:at]), around[-1].weight))

    while True:
        if here == around[-1].end:
            close(here)
            start = here = around.pop().after
            if not around:
                return found
        elif here in partners:
            close(here)
            around.append(_inside(text, here, partners[here], around[-1].weight))
            start = here = here + 1
        else:
            here += 1


def runs(text: str) -> Iterator[str | Mention]:
    """Split a segment's text at the embeddings that it names: each at its beginning or after a space or new line."""
    last = 0
    for match in EMBEDDING.finditer(text):
        if match.start() > last:
            yield text[last : match.start()]
        name = match[1]
        bare = name.rstrip(",")
        yield Mention((name, bare) if bare and bare != name else (name,))
        last = match.end()
    if last < len(text):
        yield text[last:]


def embedding_names(text: str) -> list[tuple[str, ...]]:
    """Return the spellings of each embedding that a prompt names."""
    return [run.spellings for part in segments(text) for run in runs(part.text) if isinstance(run, Mention)]


def chunks(pieces: Sequence[Piece], bos: int, eos: int) -> list[Chunk]:
    """Put pieces into chunks of 77 tokens: a mark, up to 75 tokens, and marks to the end; at least one chunk.

    A piece of fewer than 8 tokens that does not fit begins the next chunk; a larger one fills the chunk and goes on.
    """
    filled: list[tuple[list[int], list[float]]] = [([], [])]
    for piece in pieces:
        rest = list(piece.tokens)
        is_large = len(rest) >= LARGE
        while rest:
            tokens, weights = filled[-1]
            room = CHUNK - len(tokens)
            if len(rest) > room and not is_large:
                room = 0
            tokens += rest[:room]
            weights += [piece.weight] * len(rest[:room])
            rest = rest[room:]
            if rest:
                filled.append(([], []))
    return [
        Chunk([bos, *tokens, *[eos] * (CHUNK + 1 - len(tokens))], [1.0, *weights, *[1.0] * (CHUNK + 1 - len(tokens))])
        for tokens, weights in filled
    ]


def _partners(text: str) -> dict[int, int]:
    """Return where each closed parenthesis closes."""
    partners: dict[int, int] = {}
    opened: list[int] = []
    for place, sign in enumerate(text):
        if sign == "(":
            opened.append(place)
        elif sign == ")" and opened:
            partners[opened.pop()] = place
    return partners


def _inside(text: str, start: int, end: int, around: float) -> _Open:
    colon = text.rfind(":", start + 1, end)
    if colon > start + 1:
        try:
            weight = float(text[colon + 1 : end])
        except ValueError:
            weight = float("nan")
        if isfinite(weight):
            return _Open(weight, colon, end + 1)
    return _Open(around * EMPHASIS, end, end + 1)


def _shown(text: str) -> str:
    for escaped, hidden in _HIDDEN.items():
        text = text.replace(hidden, escaped[1])
    return text
