"""Reads inputs and outputs of a node from its function's annotations: the one place that knows what they may look like."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from graphflow.api.context import Context
from graphflow.api.input import Arity, Input, check_input
from graphflow.api.marks import MARKS, Choice, File, Folder, Lazy, Mark, Mentions, Multiline, Name, Range, Seed
from graphflow.api.results import Blocked, Expand
from graphflow.api.sockets import SCALARS, PortType, Socket, type_name
from graphflow.errors import PackError

M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class Output:
    """One output port of a node type; a `listed` port gives many values, each to a call of its own."""

    name: str
    type: PortType
    listed: bool = False

    @property
    def type_name(self) -> str:
        """The outer name of the type."""
        return type_name(self.type)


def read_inputs(node: str, function: Callable[..., Any], hints: Mapping[str, Any]) -> tuple[tuple[Input, ...], bool]:
    """Return the inputs in their declared order, and whether the function takes `ctx`."""
    inputs: list[Input] = []
    wants_ctx = False
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise PackError(f"node {node}: parameter {name} must be an ordinary one, not {parameter.kind.description}")
        if name not in hints:
            raise PackError(f"node {node}: parameter {name} has no type annotation")
        if hints[name] is Context:
            if name != "ctx":
                raise PackError(f"node {node}: call the parameter of type Context `ctx`, not {name}")
            wants_ctx = True
            continue
        inputs.append(_input(node, name, hints[name], parameter.default))
    names = [each.name for each in inputs]
    if len(set(names)) < len(names):
        raise PackError(f"node {node}: two inputs have the same name: {', '.join(names)}")
    return tuple(inputs), wants_ctx


def read_outputs(node: str, hints: Mapping[str, Any]) -> tuple[tuple[Output, ...], bool]:
    """Return the output ports, and whether the function returns one bare value (whose port is `out`)."""
    returned = hints.get("return", inspect.Signature.empty)
    if returned is inspect.Signature.empty:
        raise PackError(f"node {node}: the return value has no type annotation")
    returned = _without(returned, Expand, Blocked)
    if returned is type(None):
        return (), False
    fields = getattr(returned, "_fields", None)
    if fields is not None:
        ports = read_hints(node, returned)
        return tuple(_output(node, name, ports[name]) for name in fields), False
    return (_output(node, "out", returned),), True


def read_hints(node: str, function: Any) -> dict[str, Any]:
    """Return the annotations of a function or a named tuple, evaluated; raise PackError when one cannot be."""
    try:
        return get_type_hints(function, include_extras=True)
    except NameError as error:
        raise PackError(
            f"node {node}: annotation {error.name!r} is not known when the module is imported; "
            "import sockets and marks outside TYPE_CHECKING"
        ) from error
    except (AttributeError, SyntaxError, TypeError) as error:
        raise PackError(f"node {node}: an annotation cannot be read: {error}") from error


def _input(node: str, parameter: str, hint: Any, default: Any) -> Input:
    marks: list[Mark] = []
    if get_origin(hint) is Annotated:
        hint, *extra = get_args(hint)
        marks = [mark for mark in extra if isinstance(mark, MARKS)]
        if plain := [mark for mark in extra if isinstance(mark, type) and issubclass(mark, MARKS)]:
            raise PackError(f"node {node}: {parameter}: write {plain[0].__name__}(), not {plain[0].__name__}")
    required = default is inspect.Parameter.empty
    hint = _without(hint, type(None))
    lazy = get_origin(hint) is Lazy
    if lazy:
        hint = _without(get_args(hint)[0], type(None))
    port, arity = _arity(node, parameter, hint)
    folder = _mark(marks, Folder)
    if (port is File) != (folder is not None):
        raise PackError(f"node {node}: {parameter}: File and Folder(...) belong together")
    outer = _mark(marks, Name)
    seed = _mark(marks, Seed) is not None
    entry = Input(
        name=outer.name if outer else parameter,
        parameter=parameter,
        type=port,
        arity=arity,
        required=required,
        lazy=lazy,
        range=_mark(marks, Range) or (Range(0, 2**64 - 1) if seed else None),
        choice=_mark(marks, Choice),
        folder=folder,
        seed=seed,
        multiline=_mark(marks, Multiline) is not None,
        mentions=_mark(marks, Mentions),
    )
    return check_input(node, entry, None if required else default)


def _arity(node: str, parameter: str, hint: Any) -> tuple[PortType, Arity]:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        element = arguments[0]
        return _port(node, parameter, element), "values" if element in SCALARS else "many"
    if origin is list:
        return _port(node, parameter, arguments[0]), "whole_list"
    return _port(node, parameter, hint), "one"


def _port(node: str, name: str, hint: Any) -> PortType:
    if hint is Any or hint is File or hint in SCALARS or (isinstance(hint, type) and issubclass(hint, Socket)):
        return hint
    raise PackError(
        f"node {node}: {name}: {hint!r} cannot be a port; use a Socket class, str, int, float, bool, File or Any"
    )


def _output(node: str, name: str, hint: Any) -> Output:
    hint = _without(hint, Blocked)
    listed = get_origin(hint) is list
    if hint is File or (listed and get_args(hint)[0] is File):
        raise PackError(f"node {node}: output {name}: a File is found by the engine and cannot be an output")
    return Output(name, _port(node, name, get_args(hint)[0] if listed else hint), listed)


def _without(hint: Any, *unwanted: type) -> Any:
    """Drop members from a union: `Image | None` without None is Image."""
    if get_origin(hint) not in (Union, types.UnionType):
        return hint
    rest = tuple(each for each in get_args(hint) if each not in unwanted)
    return rest[0] if len(rest) == 1 else Union[rest]  # noqa: UP007  the members are known at run time only


def _mark(marks: list[Mark], kind: type[M]) -> M | None:
    return next((mark for mark in marks if isinstance(mark, kind)), None)
