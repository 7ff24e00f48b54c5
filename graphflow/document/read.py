"""Reads a workflow strictly from bytes or plain data, and collects every problem on the way.

It is written by hand: generic validation of the unions in `Node.inputs` reports one wrong value once per member of the
union, in words about types, and cannot say that a list mixes links with literals (docs/decisions/0002).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from graphflow.document.drawing import DRAWING, read_drawing, read_ref
from graphflow.document.fields import Fields
from graphflow.document.formats import upgrade
from graphflow.document.limits import INPUT, INTERFACE, LIMITS, NAME
from graphflow.document.literals import read_value
from graphflow.document.load import load
from graphflow.document.model import (
    FORMAT,
    SUBGRAPH_PREFIX,
    InputRef,
    Mode,
    Node,
    OutputRef,
    Subgraph,
    Workflow,
)
from graphflow.errors import Problem, WorkflowError

T = TypeVar("T")

_MODES: dict[str, Mode] = {"mute": "mute", "bypass": "bypass"}
_SUBGRAPH = ("inputs", "outputs", "nodes", *DRAWING)
_WORKFLOW = ("format", "name", "description", "subgraphs", *_SUBGRAPH)
_NODE = frozenset(("type", "version", "title", "mode", "inputs"))
_PLAIN_NODE = frozenset(("type", "version", "inputs"))


def parse(data: bytes | str) -> Workflow:
    """Read a workflow file; raise WorkflowError with all of its problems."""
    problems = _Problems()
    return _read(lambda: load(data, problems), problems)


def from_json(data: Any) -> Workflow:
    """Read a workflow from plain data, such as the body of a request; raise WorkflowError with all of its problems."""
    return _read(lambda: data, _Problems())


class _Enough(Exception):
    """There are as many problems as will be reported."""


class _Problems(list[Problem]):
    def append(self, problem: Problem) -> None:
        if len(self) == LIMITS.problems:
            raise _Enough
        super().append(problem)

    def extend(self, problems: Iterable[Problem]) -> None:
        for each in problems:
            self.append(each)


def _read(load_data: Callable[[], Any], problems: _Problems) -> Workflow:
    try:
        workflow = _Reader(problems).workflow(load_data())
    except _Enough:
        more = Problem("too-many-problems", f"there are more problems than these {LIMITS.problems:,}")
        raise WorkflowError([*problems, more]) from None
    if problems:
        raise WorkflowError(problems)
    return workflow


class _Reader:
    """Walks down the file; what it returns counts only when `problems` stays empty."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        self.nodes_seen = 0

    def workflow(self, data: Any) -> Workflow:
        """Read the whole file."""
        data = upgrade(data)
        fields = Fields(data, "the workflow", self.problems)
        if not fields.ok or not self._format(fields):
            return Workflow()
        fields.only(_WORKFLOW)
        fields.need("nodes")
        return Workflow(
            nodes=self._nodes(fields, ""),
            inputs=self._refs(fields, "inputs", InputRef, "input"),
            outputs=self._refs(fields, "outputs", OutputRef, "output"),
            subgraphs=fields.named("subgraphs", NAME, LIMITS.subgraphs, self._subgraph),
            **read_drawing(fields, self.problems),
            name=fields.text("name", LIMITS.name),
            description=fields.text("description", LIMITS.description),
        )

    def _format(self, fields: Fields) -> bool:
        """Without the right format everything else would be misread: one problem says it all."""
        found = fields.data.get("format")
        if found == FORMAT:
            return True
        if found is None:
            message, hint = (
                "there is no `format`: this is not a GraphFlow workflow",
                f'it begins with "format": "{FORMAT}"',
            )
        else:
            message = f"this program reads {FORMAT!r}; the file says {found!r:.60}"
            newer = isinstance(found, str) and found.startswith("graphflow/")
            hint = "it was written by a newer version: update GraphFlow" if newer else f'write "format": "{FORMAT}"'
        self.problems.append(Problem("wrong-format", message, hint=hint))
        return False

    def _nodes(self, fields: Fields, prefix: str) -> dict[str, Node]:
        nodes = fields.data.get("nodes", {})
        if not isinstance(nodes, Mapping):
            fields.wrong("nodes", "an object of nodes by name", nodes)
            return {}
        self.nodes_seen += len(nodes)
        if self.nodes_seen > LIMITS.nodes:
            message = f"the file has more than {LIMITS.nodes:,} nodes"
            self.problems.append(Problem("too-many-nodes", message))
            return {}
        read = {}
        for name, node in nodes.items():
            if type(name) is not str or not 0 < len(name) <= LIMITS.name or not name.isidentifier():
                fields.name(name, "nodes", NAME)
            read[name] = self._node(node, f"{prefix}{name}")
        return read

    def _node(self, data: Any, path: str) -> Node:
        if type(data) is not dict and not isinstance(data, Mapping):  # asking for dict first takes a tenth of the time
            Fields(data, "a node", self.problems, path)
            return Node("")
        kind, inputs = data.get("type"), data.get("inputs", {})
        version, title, mode = data.get("version"), None, None
        sound = (
            data.keys() <= _PLAIN_NODE
            and type(kind) is str
            and len(kind) <= LIMITS.type
            and type(inputs) is dict
            and len(inputs) <= LIMITS.inputs
            and type(version) is int
            and 0 < version <= LIMITS.version
            and kind.isidentifier()
        )
        if not sound:  # or not plain enough for the quick look above
            fields = Fields(data, "the node", self.problems, path)
            fields.only(tuple(_NODE))
            fields.need("type")
            kind = fields.text("type", LIMITS.type, _type_pattern(kind)) or ""
            version = fields.whole("version", 1, LIMITS.version)
            title = fields.text("title", LIMITS.name)
            mode = fields.one_of("mode", _MODES)
            inputs = fields.object("inputs", LIMITS.inputs)
        problems = self.problems
        values = {}
        for name, value in inputs.items():
            if type(name) is not str or not name.isidentifier() or len(name) > LIMITS.name:
                Fields(data, "the node", problems, path).name(name, "inputs", INPUT)
            values[name] = read_value(value, path, name, problems)
        return Node(str(kind), values, version, title, mode)

    def _subgraph(self, name: str, data: Any) -> Subgraph:
        fields = Fields(data, f"the subgraph {name!r}", self.problems)
        if not fields.ok:
            return Subgraph()
        fields.only(_SUBGRAPH)
        fields.need("nodes")
        return Subgraph(
            nodes=self._nodes(fields, f"{SUBGRAPH_PREFIX}{name}/"),
            inputs=self._refs(fields, "inputs", InputRef, "input"),
            outputs=self._refs(fields, "outputs", OutputRef, "output"),
            **read_drawing(fields, self.problems),
        )

    def _refs(self, fields: Fields, key: str, make: Callable[[str, str], T], port: str) -> dict[str, T]:
        def read(name: str, data: Any) -> T:
            return read_ref(Fields(data, f"{fields.what}'s {port} {name!r}", self.problems), make, port)

        return fields.named(key, INTERFACE, LIMITS.inputs, read)


def _type_pattern(kind: Any) -> str:
    """Return the rule for a node's type: an instance of a subgraph names it, so it keeps to the rule for such names."""
    return NAME if isinstance(kind, str) and kind.startswith(SUBGRAPH_PREFIX) else INPUT
