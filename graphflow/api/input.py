"""One input of a node type, and whether its marks and its default agree with its type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from graphflow.api.marks import Choice, File, Folder, Lazy, Mentions, Range
from graphflow.api.sockets import SCALARS, PortType, type_name
from graphflow.errors import PackError

Arity = Literal["one", "many", "values", "whole_list"]
"""one value; links as a tuple; a tuple of literals; all elements of a list port at once."""


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a node type."""

    name: str
    parameter: str
    type: PortType
    arity: Arity = "one"
    required: bool = True
    default: Any = None
    lazy: bool = False
    range: Range | None = None
    choice: Choice | None = None
    folder: Folder | None = None
    seed: bool = False
    multiline: bool = False
    mentions: Mentions | None = None

    @property
    def is_widget(self) -> bool:
        """Say whether a literal can stand here; a link can as well, except for a file."""
        return self.type in SCALARS or self.type is File

    @property
    def type_name(self) -> str:
        """The outer name of the type: FILE and COMBO for files and choices."""
        if self.folder:
            return "FILE"
        return "COMBO" if self.choice else type_name(self.type)


def check_input(node: str, entry: Input, default: Any) -> Input:
    """Return the input with its default as a node gets it; raise PackError when something in it contradicts itself."""

    def refuse(what: str) -> PackError:
        return PackError(f"node {node}: {entry.parameter}: {what}")

    if not entry.name or not entry.name.isprintable():
        raise refuse(f"{entry.name!r} cannot be an input's name")
    if entry.lazy and entry.arity != "one":
        raise refuse("a lazy input takes one value; take several lazy inputs")
    if entry.type is File and entry.arity != "one":
        raise refuse("a File input takes one file")
    if entry.range is not None and entry.type not in (int, float):
        raise refuse("Range and Seed are for int and float")
    if (entry.choice or entry.multiline or entry.mentions) and entry.type is not str:
        raise refuse("Choice, Multiline and Mentions are for str")
    if entry.required or default is None:
        return entry
    if isinstance(default, Lazy):
        default = default.get()
        if default is None:
            raise refuse("write `Lazy[...] | None = None` for an input that may be left out")
    return replace(entry, default=_default(entry, default, refuse))


def _default(entry: Input, default: Any, refuse: Callable[[str], PackError]) -> Any:
    """Return a default as if it stood in a file: a key must be the same whether it is written there or not."""
    if entry.arity == "one":
        return _one(entry, default, refuse)
    if not isinstance(default, tuple | list):
        raise refuse(f"the default {default!r} must be a tuple or a list")
    return tuple(_one(entry, each, refuse) for each in default)


def _one(entry: Input, default: Any, refuse: Callable[[str], PackError]) -> Any:
    wanted = entry.type
    if wanted is float and type(default) is int:
        default = float(default)
    if wanted is File:
        default, wanted = (default.name if isinstance(default, File) else default), str
    if type(default) not in SCALARS or (wanted is not Any and type(default) is not wanted):
        what = (
            "only None can be" if wanted not in SCALARS else f"a {wanted.__name__} is wanted, so {default!r} cannot be"
        )
        raise refuse(f"{what} the default")
    if entry.choice is not None and default not in entry.choice.options:
        raise refuse(f"the default {default!r} is not one of its options")
    if entry.range is not None and not entry.range.low <= default <= entry.range.high:
        raise refuse(f"the default {default!r} lies outside its range")
    return default
