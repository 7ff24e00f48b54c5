"""Makes the engine that the options of a command ask for."""

from __future__ import annotations

import os
import re
from argparse import Namespace
from dataclasses import replace

from graphflow.cache import Budgets
from graphflow.cli.terminal import print_json, warn
from graphflow.cli.values import read_settings
from graphflow.document import Workflow
from graphflow.engine import Engine
from graphflow.errors import Problem, WorkflowError
from graphflow.home import find_home
from graphflow.step import Plan

_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?|xpu(:\d+)?")


def open_engine(parsed: Namespace, *, caching: bool = True) -> Engine:
    """Return an engine with the home, models, packs and device of the command line; warn of packs that failed."""
    problems = [
        Problem("no-pack", f"--pack {path}: there is no such file or folder")
        for path in parsed.pack
        if not path.exists()
    ]
    device = getattr(parsed, "device", "auto")
    if not _DEVICE.fullmatch(device):
        problems.append(Problem("bad-device", f"--device {device}: unknown", hint="use auto, cpu, cuda, cuda:1 or mps"))
    problems += [
        Problem("no-folder", f"--models {path}: there is no such folder") for path in parsed.models if not path.is_dir()
    ]
    if problems:
        raise WorkflowError(problems)
    home = find_home(parsed.home, os.environ, parsed.models)
    engine = Engine(home, packs=parsed.pack, device=device, caching=caching, budgets=cache_budgets(parsed))
    if not parsed.json:
        warn(engine.registry.problems)
    elif engine.registry.problems and "workflow" in parsed:  # the other commands print one document
        print_json({"kind": "warning", "problems": [each.to_json() for each in engine.registry.problems]})
    return engine


def cache_budgets(parsed: Namespace) -> Budgets:
    """Return how much the command line says that the cache may keep."""
    given = {"memory": getattr(parsed, "cache_memory", None), "disk": getattr(parsed, "cache_disk", None)}
    return replace(Budgets(), **{floor: size for floor, size in given.items() if size is not None})


def plan_workflow(parsed: Namespace, engine: Engine) -> tuple[Workflow, Plan]:
    """Read the workflow of the command line, set its inputs and plan it; raise WorkflowError."""
    workflow = engine.read(parsed.workflow)
    values, problems = read_settings(parsed.set, workflow, engine)
    try:
        planned = engine.plan(workflow, values, chosen_targets(parsed))
    except WorkflowError as error:
        raise WorkflowError([*problems, *error.problems]) from error
    if problems:
        raise WorkflowError(problems)
    return planned


def chosen_targets(parsed: Namespace) -> list[str] | None:
    """Return what `--targets` names, or None for all."""
    return [each.strip() for text in parsed.targets for each in text.split(",") if each.strip()] or None
