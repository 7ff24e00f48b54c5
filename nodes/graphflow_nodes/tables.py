"""Columns of numbers as text, for those who go on computing."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence


def write_csv(columns: Mapping[str, Sequence[float]]) -> str:
    """Return CSV of columns that are equally long, with a line of their names."""
    return write_rows([*columns], zip(*columns.values(), strict=True))


def write_rows(names: Sequence[str], rows: Iterable[Sequence[float]]) -> str:
    """Return CSV with a line of names; numbers are written so that reading gives the same ones again."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([value if isinstance(value, int) else repr(float(value)) for value in row] for row in rows)
    return text.getvalue()
