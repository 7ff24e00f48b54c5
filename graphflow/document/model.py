"""What stands in a workflow file, as frozen values.

`Node.inputs` holds, by input name, a `Link`, a tuple of links (a variadic input), or a literal: a scalar, None, a tuple
of literals, or a mapping of literals. Mappings are never changed once a workflow is made.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

FORMAT = "graphflow/1"
SUBGRAPH_PREFIX = "subgraph:"

Mode = typing.Literal["mute", "bypass"]
SeedRule = typing.Literal["random", "increment"]
Scalar: TypeAlias = str | int | float | bool
Literal: TypeAlias = Scalar | tuple["Literal", ...] | Mapping[str, "Literal"] | None


@dataclass(frozen=True, slots=True)
class Link:
    """Take the value from an output of another node of the same workflow or subgraph."""

    node: str
    output: str


Value: TypeAlias = Link | tuple[Link, ...] | Literal


@dataclass(frozen=True, slots=True)
class InputRef:
    """Where a named input of a workflow or subgraph leads: to an input of one of its nodes."""

    node: str
    input: str


@dataclass(frozen=True, slots=True)
class OutputRef:
    """Where a named output of a workflow or subgraph comes from: an output of one of its nodes."""

    node: str
    output: str


@dataclass(frozen=True, slots=True)
class Node:
    """A node as written. A `version` of None means the newest; `migrate` fills it in."""

    type: str
    inputs: Mapping[str, Value] = field(default_factory=dict)
    version: int | None = None
    title: str | None = None
    mode: Mode | None = None


@dataclass(frozen=True, slots=True)
class View:
    """Where the editor draws a node, in its own pixels. Never enters a key.

    Groups, notes and reroutes are not about one node: they stand beside `view`, not in it, whose keys are node names.
    """

    x: float
    y: float
    width: float | None = None
    height: float | None = None
    collapsed: bool = False
    color: str | None = None
    """`#rrggbb`."""
    pinned: bool = False
    """The editor does not move it."""
    seeds: Mapping[str, SeedRule] = field(default_factory=dict)
    """What the editor does to a seed after a run, by input name; nothing where it says nothing."""


@dataclass(frozen=True, slots=True)
class Group:
    """A frame with a title that the editor draws behind nodes."""

    title: str
    x: float
    y: float
    width: float
    height: float
    color: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A text that the editor shows beside the nodes."""

    text: str
    x: float
    y: float
    width: float
    height: float
    color: str | None = None


@dataclass(frozen=True, slots=True)
class Reroute:
    """A point that the editor leads links through: those from one output to these inputs. The links stand in the nodes."""

    x: float
    y: float
    source: OutputRef
    """Written `from`."""
    to: tuple[InputRef, ...]


@dataclass(frozen=True, slots=True)
class Subgraph:
    """A graph that a node of type `subgraph:id` stands for."""

    nodes: Mapping[str, Node] = field(default_factory=dict)
    inputs: Mapping[str, InputRef] = field(default_factory=dict)
    outputs: Mapping[str, OutputRef] = field(default_factory=dict)
    view: Mapping[str, View] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    notes: Mapping[str, Note] = field(default_factory=dict)
    reroutes: Mapping[str, Reroute] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow file. Its `inputs` and `outputs` make it a function that others can call."""

    nodes: Mapping[str, Node] = field(default_factory=dict)
    inputs: Mapping[str, InputRef] = field(default_factory=dict)
    outputs: Mapping[str, OutputRef] = field(default_factory=dict)
    subgraphs: Mapping[str, Subgraph] = field(default_factory=dict)
    view: Mapping[str, View] = field(default_factory=dict)
    name: str | None = None
    description: str | None = None
    groups: Mapping[str, Group] = field(default_factory=dict)
    notes: Mapping[str, Note] = field(default_factory=dict)
    reroutes: Mapping[str, Reroute] = field(default_factory=dict)
