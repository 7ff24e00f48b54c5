"""GraphFlow: typed node graphs for diffusion image generation, run by a caching executor."""

from typing import TYPE_CHECKING, Any

from graphflow.version import __version__

if TYPE_CHECKING:
    from graphflow.build import Flow
    from graphflow.engine import Engine, run
    from graphflow.results import Results

__all__ = ["Engine", "Flow", "Results", "__version__", "run"]

_HOMES = {"Engine": "engine", "Results": "results", "run": "engine", "Flow": "build"}


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used: a node pack that imports `graphflow.api` needs none of them."""
    if name not in _HOMES:
        raise AttributeError(f"module 'graphflow' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"graphflow.{_HOMES[name]}"), name)
