"""A workflow as a function: what it takes, what is wrong with it, what would run, and running it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any, cast

from aiohttp import web

from graphflow.document import Workflow, from_json, parse, to_json
from graphflow.engine import Engine
from graphflow.errors import Problem, WorkflowError
from graphflow.library import Saved
from graphflow.read import workflow_text
from graphflow.schema import inputs_schema
from graphflow.server.bodies import read_bytes
from graphflow.server.catalogue.privacy import without_paths
from graphflow.server.catalogue.shelf import in_library
from graphflow.server.catalogue.summary import inputs_of, outputs_of, told, up_to_date
from graphflow.server.files.input_folder import InputFolder
from graphflow.server.requests.belongings import Belongings
from graphflow.server.requests.submission import find_workflow, prepare
from graphflow.server.route import Call, Reply, Route
from graphflow.server.routes.jobs import KEY, submit_job
from graphflow.server.routes.workflows import NAMED
from graphflow.server.tags import headers_of, tag_of, unchanged
from graphflow.step import Plan, Source, Step
from graphflow.wire.jobs import JobTicket, SubmitJob
from graphflow.wire.workflows import (
    Converted,
    NodeCheck,
    PortCheck,
    PortSummary,
    RunInputs,
    RunQuery,
    ValidateWorkflow,
    Validation,
    WhichWorkflow,
)


async def run_workflow(call: Call) -> Reply:
    """Run a saved workflow as a function: the body holds its named inputs, as its schema describes them.

    The rules and the answer are those of `POST /jobs`, with its Idempotency-Key; how to run it stands in the query.
    """
    query, inputs = cast(RunQuery, call.query), cast(RunInputs, call.body).model_extra or {}
    request = SubmitJob(
        workflow=call.path("name"),
        inputs=inputs,
        priority=query.priority,
        labels=query.label,
        time_limit=query.time_limit,
        held=query.held,
    )
    return await submit_job(replace(call, body=request))


async def validate_workflow(call: Call) -> Validation:
    """Find every problem of a workflow, or say what it would do; nothing is run.

    What is taken and refused is the same as when a job is submitted.
    """
    body = cast(ValidateWorkflow, call.body)
    request = SubmitJob(workflow=body.workflow, inputs=body.inputs, targets=body.targets)
    return await asyncio.to_thread(_validate, call, request)


async def convert_workflow(call: Call) -> Converted:
    """Read the workflow out of a picture or a file, and bring it up to date.

    Send the bytes of a PNG that GraphFlow saved, or of a workflow's JSON of this or an older version.
    """
    data = await read_bytes(call.request, call.server.limits)
    return await asyncio.to_thread(_convert, data, call.server.engine)


async def workflow_schema(call: Call) -> web.StreamResponse | Reply:
    """Return the JSON Schema of a workflow's named inputs: the body of `run`. The defaults are what the file says."""
    name, source = call.path("name"), cast(WhichWorkflow, call.query).source
    saved = await in_library(call, lambda library: library.read(name, source))
    workflow = _sound(saved, call.server.engine)
    schema = inputs_schema(workflow, call.server.engine.registry)
    tag = tag_of([schema])
    if (same := unchanged(call.request, tag)) is not None:
        return same
    return web.json_response(schema, content_type="application/schema+json", headers=headers_of(tag))


def _sound(saved: Saved, engine: Engine) -> Workflow:
    """Return a saved workflow for the node types that are installed; raise WorkflowError when its file is none."""
    if saved.workflow is None:
        raise WorkflowError(saved.problems)
    return up_to_date(saved.workflow, engine.registry)[0]


def _validate(call: Call, request: SubmitJob) -> Validation:
    server, engine = call.server, call.server.engine_of(call.user)
    mine = Belongings(server.store, server.blobs, InputFolder(engine.home.input, engine.files), call.user.name)
    found = find_workflow(request, engine)
    problems: tuple[Problem, ...] = ()
    nodes: list[NodeCheck] = []
    try:
        nodes = _checks(prepare(found, request, engine, mine.find, server.limits.nodes).plan, engine)
    except WorkflowError as error:
        problems = without_paths(error.problems, engine, call.user)
    inputs, outputs = _ports_of(found.plain, engine)
    return Validation(sound=not problems, problems=told(problems), nodes=nodes, inputs=inputs, outputs=outputs)


def _ports_of(plain: Mapping[str, Any], engine: Engine) -> tuple[list[PortSummary], list[PortSummary]]:
    """Return the named inputs and outputs, as far as the workflow can be read."""
    try:
        workflow, _ = up_to_date(from_json(plain), engine.registry)
    except WorkflowError:
        return [], []
    return inputs_of(workflow, engine.registry), outputs_of(workflow, engine.registry)


def _convert(data: bytes, engine: Engine) -> Converted:
    workflow, problems = up_to_date(parse(workflow_text(data)), engine.registry)
    return Converted(
        workflow=to_json(workflow),
        problems=told(problems),
        inputs=inputs_of(workflow, engine.registry),
        outputs=outputs_of(workflow, engine.registry),
    )


def _checks(plan: Plan, engine: Engine) -> list[NodeCheck]:
    """Say of each node what is known of it; only names on disk are looked at, nothing is read."""
    kept = {path for path, step in plan.steps.items() if _is_kept(step, engine)}
    needed: set[str] = set()
    stack = list(plan.targets)
    while stack:
        path = stack.pop()
        if path not in needed:
            needed.add(path)
            if path not in kept:
                stack.extend(source.node for sources in plan.steps[path].links.values() for source in sources)
    return [
        NodeCheck(
            node=path,
            type=step.type.id,
            outputs=[
                PortCheck(
                    name=port.name,
                    type=port.type_name,
                    list=port.listed,
                    facts=dict(plan.facts.get(Source(path, port.name), {})),
                )
                for port in step.type.outputs
            ],
            cached=path in kept,
            needed=path in needed,
            notes=dict(step.notes),
        )
        for path, step in plan.steps.items()
    ]


def _is_kept(step: Step, engine: Engine) -> bool:
    disk = engine.cache.disk
    return disk is not None and not step.type.output and step.type.keep in ("auto", "disk") and disk.has(step.key)


_UNFIT = (HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)

ROUTES = (
    Route(
        "POST", f"{NAMED}/run", run_workflow, body=RunInputs, query=RunQuery, answer=JobTicket,
        status=HTTPStatus.ACCEPTED, also=(HTTPStatus.OK,),
        problems=(*_UNFIT, HTTPStatus.CONFLICT, HTTPStatus.INSUFFICIENT_STORAGE),
        reads=(KEY,), sends=("Location",),
    ),
    Route(
        "POST", "/api/v1/workflows/validate", validate_workflow, body=ValidateWorkflow, answer=Validation,
        problems=_UNFIT,
    ),
    Route(
        "POST", "/api/v1/workflows/convert", convert_workflow, answer=Converted,
        problems=(HTTPStatus.UNPROCESSABLE_ENTITY,),
        takes=("application/json", "image/png", "application/octet-stream"),
    ),
    Route(
        "GET", f"{NAMED}/schema", workflow_schema, query=WhichWorkflow, media_types=("application/schema+json",),
        problems=_UNFIT, reads=("If-None-Match",), sends=("ETag",),
    ),
)  # fmt: skip
