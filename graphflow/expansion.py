"""Plans what a node returned to be run in its place, by the same rules as a workflow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graphflow.api import Expand, File, Make, Outer, Wire
from graphflow.api.sockets import feeds
from graphflow.check import Checker
from graphflow.errors import NodeFailed, Problem, WorkflowError
from graphflow.flatten import FlatNode, Linked
from graphflow.step import Expansion, Source, Step


def plan_expansion(step: Step, expand: Expand, checker: Checker) -> Expansion:
    """Plan, by the same rules, what a node returned to be run in its place; raise NodeFailed with the first problem."""
    problems = list(_misshapen(step, expand))
    nodes: dict[str, FlatNode] = {}
    outputs: dict[str, Source] = {}
    if not problems:
        nodes = {f"{step.node}/{name}": _made(step, name, make) for name, make in expand.nodes.items()}
        outputs = {name: _inner(step, wire) for name, wire in expand.outputs.items()}
        find = checker.registry.find
        savers = [path for path, node in nodes.items() if (kind := find(node.type)) and kind.output]
        if savers and not step.type.output:
            # Its own result would be kept, and the next run would save nothing.
            message = f"{step.type.id} expands into nodes that save, so it must itself be declared with output=True"
            problems.append(Problem("bad-expansion", message, step.node))
        checker.add(nodes, dict.fromkeys([*(source.node for source in outputs.values()), *savers]))
        problems += checker.problems
    if not problems:
        problems += _misfitting(step, outputs, checker.steps)
    if problems:
        raise NodeFailed(step.node, step.type.id, problems[0]) from WorkflowError(problems)
    return Expansion(checker.steps, outputs)


def _misshapen(step: Step, expand: Expand) -> Iterator[Problem]:
    """Say what in an expansion is of the wrong kind or leads nowhere: nothing of it was checked by anybody yet."""

    def bad(what: str) -> Problem:
        return Problem("bad-expansion", f"{step.type.id} expanded into {what}", step.node)

    nodes: Mapping[str, Any] = expand.nodes
    wanted = {port.name for port in step.type.outputs}
    if expand.outputs.keys() != wanted:
        yield bad(f"outputs {sorted(expand.outputs)}, but has {sorted(wanted)}")
    for name, make in nodes.items():
        if not isinstance(make, Make) or not name or "/" in name:
            yield bad(f"{name!r}: {make!r:.60}; it takes names without slashes, and a Make for each")
        else:
            yield from (bad(lost) for value in make.inputs.values() for lost in _lost(step, value, nodes))
    for name, wire in expand.outputs.items():
        yield from (bad(lost) for lost in _lost(step, wire, nodes))
        if not isinstance(wire, Wire):
            yield bad(f"an output {name!r} that is no Wire")  # in packs that no type checker saw


def _lost(step: Step, value: Any, nodes: Mapping[str, Any]) -> Iterator[str]:
    """Name the links in a value that lead nowhere."""
    for each in value if isinstance(value, tuple | list) else (value,):
        if isinstance(each, Wire) and each.node not in nodes:
            yield f"a wire to {each.node!r}, which is not one of its nodes"
        if isinstance(each, Outer) and step.type.input(each.input) is None:
            yield f"a link to its own input {each.input!r}, which it does not have"


def _misfitting(step: Step, outputs: Mapping[str, Source], steps: Mapping[str, Step]) -> Iterator[Problem]:
    """Say which outputs of an expansion are not what the expanding node promises."""
    for name, source in outputs.items():
        inner, want = steps[source.node].type, step.type.port(name)
        have = inner.port(source.output)
        if have is None:
            message = f"{step.type.id} takes its output {name!r} from {source.node}, which has no {source.output!r}"
            yield Problem("unknown-output", message, step.node)
        elif want is not None and not feeds(have.type, want.type):
            message = f"{step.type.id}'s output {name!r} is {want.type_name}, but {source.node} gives {have.type_name}"
            yield Problem("type-mismatch", message, step.node)


def _made(step: Step, name: str, make: Make) -> FlatNode:
    """Write a node of an expansion like one of a file: `Outer` inputs take what the expanding node was given."""
    inputs: dict[str, Any] = {}
    for entry, value in make.inputs.items():
        if isinstance(value, Outer):
            if sources := step.links.get(value.input):
                inputs[entry] = Linked(sources, many=len(sources) > 1)
            elif (given := step.values.get(value.input)) is not None:
                inputs[entry] = given.name if isinstance(given, File) else given
        elif isinstance(value, Wire):
            inputs[entry] = Linked((_inner(step, value),), many=False)
        elif isinstance(value, tuple | list) and value and all(isinstance(each, Wire) for each in value):
            inputs[entry] = Linked(tuple(_inner(step, each) for each in value), many=True)
        else:
            inputs[entry] = tuple(value) if isinstance(value, list) else value
    return FlatNode(f"{step.node}/{name}", make.type, inputs)


def _inner(step: Step, wire: Wire) -> Source:
    return Source(f"{step.node}/{wire.node}", wire.output)
