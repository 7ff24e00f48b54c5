"""`graphflow serve`: run workflows for others, until somebody says stop."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sys
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from graphflow.cli.open_engine import cache_budgets, open_engine
from graphflow.cli.terminal import harmless, paint, print_json, print_line
from graphflow.jobs.dispatch import Rules
from graphflow.jobs.dispatch.keeper import DAY
from graphflow.jobs.worker.process import ProcessWorker
from graphflow.server.limits import Limits
from graphflow.server.room import Room
from graphflow.server.serve import Address, Options, check_options, serve
from graphflow.server.wall.accounts import CODE_SECONDS

HURRIED = 130
_ACCESS = {None: logging.WARNING, True: logging.INFO, False: logging.CRITICAL}
"""Which requests are logged: those refused or failed, all, none. A line for each would be a twelfth of what a job costs."""
_LIMITS = {
    "max_queued": "queued_jobs",
    "max_streams": "streams",
    "max_requests": "requests_per_second",
    "max_upload": "upload_bytes",
    "max_pixels": "pixels",
}


def run(parsed: Namespace) -> int:
    """Serve until SIGINT or SIGTERM; return 0 when running jobs were finished or put back, 130 after a second signal."""
    options = options_of(parsed)
    check_options(options)
    _log_to_stderr(parsed)
    with open_engine(parsed) as engine:
        worker = ProcessWorker(
            engine.home,
            device=parsed.device,
            slots=parsed.slots,
            packs=tuple(each.absolute() for each in parsed.pack),
            preload=not parsed.no_preload,
            budgets=cache_budgets(parsed),
        )

        def ready(address: Address) -> None:
            gc.freeze()  # what is there now stays: no collection need look at it again
            _tell(parsed, address, str(engine.home.root))

        in_order = asyncio.run(serve(engine, [worker], options, ready))
    if not parsed.json:
        print_line("stopped" if in_order else "stopped at once: what ran is run again at the next start")
    return 0 if in_order else HURRIED


def options_of(parsed: Namespace) -> Options:
    """Return what the command line says about where to listen, how much to take, and what to keep."""
    return Options(
        host=parsed.host,
        port=parsed.port,
        certificate=parsed.tls_cert,
        key=parsed.tls_key,
        insecure_http=parsed.insecure_http,
        allowed=tuple(parsed.allow_host),
        foreign=tuple(parsed.cors_origin),
        limits=_limits(parsed),
        room=_room(parsed),
        rules=replace(Rules(), longest=parsed.time_limit),
    )


def _room(parsed: Namespace) -> Room:
    kept, usual = {"keep_days": "seconds", "keep_jobs": "most", "keep_bytes": "bytes"}, Room()
    given = _given(parsed, kept)
    if "seconds" in given:
        given["seconds"] *= DAY
    room = replace(usual, retention=replace(usual.retention, **given))
    return replace(room, **_given(parsed, {"keep_temp": "temp", "keep_thumbnails": "thumbnails"}))


def _given(parsed: Namespace, fields: Mapping[str, str]) -> dict[str, Any]:
    """Return what was given of some options, by the field that each of them sets."""
    return {field: value for option, field in fields.items() if (value := getattr(parsed, option)) is not None}


def _limits(parsed: Namespace) -> Limits:
    given = _given(parsed, _LIMITS)
    if "requests_per_second" in given:
        given["burst"] = max(2 * given["requests_per_second"], 1)
    return replace(Limits(), **given)


def _log_to_stderr(parsed: Namespace) -> None:
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)-7s %(message)s")
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    logging.getLogger("graphflow.access").setLevel(_ACCESS[parsed.access_log])


def _tell(parsed: Namespace, address: Address, home: str) -> None:
    """Say where the server is. The token itself is never shown: programs read it from the home, or from GRAPHFLOW_TOKEN."""
    if parsed.json:
        print_json(
            {"kind": "serve.ready", "url": address.url, "login": address.login, "home": home, "pid": os.getpid()}
        )
        return
    print_line(f"GraphFlow serves {harmless(home)} at {paint(address.url, 'bold', sys.stdout)}")
    print_line(f"Log in once, within {CODE_SECONDS / 60:.0f} minutes: {paint(address.login, 'cyan', sys.stdout)}")
    print_line("A new address to log in: graphflow users code. Ctrl-C stops the server.")
