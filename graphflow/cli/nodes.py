"""`graphflow nodes`: which node types there are, and what one of them takes and gives."""

from __future__ import annotations

import sys
from argparse import Namespace
from itertools import groupby

from graphflow.api import AnyNode, Input
from graphflow.cli.open_engine import open_engine
from graphflow.cli.terminal import columns, harmless, paint, plural, print_json, print_line
from graphflow.errors import Problem, WorkflowError, did_you_mean
from graphflow.literals import show
from graphflow.registry import Registry
from graphflow.schema import node_schema

_OPTIONS_SHOWN = 12


def run(parsed: Namespace) -> int:
    """List the node types, or describe the one that was named."""
    with open_engine(parsed, caching=False) as engine:
        registry = engine.registry
    if parsed.name is None:
        _list(registry, as_json=parsed.json)
        return 0
    kind = registry.find(parsed.name)
    if kind is None:
        hint = did_you_mean(parsed.name, registry.names) or "`graphflow nodes` lists them"
        raise WorkflowError([Problem("unknown-type", f"there is no node type {parsed.name!r}", hint=hint)])
    if parsed.json:
        print_json(node_schema(kind), indent=2)
    else:
        _describe(kind, registry)
    return 0


def _list(registry: Registry, *, as_json: bool) -> None:
    if as_json:
        print_json([node_schema(kind) for kind in registry.types], indent=2)
        return
    if not registry.types:
        print_line("no node packs are installed")
        return
    width = max(len(kind.id) for kind in registry.types)
    by_category = sorted(registry.types, key=lambda kind: (kind.category, kind.id))
    for category, kinds in groupby(by_category, key=lambda kind: kind.category):
        print_line(paint(harmless(category or "other"), "bold", sys.stdout))
        for kind in kinds:
            summary = kind.description.partition("\n")[0]
            print_line(f"  {harmless(kind.id).ljust(width)}  {paint(harmless(summary), 'dim', sys.stdout)}")
    print_line(f"\n{plural(len(registry.types), 'node type')}; `graphflow nodes NAME` describes one")


def _describe(kind: AnyNode, registry: Registry) -> None:
    pack = registry.pack_of(kind.id)
    print_line(f"{paint(harmless(kind.id), 'bold', sys.stdout)}  {harmless(kind.category)}")
    if kind.description:
        print_line(f"\n{harmless(kind.description)}")
    sections = {
        "Inputs": [(each.name, each.type_name, _limits(each)) for each in kind.inputs],
        "Outputs": [(each.name, each.type_name, "a list" if each.listed else "") for each in kind.outputs],
    }
    for title, rows in sections.items():
        if rows:
            print_line(f"\n{paint(title, 'bold', sys.stdout)}")
            print_line("\n".join(columns(rows)))
    notes = [f"from the pack {pack.name} {pack.version}".rstrip(), f"version {kind.version}"]
    if kind.also:
        notes.append(f"also called {', '.join(kind.also)}")
    if kind.output:
        notes.append("saves files, so it runs every time")
    print_line(paint(f"\n{harmless('; '.join(notes))}", "dim", sys.stdout))


def _limits(entry: Input) -> str:
    """Say in few words what an input takes."""
    words: list[str] = []
    if entry.required:
        words.append("required")
    elif entry.default is not None:
        words.append(f"default {show(entry.default)}")
    else:
        words.append("optional")
    if entry.choice is not None:
        options = entry.choice.options
        more = f" and {len(options) - _OPTIONS_SHOWN} more" if len(options) > _OPTIONS_SHOWN else ""
        words.append(f"one of {', '.join(options[:_OPTIONS_SHOWN])}{more}")
    elif entry.range is not None:
        low, high = (f"{int(each)}" if each == int(each) else f"{each}" for each in (entry.range.low, entry.range.high))
        words.append(f"{low} to {high}")
    if entry.folder is not None:
        bundle = f"a folder with {entry.folder.bundle}" if entry.folder.bundle else ""
        kinds = [each for each in (" ".join(entry.folder.suffixes), bundle) if each]
        words.append(f"a file of {entry.folder.name}: {', or '.join(kinds)}")
    if entry.lazy:
        words.append("computed only when needed")
    if entry.arity in ("many", "whole_list"):
        words.append("several links" if entry.arity == "many" else "a whole list")
    elif entry.arity == "values":
        words.append("a list of values")
    return ", ".join(words)
