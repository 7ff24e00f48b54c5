"""How good pictures are: scores of pictures and captions."""

from graphflow.api import AnyNode

NODES: tuple[AnyNode, ...] = ()
