"""Short ways to run toy nodes of a test's own."""

from __future__ import annotations

from graphflow.api import AnyNode
from graphflow.cache import Cache
from graphflow.registry import Pack, Registry
from tests.toy import PACK


def no_cache() -> Cache:
    return Cache(None, None)


def registry(*nodes: AnyNode) -> Registry:
    return Registry([PACK, Pack("own", nodes)])
