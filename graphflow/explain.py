"""Says which nodes would run, which are cached, and what changed since the last run made the difference."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

from graphflow.cache import Cache
from graphflow.errors import StorageError
from graphflow.home import make_folder
from graphflow.keys import key_parts
from graphflow.step import Plan, Step

Fate = Literal["runs", "cached", "not needed"]
Parts = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What would become of a node. `why` names the parts of its key that changed, or why it runs in any case."""

    node: str
    type: str
    fate: Fate
    why: tuple[str, ...] = ()


def explain(plan: Plan, cache: Cache, before: Parts) -> list[Verdict]:
    """Return a verdict for every planned node, sources first. `before` is what `recall` returned."""
    runs, cached = _reach(plan, cache)
    verdicts = []
    for path, step in plan.steps.items():
        if path in runs:
            verdicts.append(Verdict(path, step.type.id, "runs", _why(plan, step, before)))
        else:
            verdicts.append(Verdict(path, step.type.id, "cached" if path in cached else "not needed"))
    return verdicts


def remember(plan: Plan, name: str, folder: Path) -> None:
    """Note the parts of every key of a run under the workflow's name. Losing the note costs an explanation only."""
    parts = {path: _parts(plan, step) for path, step in plan.steps.items()}
    with suppress(OSError, StorageError):
        target = make_folder(folder) / _file_name(name)
        beside = target.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        beside.write_text(json.dumps(parts), encoding="utf-8")
        beside.replace(target)


def recall(name: str, folder: Path) -> Parts:
    """Return what `remember` noted last under this name, or nothing."""
    try:
        noted = json.loads((folder / _file_name(name)).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    sound = isinstance(noted, dict) and all(isinstance(each, dict) for each in noted.values())
    return noted if sound else {}


def _reach(plan: Plan, cache: Cache) -> tuple[set[str], set[str]]:
    """Walk back from the targets as the executor does; return which nodes would run and which are found."""
    runs: set[str] = set()
    cached: set[str] = set()
    stack = list(plan.targets)
    while stack:
        path = stack.pop()
        if path in runs or path in cached:
            continue
        step = plan.steps[path]
        if not step.type.output and cache.lookup(step.key, step.type) is not None:
            cached.add(path)
            continue
        runs.add(path)
        # Which lazy inputs a node will ask for is known only when it runs: all are counted.
        stack.extend(source.node for sources in step.links.values() for source in sources)
    return runs, cached


def _why(plan: Plan, step: Step, before: Parts) -> tuple[str, ...]:
    if step.type.output:
        return ("saves files, so it runs every time",)
    if step.type.keep == "never":
        return ("its result is never kept",)
    if step.node not in before:
        return ("was not in the last run",)
    then, now = before[step.node], _parts(plan, step)
    changed = tuple(
        f"{name}: {_told(step, name, then.get(name), now.get(name))}"
        for name in sorted(then.keys() | now.keys())
        if then.get(name) != now.get(name)
    )
    return changed or ("nothing changed, but its result was not kept: too quick to be worth it, or long unused",)


def _told(step: Step, name: str, then: str | None, now: str | None) -> str:
    if name in step.links:
        return "comes from " + ", ".join(source.node for source in step.links[name]) + ", which changed"
    return f"{_short(then)} → {_short(now)}"


def _short(text: str | None) -> str:
    if text is None:
        return "nothing"
    return text if len(text) <= 40 else f"{text[:39]}…"


def _parts(plan: Plan, step: Step) -> dict[str, str]:
    sources = {
        name: tuple((plan.steps[source.node].key, source.output) for source in links)
        for name, links in step.links.items()
    }
    return key_parts(step.pack, step.type, step.values, sources)


def _file_name(name: str) -> str:
    return f"{sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}.json"
