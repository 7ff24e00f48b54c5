"""Writes a finished job's named outputs as JSON: files by their hashes, texts and numbers as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from math import isfinite
from typing import Any

from graphflow.api import Artifact, Blocked, Socket
from graphflow.api.sockets import type_name
from graphflow.cache import Outputs
from graphflow.jobs.worker.texts import plain
from graphflow.step import Plan, Source

Describe = Callable[[Source, Artifact], Mapping[str, Any]]
Warn = Callable[[Source, str], None]


def job_outputs(plan: Plan, by_node: Mapping[str, Outputs], describe: Describe, warn: Warn) -> dict[str, Any]:
    """Return the named outputs as the HTTP API shows them.

    A list of files, `{"value": ...}`, or `{"value": null, "type": "IMAGE"}` for what cannot be written as JSON. `warn`
    hears of numbers that JSON does not know.
    """
    outputs: dict[str, Any] = {}
    for name, source in plan.outputs.items():
        if source.node not in by_node:
            continue
        value = by_node[source.node][source.output]
        if _is_files(plan, source, value):
            outputs[name] = [describe(source, each) for each in _as_tuple(value)]
        elif _is_plain(value):
            outputs[name] = {"value": _finite(value, partial(_warn_of, warn, source, name))}
        else:
            outputs[name] = {"value": None, "type": _type_of(plan, source, value)}
    return outputs


def _is_files(plan: Plan, source: Source, value: Any) -> bool:
    if type(value) is tuple and not value:
        port = plan.steps[source.node].type.port(source.output)
        return port is not None and port.type is Artifact
    return all(isinstance(each, Artifact) for each in _as_tuple(value))


def _is_plain(value: Any) -> bool:
    return all(isinstance(each, str | int | float) for each in _as_tuple(value))


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return value if type(value) is tuple else (value,)


def _warn_of(warn: Warn, source: Source, name: str, value: float) -> None:
    warn(source, f"output {name!r} is {value}, which JSON cannot say: null stands for it")


def _finite(value: Any, warn: Callable[[float], None]) -> Any:
    if type(value) is tuple:
        return [_finite(each, warn) for each in value]
    if isinstance(value, float) and not isfinite(value):
        warn(value)
        return None
    return plain(value) if isinstance(value, str) else value


def _type_of(plan: Plan, source: Source, value: Any) -> str:
    port = plan.steps[source.node].type.port(source.output)
    if port is not None and port.type is not Any:
        return port.type_name
    kinds: Iterable[type] = (type(each) for each in _as_tuple(value) if not isinstance(each, Blocked))
    names = {type_name(kind) if issubclass(kind, Socket) else kind.__name__ for kind in kinds}
    return names.pop() if len(names) == 1 else "*"
