"""Turns a workflow into checked and ordered work, or into every problem that it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphflow.api import Expand
from graphflow.check import Checker
from graphflow.document import Workflow
from graphflow.errors import Problem, WorkflowError, did_you_mean
from graphflow.expansion import plan_expansion
from graphflow.files import Files
from graphflow.flatten import Flat, flatten
from graphflow.inputs import check_inputs
from graphflow.registry import Registry
from graphflow.step import Expansion, Plan, Step


def make_plan(workflow: Workflow, registry: Registry, files: Files, *, targets: Sequence[str] | None = None) -> Plan:
    """Return the work that the targets need; raise WorkflowError with all problems.

    A target is a node, a named output, or a subgraph's instance, which stands for all that it gives and saves.

    Without `targets` they are the nodes that save files and those that the workflow's named outputs come from. Nodes
    that no target needs are neither checked nor run.
    """
    problems = check_inputs(workflow, registry)
    flat = flatten(workflow, registry, problems, targets or ())
    chosen = _targets(flat, registry, targets, problems)
    checker = Checker(registry, files, base={}, facts={})
    checker.add(flat.nodes, chosen)
    problems += checker.problems
    problems += _check_outputs(flat, checker.steps)
    if problems:
        raise WorkflowError(dict.fromkeys(problems))  # a list may hold one broken link twice
    outputs = {name: source for name, source in flat.outputs.items() if source.node in checker.steps}

    def expand(step: Step, expansion: Expand, steps: Mapping[str, Step]) -> Expansion:
        return plan_expansion(step, expansion, Checker(registry, files, base=steps, facts=checker.facts))

    return Plan(checker.steps, tuple(chosen), outputs, checker.facts, expand)


def _check_outputs(flat: Flat, steps: Mapping[str, Step]) -> list[Problem]:
    """Return a problem for every named output whose node has no such port."""
    problems = []
    for name, source in flat.outputs.items():
        step = steps.get(source.node)
        if step is not None and step.type.port(source.output) is None:
            known = [port.name for port in step.type.outputs]
            hint = did_you_mean(source.output, known) or f"it has {', '.join(known) or 'none'}"
            message = f"the workflow's output {name!r} leads to output {source.output!r}, which {step.type.id} lacks"
            problems.append(Problem("unknown-output", message, source.node, hint=hint))
    return problems


def _targets(flat: Flat, registry: Registry, wanted: Sequence[str] | None, problems: list[Problem]) -> list[str]:
    if wanted is not None:
        known: dict[str, None] = {}
        for name in wanted:
            paths = _aimed_at(flat, registry, name)
            if not paths:
                problems.append(_no_target(flat, name))
            known.update(dict.fromkeys(paths))
        return list(known)
    savers = [path for path, node in flat.nodes.items() if (kind := registry.find(node.type)) and kind.output]
    targets = list(dict.fromkeys([*savers, *(source.node for source in flat.outputs.values())]))
    if not targets and not problems:
        # An unknown type may well be the node that saves: naming it says more than "nothing to do".
        strangers = [node for node in flat.nodes.values() if registry.find(node.type) is None]
        if strangers:
            return [node.path for node in strangers]
        hint = "add a node that saves, such as SaveImage, or name an output"
        problems.append(Problem("no-target", "nothing in this workflow asks to be computed", hint=hint))
    return targets


def _aimed_at(flat: Flat, registry: Registry, name: str) -> list[str]:
    """Return the nodes that a target means; none when it means nothing that can be computed."""
    if name in flat.nodes:
        return [name]
    if name in flat.outputs:
        return [flat.outputs[name].node]
    if name not in flat.instances:
        return []
    inside = [path for path in flat.nodes if path.startswith(f"{name}/")]
    savers = [path for path in inside if (kind := registry.find(flat.nodes[path].type)) and kind.output]
    return [*(path for path in flat.instances[name] if path in flat.nodes), *savers]


def _no_target(flat: Flat, name: str) -> Problem:
    if name in flat.muted or (name in flat.instances and any(path.startswith(f"{name}/") for path in flat.muted)):
        return Problem("unknown-target", f"target {name!r} is muted")
    if name in flat.instances:
        hint = "give its subgraph an output, or aim at a node in it"
        return Problem("unknown-target", f"target {name!r} is a subgraph that gives and saves nothing", hint=hint)
    near = did_you_mean(name, [*flat.nodes, *flat.outputs, *flat.instances])
    return Problem("unknown-target", f"there is no node or output {name!r} to aim at", hint=near)
