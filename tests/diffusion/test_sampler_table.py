"""docs/samplers.md is what its program writes from the registries."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from graphflow_nodes.diffusion.samplers import SAMPLERS
from graphflow_nodes.diffusion.schedules import SCHEDULES

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_samplers", DOCS / "samplers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_its_program_writes(writer: ModuleType) -> None:
    assert (DOCS / "samplers.md").read_text(encoding="utf-8") == writer.page()


def test_the_tables_have_a_row_for_each_name(writer: ModuleType) -> None:
    for table, names in ((writer.samplers(), SAMPLERS), (writer.schedules(), SCHEDULES)):
        rows = table.splitlines()[2:]
        assert [row.split("`")[1] for row in rows] == list(names)
        assert {row.count(" | ") for row in rows} == {table.splitlines()[0].count(" | ")}


def test_every_source_is_among_the_references(writer: ModuleType) -> None:
    papers = [line.split(":")[0].removeprefix("- ").split(" 20")[0] for line in writer.REFERENCES.splitlines()]
    named = [*(each.source for each in SAMPLERS.values()), *(each.source for each in SCHEDULES.values())]

    for source in named:
        assert any(paper and paper in source for paper in papers) or "k-diffusion" in source or "ComfyUI" in source
