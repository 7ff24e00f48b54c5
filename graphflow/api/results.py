"""What a node may return instead of a value: a graph to run in its place, or a reason to stop here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Wire:
    """A link inside an expansion: to an output of one of its nodes."""

    node: str
    output: str = "out"


@dataclass(frozen=True, slots=True)
class Outer:
    """A link inside an expansion: to whatever feeds the expanding node's own input of this name."""

    input: str


@dataclass(frozen=True, slots=True)
class Make:
    """A node inside an expansion: its type, and literals, `Wire`s or `Outer`s for its inputs."""

    type: str
    inputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Expand:
    """Run these nodes in the place of the one that returns this, and take its outputs from them.

    The nodes are checked and planned like any others, under the path `node/inner`.
    """

    nodes: Mapping[str, Make]
    outputs: Mapping[str, Wire]


@dataclass(frozen=True, slots=True)
class Blocked:
    """Stop here: what reads this output is skipped, and says why."""

    reason: str
