"""The version of GraphFlow that is running."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("graphflow")
except PackageNotFoundError:  # run from a checkout that was never installed
    __version__ = "0+checkout"
