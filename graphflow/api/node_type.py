"""The `@node` decorator: a function's signature becomes the schema of a node type."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, ParamSpec, TypeVar, overload

from graphflow.api.input import Input
from graphflow.api.marks import Facts
from graphflow.api.signature import Output, read_hints, read_inputs, read_outputs
from graphflow.errors import PackError, Problem

P = ParamSpec("P")
R = TypeVar("R")

Keep = Literal["auto", "memory", "disk", "never"]
Migration = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a node's `check` function found: problems, and the facts of its own outputs by port name.

    `notes` say what the inputs come to, such as the text that a seed chose; saved pictures carry them.
    """

    problems: tuple[Problem, ...] = ()
    facts: Mapping[str, Facts] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)


Check = Callable[[Mapping[str, Any], Mapping[str, Facts]], Checked]
"""Gets the node's literals by input name and the facts of linked values and files by input name."""


@dataclass(frozen=True, eq=False)
class NodeType(Generic[P, R]):
    """A kind of node: a plain function and what its signature says. Calling it calls the function."""

    id: str
    function: Callable[P, R]
    category: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    description: str
    also: tuple[str, ...] = ()
    version: int = 1
    revision: int = 1
    migrations: Mapping[int, Migration] = field(default_factory=dict)
    check: Check | None = None
    output: bool = False
    keep: Keep = "auto"
    wants_ctx: bool = False
    one_output: bool = False

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the node as the plain function that it is."""
        return self.function(*args, **kwargs)

    def input(self, name: str) -> Input | None:
        """Return the input with this outer name."""
        return self._by_name.get(name)

    def port(self, name: str) -> Output | None:
        """Return the output with this name."""
        return self._ports.get(name)

    def __post_init__(self) -> None:
        """Index inputs and outputs by name: plans of 10,000 nodes look them up often."""
        object.__setattr__(self, "_by_name", {each.name: each for each in self.inputs})
        object.__setattr__(self, "_ports", {each.name: each for each in self.outputs})
        object.__setattr__(self, "lazy", frozenset(each.name for each in self.inputs if each.lazy))

    lazy: frozenset[str] = field(init=False, repr=False, default=frozenset())
    _by_name: Mapping[str, Input] = field(init=False, repr=False, default_factory=dict)
    _ports: Mapping[str, Output] = field(init=False, repr=False, default_factory=dict)


AnyNode = NodeType[..., Any]


@overload
def node(function: Callable[P, R], /) -> NodeType[P, R]: ...


@overload
def node(
    id: str | None = None,
    /,
    *,
    category: str = "",
    also: tuple[str, ...] = (),
    version: int = 1,
    revision: int = 1,
    migrations: Mapping[int, Migration] | None = None,
    check: Check | None = None,
    output: bool = False,
    keep: Keep = "auto",
) -> Callable[[Callable[P, R]], NodeType[P, R]]: ...


def node(
    id: str | Callable[..., Any] | None = None,
    /,
    *,
    category: str = "",
    also: tuple[str, ...] = (),
    version: int = 1,
    revision: int = 1,
    migrations: Mapping[int, Migration] | None = None,
    check: Check | None = None,
    output: bool = False,
    keep: Keep = "auto",
) -> Any:
    """Turn a function into a node type; raise PackError when its signature cannot be a schema.

    `also` are other names that files may use. Add 1 to `version` when inputs change, with a migration from the
    version before (`migrations={1: from_1_to_2}`), and to `revision` when the result for the same inputs changes.
    `output=True` marks a node that saves: it runs in every job. `keep` overrides where results are kept.
    """

    def make(function: Callable[P, R]) -> NodeType[P, R]:
        name = id if isinstance(id, str) else function.__name__
        if strange := [each for each in (name, *also) if not _is_name(each)]:
            raise PackError(f"node {name}: {strange[0]!r} cannot be a node's name")
        if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
            raise PackError(f"node {name}: a node is a plain function, neither async nor a generator")
        missing = [old for old in range(1, version) if old not in (migrations or {})]
        if missing:
            raise PackError(f"node {name}: version {version} lacks a migration from version {missing[0]}")
        inputs, wants_ctx = read_inputs(name, function, hints := read_hints(name, function))
        outputs, one_output = read_outputs(name, hints)
        return NodeType(
            id=name,
            function=function,
            category=category,
            inputs=inputs,
            outputs=outputs,
            description=inspect.getdoc(function) or "",
            also=also,
            version=version,
            revision=revision,
            migrations=dict(migrations or {}),
            check=check,
            output=output,
            keep=keep,
            wants_ctx=wants_ctx,
            one_output=one_output,
        )

    return make(id) if callable(id) else make


def _is_name(name: str) -> bool:
    return bool(name.strip()) and name.isprintable() and not name.startswith("subgraph:")
