"""A result that names saved files is not kept: the files may be deleted, so each run saves its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from graphflow.api import SILENT, Artifact, Context, node
from graphflow.registry import Pack, Registry
from tests.toy import PACK, finished, fresh_cache, link, plan, run


@node("Print", category="toy")
def print_(*, text: str = "text", ctx: Context = SILENT) -> Artifact:
    return ctx.save(text.encode(), "text/plain", name="print")


@node("PrintMany", category="toy")
def print_many(*, ctx: Context = SILENT) -> list[Artifact]:
    return [ctx.save(b"one", "text/plain", name="print"), Artifact("0" * 64, "text/plain", "two", 3, Path())]


@node("Pass", category="toy")
def pass_(value: Any) -> Any:
    return value


REGISTRY = Registry([PACK, Pack("printing", (print_, print_many, pass_))])


@pytest.mark.parametrize("kind", ["Print", "PrintMany"])
def test_a_node_that_gives_files_and_what_passes_them_on_run_each_time(kind: str) -> None:
    work = plan({"print": (kind, {}), "pass": ("Pass", {"value": link("print")})}, "pass", registry=REGISTRY)
    cache = fresh_cache()

    for _ in range(2):
        seen: list[Any] = []
        run(work, cache, seen.append)
        assert finished(seen) == [("print", "ran"), ("pass", "ran")]


def test_the_control_a_text_that_is_passed_on_is_found_again() -> None:
    work = plan({"dig": ("Dig", {}), "pass": ("Pass", {"value": link("dig")})}, "pass", registry=REGISTRY)
    cache = fresh_cache()
    run(work, cache)

    seen: list[Any] = []
    run(work, cache, seen.append)

    assert finished(seen) == [("pass", "cached")]
