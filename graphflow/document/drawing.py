"""Reads what the editor draws and no run looks at: places, groups, notes, reroutes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypedDict, TypeVar

from graphflow.document.fields import Fields
from graphflow.document.limits import COLOR, INPUT, LIMITS, NAME
from graphflow.document.model import Group, InputRef, Note, OutputRef, Reroute, SeedRule, View
from graphflow.errors import Problem

T = TypeVar("T")

DRAWING = ("view", "groups", "notes", "reroutes")
_VIEW = ("x", "y", "width", "height", "collapsed", "color", "pinned", "seeds")
_BOX = ("x", "y", "width", "height")
_RULES: dict[str, SeedRule] = {"random": "random", "increment": "increment"}


class Drawing(TypedDict):
    """What is drawn of one graph."""

    view: dict[str, View]
    groups: dict[str, Group]
    notes: dict[str, Note]
    reroutes: dict[str, Reroute]


def read_drawing(fields: Fields, problems: list[Problem]) -> Drawing:
    """Read all that is drawn of a workflow or subgraph; what is wrong is added to `problems`."""

    def named(key: str, what: str, read: Callable[[Fields], T], of_node: bool = False) -> dict[str, T]:
        def one(name: str, data: Any) -> T:
            return read(Fields(data, f"the {what} {name!r}", problems, name if of_node else None))

        return fields.named(key, NAME, LIMITS.nodes, one)

    return Drawing(
        view=named("view", "view of", _view, of_node=True),
        groups=named("groups", "group", _group),
        notes=named("notes", "note", _note),
        reroutes=named("reroutes", "reroute", _reroute),
    )


def read_ref(fields: Fields, make: Callable[[str, str], T], port: str) -> T:
    """Read {"node": ..., "input": ...} or the same with an output."""
    if fields.ok:
        fields.only(("node", port))
        fields.need("node", port)
    return make(fields.text("node", LIMITS.name, NAME) or "", fields.text(port, LIMITS.name, INPUT) or "")


def _view(fields: Fields) -> View:
    if fields.ok:
        fields.only(_VIEW)
        fields.need("x", "y")
    seeds = Fields(fields.object("seeds", LIMITS.inputs), f"`seeds` of {fields.what}", fields.problems, fields.node)
    return View(
        x=_number(fields, "x"),
        y=_number(fields, "y"),
        width=fields.number("width"),
        height=fields.number("height"),
        collapsed=fields.truth("collapsed"),
        color=_color(fields),
        pinned=fields.truth("pinned"),
        seeds={name: rule for name in seeds.data if (rule := seeds.one_of(name, _RULES)) is not None},
    )


def _group(fields: Fields) -> Group:
    _expect(fields, ("title", *_BOX), ("color",))
    x, y, width, height = (_number(fields, side) for side in _BOX)
    return Group(fields.text("title", LIMITS.name) or "", x, y, width, height, _color(fields))


def _note(fields: Fields) -> Note:
    _expect(fields, ("text", *_BOX), ("color",))
    x, y, width, height = (_number(fields, side) for side in _BOX)
    return Note(fields.text("text", LIMITS.note) or "", x, y, width, height, _color(fields))


def _reroute(fields: Fields) -> Reroute:
    _expect(fields, ("x", "y", "from", "to"))
    ends = fields.data.get("to", [])
    if not isinstance(ends, list | tuple) or len(ends) > LIMITS.items:
        fields.wrong("to", "a list of inputs", ends)
        ends = []
    of = f"of {fields.what}"
    source = Fields(fields.data.get("from", {}), f"`from` {of}", fields.problems)
    to = (read_ref(Fields(each, f"an input {of}", fields.problems), InputRef, "input") for each in ends)
    return Reroute(_number(fields, "x"), _number(fields, "y"), read_ref(source, OutputRef, "output"), tuple(to))


def _expect(fields: Fields, needed: tuple[str, ...], also: tuple[str, ...] = ()) -> None:
    if fields.ok:
        fields.only((*needed, *also))
        fields.need(*needed)


def _number(fields: Fields, key: str) -> float:
    """Return a number, or 0 for one that is reported already; a zero of either kind stays what it is."""
    value = fields.number(key)
    return 0 if value is None else value


def _color(fields: Fields) -> str | None:
    return fields.text("color", LIMITS.name, COLOR)
