"""How much a test does: little in CI, and as much as is promised in `make soak`, which asks for it by GRAPHFLOW_LONG."""

from __future__ import annotations

import os

SHARE = float(os.environ.get("GRAPHFLOW_LONG") or 0)
"""Which share of the full numbers is wanted: 1 is all of them, 0 the few of CI."""
FIGURE = "figure| "
"""Begins a line that a report takes over."""


def sized(short: int, full: int) -> int:
    """Return how much to do."""
    return max(short, round(full * SHARE)) if SHARE else short


def tell(what: str, found: str) -> None:
    """Print a figure: what was done, and what came of it."""
    print(f"\n{FIGURE}{what}: {found}")
