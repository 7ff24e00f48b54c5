"""What was refused is written down as a warning, so that it is seen where not every request is."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tests.server.serving import serving


def test_refused_requests_are_warnings_and_the_others_are_not(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "graphflow.access"), serving(tmp_path) as served:
        served.ask("GET", "/api/v1/queue")
        served.ask("GET", "/api/v1/queue", user=None)

    said = [(each.levelno, each.getMessage()[:22]) for each in caplog.records if each.name == "graphflow.access"]
    assert said == [(logging.INFO, "GET /api/v1/queue 200 "), (logging.WARNING, "GET /api/v1/queue 401 ")]
