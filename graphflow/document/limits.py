"""How big a workflow file may be: what lies within is read, one more is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest that each thing in a file may be."""

    bytes: int = 32 * 2**20
    nodes: int = 20_000
    """In the whole file, the insides of subgraphs included, each counted once."""
    subgraphs: int = 1_000
    inputs: int = 1_000
    """Of one node, and of one workflow or subgraph."""
    items: int = 100_000
    """Of one list."""
    depth: int = 64
    """Lists and objects inside each other, in one literal."""
    name: int = 200
    """Characters of a name: of a node, a type, an input, an output, a subgraph; of a title too."""
    type: int = 210
    """Characters of a node's type: room for `subgraph:` before a name."""
    description: int = 2_000
    note: int = 20_000
    """Characters of a note's text."""
    version: int = 2**31 - 1
    problems: int = 1_000
    """Reported at once: a file of 32 MiB could hold millions."""
    least: int = -(2**63)
    greatest: int = 2**64 - 1
    """Whole numbers are kept exactly: seeds reach the greatest."""


LIMITS = Limits()

SUBGRAPH_DEPTH = 32
"""Instances of subgraphs inside each other; found when a workflow is unfolded, not when it is read."""

NAME = r"^[^/\u0000-\u001f\u007f]+$"
"""A name of a node or subgraph, in the words of JSON Schema: the slash parts names in paths such as `outer/inner`."""

INPUT = r"^[^\u0000-\u001f\u007f]+$"
"""A name of an input, an output or a type; packs may call an input `input_blocks.0.` and a node `pack/Node`."""

INTERFACE = r"^[^=\u0000-\u001f\u007f]+$"
"""A name that a workflow or subgraph shows to its caller, who writes `--set name=value`."""

COLOR = r"^#[0-9a-fA-F]{6}$"


def fits(pattern: str, text: str) -> bool:
    """Say whether the whole text matches; `$` alone would let a final newline through."""
    return re.fullmatch(pattern, text) is not None
