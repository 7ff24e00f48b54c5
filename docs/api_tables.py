"""Write the tables of docs/api.md, from the routes and the limits: `python docs/api_tables.py`."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
from pathlib import Path

from graphflow.server import limits
from graphflow.server.openapi.document import document
from graphflow.server.routes import ROUTES

PAGE = Path(__file__).parent / "api.md"


def limits_table() -> str:
    """Return the limits of a server: how much, of what, and how more is refused."""
    rows = ["| limit | by default | of what | more is refused with |", "|---|---|---|---|"]
    default = limits.Limits()
    for name, text in _words_of_fields().items():
        what, _, refusal = text.partition(" `")
        refused = f"`{refusal.rstrip('.')}" if refusal else "as above"
        value = getattr(default, name)
        rows.append(f"| `{name}` | {value:,.0f} | {what.rstrip('.')} | {refused} |")
    return "\n".join(rows)


def routes_table() -> str:
    """Return every route with what it does."""
    described = document(ROUTES)
    rows = ["| | path | |", "|---|---|---|"]
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            admin = " *(administrators)*" if "Only for administrators." in operation.get("description", "") else ""
            rows.append(f"| {method.upper()} | `{path}` | {operation['summary']}{admin} |")
    return "\n".join(rows)


TABLES = {"limits": limits_table, "routes": routes_table}


def with_tables(page: str) -> str:
    """Return a page with its tables made anew, each between two comments that name it."""
    for name, table in TABLES.items():
        page = re.sub(
            rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)",
            lambda found, table=table: f"{found[1]}{table()}\n{found[2]}",  # type: ignore[misc]  # of this turn
            page,
            flags=re.DOTALL,
        )
    return page


def _words_of_fields() -> dict[str, str]:
    """Return what stands below each limit in its class."""
    (defined,) = ast.parse(inspect.getsource(limits.Limits)).body
    assert isinstance(defined, ast.ClassDef)  # noqa: S101  a class, as one sees
    words: dict[str, str] = {}
    for field, text in zip(defined.body, defined.body[1:], strict=False):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(said))):
                words[name] = " ".join(said.split())
            case _:
                pass
    missing = {each.name for each in dataclasses.fields(limits.Limits)} - set(words)
    if missing:
        raise SystemExit(f"these limits say nothing of themselves: {', '.join(sorted(missing))}")
    return words


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
