"""What can travel along a link, and how the engine stores and weighs it without knowing what it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self, TypeAlias

from graphflow.errors import PackError

SCALARS: dict[type, str] = {str: "STRING", int: "INT", float: "FLOAT", bool: "BOOLEAN"}

PortType: TypeAlias = Any
"""A Socket subclass, one of str, int, float, bool, or typing.Any for a port that takes everything."""


class Socket:
    """A value that travels along a link: subclass it, best as a frozen dataclass.

    A subclass may feed every input that its base class may feed. `class Latent(Socket, name="LATENT")` gives
    the outer name; without one the class name in capitals is taken.
    """

    socket_name: ClassVar[str] = "SOCKET"

    def __init_subclass__(cls, name: str | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # A dataclass with slots is made a second time, without the name but with what the first one had.
        cls.socket_name = name or vars(cls).get("socket_name") or cls.__name__.upper()

    @property
    def nbytes(self) -> int:
        """Return the bytes of memory that keeping this value costs."""
        return 256

    def store(self) -> bytes | None:
        """Return the value as bytes that `restore` understands, or None when it cannot leave the process."""
        return None

    @classmethod
    def restore(cls, data: bytes) -> Self:
        """Rebuild a value from what `store` gave; raise ValueError when the bytes make no sense."""
        raise ValueError(f"{cls.socket_name} values are not stored")


@dataclass(frozen=True, slots=True)
class Artifact(Socket, name="ARTIFACT"):
    """A file that a run saved, known by the hash of its content."""

    sha256: str
    media_type: str
    name: str
    size: int
    path: Path


def type_name(port: PortType) -> str:
    """Return the outer name of a port's type, such as LATENT, STRING or * for anything."""
    if port is Any:
        return "*"
    if isinstance(port, type) and issubclass(port, Socket):
        return port.socket_name
    if port in SCALARS:
        return SCALARS[port]
    raise PackError(f"{port!r} cannot be a port: use a Socket class, str, int, float, bool or typing.Any")


def feeds(have: PortType, want: PortType) -> bool:
    """Say whether an output of one type may feed an input of another.

    A subclass feeds its base; a whole number feeds a FLOAT; anything feeds, and is fed by, `*`.
    """
    if have is want or want is Any or have is Any:
        return True
    if have is int and want is float:
        return True
    return isinstance(have, type) and isinstance(want, type) and issubclass(have, want) and have is not bool
