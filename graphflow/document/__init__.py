"""The workflow file: its words, its strict reader, its one way of being written."""

from graphflow.document.limits import LIMITS, Limits
from graphflow.document.model import (
    FORMAT,
    SUBGRAPH_PREFIX,
    Group,
    InputRef,
    Link,
    Literal,
    Mode,
    Node,
    Note,
    OutputRef,
    Reroute,
    Scalar,
    SeedRule,
    Subgraph,
    Value,
    View,
    Workflow,
)
from graphflow.document.read import from_json, parse
from graphflow.document.schema import workflow_schema
from graphflow.document.write import dump, to_json

__all__ = [
    "FORMAT",
    "LIMITS",
    "SUBGRAPH_PREFIX",
    "Group",
    "InputRef",
    "Limits",
    "Link",
    "Literal",
    "Mode",
    "Node",
    "Note",
    "OutputRef",
    "Reroute",
    "Scalar",
    "SeedRule",
    "Subgraph",
    "Value",
    "View",
    "Workflow",
    "dump",
    "from_json",
    "parse",
    "to_json",
    "workflow_schema",
]
