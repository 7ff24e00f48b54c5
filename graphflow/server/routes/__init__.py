"""All routes, as data: what is not listed here does not exist."""

from __future__ import annotations

from graphflow.server.route import Route
from graphflow.server.routes import (
    events,
    health,
    login,
)

ROUTES: tuple[Route, ...] = (
    *health.ROUTES,
    *login.ROUTES,
    *events.ROUTES,
)
