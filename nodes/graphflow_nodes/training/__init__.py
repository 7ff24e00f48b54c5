"""The training algorithm as nodes."""

from graphflow.api import AnyNode

NODES: tuple[AnyNode, ...] = ()
