"""Columns of numbers as text, for those who go on computing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def write_csv(columns: Mapping[str, Sequence[float]]) -> str:
    """Return CSV with a line of names; numbers are written so that reading gives the same ones again."""
    rows = zip(*columns.values(), strict=True)
    return "\n".join([",".join(columns), *(",".join(_number(value) for value in row) for row in rows)]) + "\n"


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else repr(float(value))
