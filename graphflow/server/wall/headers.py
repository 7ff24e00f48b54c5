"""What every answer says to browsers: run nothing that is not ours, frame us nowhere, guess no types."""

from __future__ import annotations

from aiohttp import web

from graphflow.server.wall.guard import Wall

POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "GraphFlow",
}
UNLESS_SET = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
_READABLE = "ETag, Link, Location, Retry-After"


def add_headers(request: web.BaseRequest, response: web.StreamResponse, wall: Wall) -> None:
    """Put the security headers on an answer; what a handler chose for its own page or cache stays."""
    response.headers.update(ALWAYS)
    for name, value in UNLESS_SET.items():
        response.headers.setdefault(name, value)
    if not wall.foreign:
        return
    response.headers.add("Vary", "Origin")
    origin = request.headers.get("Origin")
    if origin in wall.foreign:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = _READABLE


def answer_preflight(request: web.Request, wall: Wall) -> web.Response | None:
    """Return what a browser wants to know before a configured page of another site may ask; None for anybody else."""
    if request.method != "OPTIONS" or request.headers.get("Origin") not in wall.foreign:
        return None
    headers = {
        "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
        "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match",
        "Access-Control-Max-Age": "600",
    }
    return web.Response(status=204, headers=headers)
