r"""Texts with alternatives, of which a seed chooses: `a {red|blue} house`.

`{a|b|{c|d}}` takes one of what stands between the bars, and what it takes may hold alternatives again. `//` begins a
comment to the end of the line, `/* */` encloses one. `\{`, `\|` and `\}` are signs of the text; so is a brace without
its partner, and a bar outside of braces.

The rule, which never changes: the braces of a text are numbered in the order in which they open, comments removed,
from 0. Number n takes the alternative floor(count * h / 2^64), where h is the first 8 bytes, big-endian, of
SHA-256("seed/n"). So a choice depends on no other choice, nor on Python or the machine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Any, Final, NamedTuple

from graphflow.api import SILENT, Checked, Context, Facts, Multiline, Seed, node

COMMENT: Final = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
SIGNS: Final = re.compile(r"\\[{}|]|[{}|]")


class _Choice(NamedTuple):
    """Braces that are open while a text is read: their number, and what stands in each alternative so far."""

    number: int
    options: list[list[str]]


def resolve(text: str, seed: int) -> str:
    """Return the text with its comments removed and every pair of braces replaced by the alternative that it takes."""
    text = COMMENT.sub("", text)
    closed = _closed(text)
    opened = [_Choice(0, [[]])]
    number = last = 0
    for match in SIGNS.finditer(text):
        opened[-1].options[-1].append(text[last : match.start()])
        last = match.end()
        sign = match[0]
        if sign == "{" and match.start() in closed:
            opened.append(_Choice(number, [[]]))
            number += 1
        elif sign == "}" and len(opened) > 1:
            choice = opened.pop()
            opened[-1].options[-1].append("".join(choice.options[_drawn(seed, choice.number, len(choice.options))]))
        elif sign == "|" and len(opened) > 1:
            opened[-1].options.append([])
        else:
            opened[-1].options[-1].append(sign[-1])
    return "".join([*opened[0].options[0], text[last:]])


def _closed(text: str) -> set[int]:
    """Return where the braces open that are closed again."""
    opened: list[int] = []
    closed = set()
    for match in SIGNS.finditer(text):
        if match[0] == "{":
            opened.append(match.start())
        elif match[0] == "}" and opened:
            closed.add(opened.pop())
    return closed


def _drawn(seed: int, number: int, count: int) -> int:
    drawn = int.from_bytes(sha256(f"{seed}/{number}".encode("ascii")).digest()[:8], "big")
    return count * drawn >> 64


def _check(values: Mapping[str, Any], _facts: Mapping[str, Facts]) -> Checked:
    """Note the text that comes out, where it is known before the run."""
    if "text" in values and "seed" in values:
        return Checked(notes={"text": resolve(values["text"], values["seed"])})
    return Checked()


@node("Wildcards", category="utils/string", check=_check)
def wildcards(text: Annotated[str, Multiline()], *, seed: Annotated[int, Seed()] = 0, ctx: Context = SILENT) -> str:
    """Let a seed choose among the alternatives of a text: `a {red|blue} house`.

    The text that comes out is told to whoever watches, and saved pictures carry it.
    """
    resolved = resolve(text, seed)
    ctx.log(resolved)
    return resolved


NODES = (wildcards,)
