"""What a worker holds between nodes, such as loaded models, and the three ways in which the engine speaks to it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Protocol, TypeVar, cast, runtime_checkable

from graphflow.errors import PackError


@dataclass(frozen=True, slots=True)
class Held:
    """One thing in a worker's memory: what it is, how many bytes, on which device, and why it stays."""

    name: str
    bytes: int
    where: str
    why: str


@dataclass(frozen=True, slots=True)
class DeviceMemory:
    """The device that is really used, and the bytes of memory that it has and that are free; None where nobody tells."""

    device: str
    total: int | None
    free: int | None


@runtime_checkable
class Resource(Protocol):
    """What a class marked with `@resource` must offer. It is built with the device's name as its only argument.

    One that knows its device may offer `device_memory() -> DeviceMemory` as well.
    """

    def __init__(self, device: str) -> None:
        """Make an empty resource for a device: `auto`, `cpu`, `cuda`, `cuda:1` ..."""

    def held(self) -> list[Held]:
        """List what is held."""

    def release(self, wanted: int, /) -> int:
        """Free at least so many bytes if that can be done, and return how many were freed."""

    def close(self) -> None:
        """Free everything; the resource is not used again."""


R = TypeVar("R", bound=Resource)
C = TypeVar("C", bound=type)

_METHODS = ("held", "release", "close")


def resource(cls: C) -> C:
    """Mark a class as a resource; raise PackError when it lacks one of the three methods."""
    missing = [name for name in _METHODS if not callable(getattr(cls, name, None))]
    if missing:
        raise PackError(f"resource {cls.__name__} lacks {', '.join(missing)}()")
    return cls


class Resources:
    """The resources of one worker, each made on first use."""

    def __init__(self, device: str = "auto") -> None:
        self.device = device
        self._made: dict[type, Resource] = {}
        self._lock = threading.RLock()

    def use(self, kind: type[R]) -> R:
        """Return the worker's one resource of this class."""
        with self._lock:
            if kind not in self._made:
                self._made[kind] = kind(self.device)
            return cast(R, self._made[kind])

    def held(self) -> list[Held]:
        """List what all resources hold."""
        with self._lock:
            return [held for each in self._made.values() for held in each.held()]

    def device_memory(self) -> DeviceMemory | None:
        """Return what the first resource that can tell says of its device; None while there is none."""
        with self._lock:
            asked = (getattr(each, "device_memory", None) for each in self._made.values())
            return next((ask() for ask in asked if ask is not None), None)

    def release(self, wanted: int) -> int:
        """Free at least so many bytes over all resources, and return how many were freed."""
        freed = 0
        with self._lock:
            for each in self._made.values():
                if freed < wanted:
                    freed += each.release(wanted - freed)
        return freed

    def close(self) -> None:
        """Close every resource; the next use makes new ones."""
        with self._lock:
            while self._made:
                self._made.popitem()[1].close()
