"""All routes, as data: what is not listed here does not exist."""

from __future__ import annotations

from graphflow.server.route import Route
from graphflow.server.routes import (
    artifacts,
    cache,
    docs,
    editor,
    events,
    functions,
    health,
    jobs,
    login,
    metrics,
    models,
    nodes,
    queue,
    revisions,
    system,
    uploads,
    workflows,
)

ROUTES: tuple[Route, ...] = (
    *health.ROUTES,
    *editor.ROUTES,
    *login.ROUTES,
    *docs.ROUTES,
    *jobs.ROUTES,
    *events.ROUTES,
    *queue.ROUTES,
    *artifacts.ROUTES,
    *uploads.ROUTES,
    *workflows.ROUTES,
    *revisions.ROUTES,
    *functions.ROUTES,
    *nodes.ROUTES,
    *models.ROUTES,
    *cache.ROUTES,
    *system.ROUTES,
    *metrics.ROUTES,
)
