"""The words between planner and executor: a step is one node, ready to run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphflow.api import AnyNode, Expand, Facts
from graphflow.keys import CacheKey


@dataclass(frozen=True, slots=True)
class Source:
    """One output of one step."""

    node: str
    output: str


@dataclass(frozen=True, slots=True)
class Step:
    """One node, ready to run: checked literals, resolved links, and its cache key.

    `node` is its path in the workflow, `outer/inner` inside subgraphs and expansions. `links` holds one source per
    input, or several for an input that takes many; `eager` those that are read in any case, lazy inputs left out. For
    a linked text that may name files, `values` holds them. `notes` are for people who ask how a result was made.
    """

    node: str
    type: AnyNode
    values: Mapping[str, Any]
    links: Mapping[str, tuple[Source, ...]]
    eager: tuple[Source, ...]
    key: CacheKey
    pack: str
    """The name of the node pack that its type came from."""
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Expansion:
    """The steps that stand in for one, and which of their outputs are its own."""

    steps: Mapping[str, Step]
    outputs: Mapping[str, Source]


def no_expansion(step: Step, expand: Expand, steps: Mapping[str, Step]) -> Expansion:
    """Stand in for the planner in plans that were made by hand."""
    what = f"{len(expand.nodes)} nodes among {len(steps)}"
    raise TypeError(f"{step.node}: this plan cannot expand into {what}: it was made without a planner")


@dataclass(frozen=True, slots=True)
class Plan:
    """Checked and ordered work: every step that a target needs, sources first.

    `outputs` are the workflow's named outputs. `facts` are what checking found out of values that are not computed yet.
    `expand` plans what a node returns to be run in its place, given all steps that it may link to.
    """

    steps: Mapping[str, Step]
    targets: tuple[str, ...]
    outputs: Mapping[str, Source] = field(default_factory=dict)
    facts: Mapping[Source, Facts] = field(default_factory=dict)
    expand: Callable[[Step, Expand, Mapping[str, Step]], Expansion] = no_expansion
