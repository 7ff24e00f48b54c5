"""Checks flat nodes against their types and turns the sound ones into steps; collects every problem."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from graphflow.api import AnyNode, Checked, Facts, File, Input
from graphflow.api.sockets import feeds, type_name
from graphflow.cycles import name_cycles
from graphflow.errors import Problem, did_you_mean
from graphflow.files import FileProblem, Files
from graphflow.flatten import FlatNode, Linked
from graphflow.keys import cache_key
from graphflow.literals import Unfit, read_literal
from graphflow.mentions import Library, library_of
from graphflow.registry import Registry
from graphflow.step import Source, Step


class Checker:
    """Checks nodes in the order of their links, collecting steps, facts and problems.

    `base` holds steps that are planned already: an expansion's nodes link to them.
    """

    def __init__(self, registry: Registry, files: Files, base: Mapping[str, Step], facts: dict[Source, Facts]) -> None:
        self.registry = registry
        self.files = files
        self.base = base
        self.facts = facts
        self.problems: list[Problem] = []
        self.steps: dict[str, Step] = {}

    def add(self, nodes: Mapping[str, FlatNode], targets: Iterable[str]) -> None:
        """Plan all that the targets need among these nodes and the steps that are there already."""
        for path in self._ordered(nodes, targets):
            node = nodes[path]
            kind = self.registry.find(node.type)
            if kind is None:
                hint = did_you_mean(node.type, self.registry.names) or "is its node pack installed?"
                self.problems.append(Problem("unknown-type", f"there is no node type {node.type!r}", path, hint=hint))
            else:
                self._add(node, kind, nodes)

    def _ordered(self, nodes: Mapping[str, FlatNode], targets: Iterable[str]) -> list[str]:
        """Return the needed paths, sources first; a cycle is a problem, and its order means nothing."""
        order: dict[str, None] = {}
        entered: set[str] = set()
        looped = False
        stack = [(path, False) for path in targets]
        stack.reverse()
        while stack:
            path, leave = stack.pop()
            if leave:
                order[path] = None
            elif path not in entered:
                entered.add(path)
                stack.append((path, True))
                for source in reversed(_sources(nodes[path])):
                    if source in entered:
                        looped = looped or source not in order
                    elif source in nodes or source not in self.base:
                        stack.append((source, False))
        if looped:
            self.problems.extend(name_cycles({path: _sources(nodes[path]) for path in entered}))
        return list(order)

    def _add(self, node: FlatNode, kind: AnyNode, nodes: Mapping[str, FlatNode]) -> None:
        before = len(self.problems)
        sound = True
        values: dict[str, Any] = {}
        links: dict[str, tuple[Source, ...]] = {}
        given = 0
        for entry in kind.inputs:
            value = node.inputs.get(entry.name, _MISSING)
            if value is _MISSING:
                self._add_default(node, entry, values)
                continue
            given += 1
            if isinstance(value, Linked):
                if not value.sources:
                    sound = False
                elif self._fits(node, entry, value, nodes):
                    links[entry.name] = value.sources
            else:
                self._add_literal(node, entry, value, values)
        if given < len(node.inputs):
            self._unknown_inputs(node, kind)
        sound = sound and len(self.problems) == before
        checked = self._check(node, kind, values, links) if sound else Checked()
        for port, about in checked.facts.items():
            self.facts[Source(node.path, port)] = about  # also of a node with problems: what reads it is checked too
        if not sound or len(self.problems) > before:
            return
        try:
            sources = {name: tuple([(self._step(s.node).key, s.output) for s in each]) for name, each in links.items()}
        except KeyError:
            return  # something before it is broken, and reported: its own key would mean nothing
        values |= self._libraries(kind, links)
        pack = self.registry.pack_of(kind.id).name
        key = cache_key(pack, kind, values, sources, salt=node.path if kind.output else "")
        eager = tuple([s for name, each in links.items() if name not in kind.lazy for s in each])
        self.steps[node.path] = Step(node.path, kind, values, links, eager, key, pack, checked.notes)

    def _libraries(self, kind: AnyNode, links: Mapping[str, tuple[Source, ...]]) -> dict[str, Library]:
        """Return the files that linked texts may name, by input: which of them is known only when the run is there."""
        marks = {entry.name: entry.mentions for entry in kind.inputs if entry.mentions and entry.name in links}
        return {name: library_of(mark, self.files) for name, mark in marks.items()}

    def _step(self, path: str) -> Step:
        return self.steps[path] if path in self.steps else self.base[path]

    def _add_default(self, node: FlatNode, input: Input, values: dict[str, Any]) -> None:
        if input.required:
            wants = "a link" if not input.is_widget else "a value or a link"
            message = f"{input.name} is missing: {node.type} wants {wants} of type {input.type_name}"
            self.problems.append(Problem("missing-input", message, node.path, input.name))
        elif (input.folder or input.mentions) is not None and input.default is not None:
            self._add_literal(node, input, input.default, values)
        else:
            values[input.name] = input.default

    def _add_literal(self, node: FlatNode, input: Input, value: Any, values: dict[str, Any]) -> None:
        if value is None and not input.required and input.default is None:
            values[input.name] = None
            return
        try:
            values[input.name] = read_literal(input, value, self.files)
        except Unfit as unfit:
            self.problems.append(Problem(unfit.code, unfit.message, node.path, input.name, unfit.hint))

    def _fits(self, node: FlatNode, input: Input, value: Linked, nodes: Mapping[str, FlatNode]) -> bool:
        """Check the links of one input; links from nodes that are themselves unknown are not reported again."""
        if input.folder is not None:
            message = f"{input.name} names a file, so it must stand in the workflow itself and cannot be linked"
            self.problems.append(Problem("literal-wanted", message, node.path, input.name))
            return False
        if value.many and input.arity == "one":
            message = f"{input.name} takes one link, got a list of {len(value.sources)}"
            self.problems.append(Problem("one-link-wanted", message, node.path, input.name))
            return False
        before = len(self.problems)
        for source in value.sources:
            feeding = nodes.get(source.node)
            kind = self.registry.find(feeding.type) if feeding else self.base[source.node].type
            if kind is None:
                continue
            port = kind.port(source.output)
            if port is None:
                known = [each.name for each in kind.outputs]
                near = did_you_mean(source.output, known) or f"it has {', '.join(known) or 'none'}"
                message = f"{source.node} ({kind.id}) has no output {source.output!r}"
                self.problems.append(Problem("unknown-output", message, node.path, input.name, near))
            elif not feeds(port.type, input.type):
                message = (
                    f"{input.name} wants {type_name(input.type)}, "
                    f"but {source.node}.{source.output} ({kind.id}) gives {port.type_name}"
                )
                hint = _fitting_port(kind, input)
                self.problems.append(Problem("type-mismatch", message, node.path, input.name, hint))
        return len(self.problems) == before

    def _unknown_inputs(self, node: FlatNode, kind: AnyNode) -> None:
        known = [each.name for each in kind.inputs]
        for name in node.inputs:
            if kind.input(name) is None:
                hint = did_you_mean(name, known) or f"it has {', '.join(known) or 'none'}"
                message = f"{kind.id} has no input {name!r}"
                self.problems.append(Problem("unknown-input", message, node.path, name, hint))

    def _check(
        self, node: FlatNode, kind: AnyNode, values: Mapping[str, Any], links: Mapping[str, tuple[Source, ...]]
    ) -> Checked:
        """Let the node's own check see its literals and what is known of what feeds it."""
        if kind.check is None:
            return Checked()
        known: dict[str, Facts] = {}
        for name, sources in links.items():
            if (facts := self.facts.get(sources[0])) is not None:
                known[name] = facts
        for entry in kind.inputs:
            value = values.get(entry.name)
            if entry.folder is not None and isinstance(value, File):
                try:
                    known[entry.name] = self.files.facts(entry.folder, value)
                except FileProblem as unfit:
                    self.problems.append(Problem(unfit.code, unfit.message, node.path, entry.name, unfit.hint))
                    return Checked()
        try:
            checked: Checked = kind.check(values, known)
        # A check is foreign code: whatever it raises is said of its node, beside all other problems.
        except Exception as error:  # noqa: BLE001
            message = f"{kind.id} could not check its inputs: {type(error).__name__}: {error}"
            hint = "this is a mistake in its node pack"
            self.problems.append(Problem("check-failed", message, node.path, hint=hint))
            return Checked()
        for problem in checked.problems:
            self.problems.append(
                Problem(problem.code, problem.message, problem.node or node.path, problem.input, problem.hint)
            )
        return checked


_MISSING = object()


def _sources(node: FlatNode) -> list[str]:
    return [source.node for value in node.inputs.values() if isinstance(value, Linked) for source in value.sources]


def _fitting_port(kind: AnyNode, input: Input) -> str | None:
    """Name the outputs of a node that would have fitted."""
    fitting = [port.name for port in kind.outputs if feeds(port.type, input.type)]
    return f"its output {' or '.join(map(repr, fitting))} would fit" if fitting else None
