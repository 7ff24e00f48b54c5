"""Unfolds a workflow: subgraphs become paths, muted and bypassed nodes go, and links point at what really feeds them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from graphflow.api.sockets import feeds
from graphflow.document import SUBGRAPH_PREFIX, Link, Node, Subgraph, Workflow
from graphflow.document.limits import SUBGRAPH_DEPTH
from graphflow.errors import Problem, WorkflowError, did_you_mean
from graphflow.registry import Registry
from graphflow.step import Source

MAX_NODES = 100_000
"""Subgraphs in subgraphs multiply: this is where unfolding stops."""


@dataclass(frozen=True, slots=True)
class FlatNode:
    """A node under its full path; an input is a literal, or a tuple of sources behind `Linked`."""

    path: str
    type: str
    inputs: dict[str, Any]
    """An input without sources is one whose link is broken, which is reported already."""


@dataclass(frozen=True, slots=True)
class Linked:
    """The sources of one input, in order; `many` when the file wrote a list."""

    sources: tuple[Source, ...]
    many: bool


@dataclass(frozen=True, slots=True)
class Flat:
    """A workflow without subgraphs, mutes and bypasses. `muted` are the paths that fell away.

    `instances` are the paths of subgraphs; each that was aimed at with the nodes that its outputs come from.
    """

    nodes: Mapping[str, FlatNode]
    outputs: Mapping[str, Source]
    muted: frozenset[str]
    instances: Mapping[str, tuple[str, ...]]


def flatten(workflow: Workflow, registry: Registry, problems: list[Problem], aims: Collection[str] = ()) -> Flat:
    """Unfold a workflow; what is wrong with its structure is added to `problems`. `aims` may name subgraphs.

    Raises WorkflowError when it unfolds without end: whatever else was said of it would be noise.
    """
    unfolding = _Unfolding(workflow, registry, problems)
    if not unfolding.unfold():
        raise WorkflowError(problems)
    outputs = {}
    for name, ref in workflow.outputs.items():
        source = unfolding.resolve(Source(ref.node, ref.output), f"outputs.{name}", None)
        if source is not None:
            outputs[name] = source
    nodes = {path: unfolding.link(path) for path in unfolding.types}
    instances = {path: unfolding.gives(path) if path in aims else () for path in unfolding.instances}
    muted = unfolding.spread_mutes(nodes)
    kept = {path: node for path, node in nodes.items() if path not in muted}
    outputs = {name: source for name, source in outputs.items() if source.node not in muted}
    return Flat(kept, outputs, frozenset(muted), instances)


class _Unfolding:
    def __init__(self, workflow: Workflow, registry: Registry, problems: list[Problem]) -> None:
        self.workflow = workflow
        self.registry = registry
        self.problems = problems
        self.types: dict[str, str] = {}
        self.inputs: dict[str, dict[str, Any]] = {}
        """What stands at each input, by path: a literal, or Linked with full paths."""
        self.instances: dict[str, Subgraph] = {}
        self.modes: dict[str, str | None] = {}

    def unfold(self) -> bool:
        """Give every node its path, going down into subgraphs; return False when there is no end to it."""
        given: dict[str, dict[str, Any]] = {}
        level: list[tuple[str, Mapping[str, Node], str | None]] = [("", self.workflow.nodes, None)]
        while level:
            prefix, nodes, mode = level.pop()
            if len(self.modes) + len(nodes) > MAX_NODES:
                message = f"the workflow unfolds to more than {MAX_NODES:,} nodes"
                self.problems.append(Problem("too-many-nodes", message, prefix.rstrip("/") or None))
                return False
            if prefix.count("/") > SUBGRAPH_DEPTH:
                message = f"subgraphs are nested more than {SUBGRAPH_DEPTH} deep"
                hint = "does one contain itself?"
                self.problems.append(Problem("too-deep", message, prefix.rstrip("/"), hint=hint))
                return False
            for name, node in nodes.items():
                path = prefix + name
                self.modes[path] = mode or node.mode
                inputs = {each: _absolute(value, prefix) for each, value in node.inputs.items()}
                inputs.update(given.get(path, ()))
                if not node.type.startswith(SUBGRAPH_PREFIX):
                    self.types[path] = node.type
                    self.inputs[path] = inputs
                elif subgraph := self._instance(path, node):
                    self.instances[path] = subgraph
                    self._hand_in(path, subgraph, inputs, given)
                    level.append((f"{path}/", subgraph.nodes, self.modes[path]))
        return True

    def _instance(self, path: str, node: Node) -> Subgraph | None:
        name = node.type.removeprefix(SUBGRAPH_PREFIX)
        subgraph = self.workflow.subgraphs.get(name)
        if subgraph is None:
            hint = did_you_mean(name, self.workflow.subgraphs) or "define it under `subgraphs`"
            self.problems.append(Problem("unknown-subgraph", f"there is no subgraph {name!r}", path, hint=hint))
        return subgraph

    def _hand_in(
        self, path: str, subgraph: Subgraph, inputs: Mapping[str, Any], given: dict[str, dict[str, Any]]
    ) -> None:
        """Pass what an instance was given on to the inner inputs that its subgraph names."""
        for name, value in inputs.items():
            ref = subgraph.inputs.get(name)
            if ref is None:
                hint = did_you_mean(name, subgraph.inputs) or f"it has {', '.join(subgraph.inputs) or 'none'}"
                self.problems.append(Problem("unknown-input", f"the subgraph has no input {name!r}", path, name, hint))
            elif ref.node not in subgraph.nodes:
                message = f"the subgraph's input {name!r} leads to {ref.node!r}, which is not in it"
                self.problems.append(Problem("unknown-node", message, path, name))
            else:
                given.setdefault(f"{path}/{ref.node}", {})[ref.input] = value

    def link(self, path: str) -> FlatNode:
        """Return a node with its links resolved to the nodes that really feed it."""
        inputs = dict(self.inputs[path])
        for name, value in self.inputs[path].items():
            if not isinstance(value, Linked) or self._is_direct(value):
                continue
            before = len(self.problems)
            sources = [self.resolve(source, path, name) for source in value.sources]
            found = tuple(source for source in sources if source is not None)
            if len(self.problems) > before or any(map(self._is_broken, value.sources)):
                inputs[name] = Linked((), many=False)
            elif found:
                inputs[name] = Linked(found, value.many)
            else:
                del inputs[name]
        return FlatNode(path, self.types[path], inputs)

    def gives(self, path: str) -> tuple[str, ...]:
        """Return the nodes that the outputs of an instance come from."""
        outputs = self.instances[path].outputs
        sources = [self.resolve(Source(path, name), path, None) for name in outputs]
        return tuple(dict.fromkeys(source.node for source in sources if source is not None))

    def _is_direct(self, value: Linked) -> bool:
        """Say whether all sources are steps as they stand. A loop, as every link of a large graph comes by."""
        for source in value.sources:
            if source.node not in self.types or self.modes[source.node] == "bypass":
                return False
        return True

    def _is_broken(self, source: Source) -> bool:
        """Say whether a source is an instance of a subgraph that there is not."""
        return source.node in self.modes and source.node not in self.types and source.node not in self.instances

    def resolve(self, source: Source, path: str, input: str | None) -> Source | None:
        """Follow a link through subgraphs and bypassed nodes to the step that computes it, or to nothing."""
        seen: set[Source] = set()
        while source not in seen:
            seen.add(source)
            if source.node in self.instances:
                subgraph = self.instances[source.node]
                ref = subgraph.outputs.get(source.output)
                if ref is None:
                    self._unknown_output(source, tuple(subgraph.outputs), path, input)
                    return None
                source = Source(f"{source.node}/{ref.node}", ref.output)
                continue
            if source.node not in self.types:
                if source.node not in self.modes:
                    self._unknown_node(source, path, input)
                return None
            if self.modes[source.node] != "bypass":
                return source
            through = self._bypass(source)
            if through is None:
                return None
            source = through
        return None

    def _bypass(self, source: Source) -> Source | None:
        """Return what feeds the first entry of a bypassed node that fits the output asked for."""
        kind = self.registry.find(self.types[source.node])
        port = kind.port(source.output) if kind else None
        if kind is None or port is None:
            return None
        for entry in kind.inputs:
            value = self.inputs[source.node].get(entry.name)
            if isinstance(value, Linked) and feeds(entry.type, port.type):
                return value.sources[0]
        return None

    def spread_mutes(self, nodes: Mapping[str, FlatNode]) -> set[str]:
        """Return the paths that fall away: muted or bypassed nodes, and what cannot do without a muted one."""
        gone = {path for path in nodes if self.modes[path] in ("mute", "bypass")}
        if not any(mode == "mute" for mode in self.modes.values()):
            return gone
        readers: dict[str, list[tuple[str, str]]] = {}
        for node in nodes.values():
            for name, value in node.inputs.items():
                for source in value.sources if isinstance(value, Linked) else ():
                    readers.setdefault(source.node, []).append((node.path, name))
        stack = [path for path in gone if self.modes[path] == "mute"]
        while stack:
            for reader, name in readers.get(stack.pop(), ()):
                if reader in gone:
                    continue
                if not self._can_do_without(nodes[reader], name, gone):
                    gone.add(reader)
                    stack.append(reader)
        return gone

    def _can_do_without(self, reader: FlatNode, name: str, gone: set[str]) -> bool:
        """Cut the links of an input to what is gone; say whether the node can run with what is left."""
        linked = reader.inputs.get(name)
        if linked is None:  # optional, and cut off already
            return True
        if rest := tuple(source for source in linked.sources if source.node not in gone):
            reader.inputs[name] = Linked(rest, many=True)
            return True
        kind = self.registry.find(reader.type)
        entry = kind.input(name) if kind else None
        if entry is None or entry.required:
            return False
        del reader.inputs[name]
        return True

    def _unknown_output(self, source: Source, known: tuple[str, ...], path: str, input: str | None) -> None:
        hint = did_you_mean(source.output, known) or f"it has {', '.join(known) or 'none'}"
        message = f"{source.node} has no output {source.output!r}"
        self.problems.append(Problem("unknown-output", message, path, input, hint))

    def _unknown_node(self, source: Source, path: str, input: str | None) -> None:
        hint = did_you_mean(source.node, [*self.types, *self.instances])
        self.problems.append(Problem("unknown-node", f"there is no node {source.node!r}", path, input, hint))


def _absolute(value: Any, prefix: str) -> Any:
    """Turn the links in a value into sources with full paths; `prefix` is empty or ends with a slash."""
    if isinstance(value, Link):
        return Linked((Source(prefix + value.node, value.output),), many=False)
    if isinstance(value, tuple) and value and isinstance(value[0], Link):
        return Linked(tuple(Source(prefix + each.node, each.output) for each in value), many=True)
    return value
