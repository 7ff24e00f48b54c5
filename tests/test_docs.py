"""What the documents show is true: their commands run and print that, their code runs, their links lead somewhere."""

from __future__ import annotations

import doctest
import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from graphflow.cli import main
from graphflow.document import dump, parse

REPOSITORY = Path(__file__).parents[1]
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
LIKE = doctest.OutputChecker()
LOOSELY = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
ODD = """{
  "format": "graphflow/1",
  "nodes": {
    "size": {"type": "PrimitiveInt", "titel": "How large", "inputs": {"value": NaN}},
    "save": {"type": "SaveImage", "inputs": {"images": ["size", {"node": "size", "output": "out"}]}}
  }
}"""
"""The file that docs/workflow-file.md checks."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    language: str
    note: str
    text: str


def blocks(page: Path) -> list[Block]:
    found = re.findall(r"^```(\w+)[ ]?(.*)\n((?:.*\n)*?)```$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [Block(*each) for each in found]


def name(page: Path) -> str:
    return str(page.relative_to(REPOSITORY))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in, with an empty home and the files that the pages speak of."""
    monkeypatch.setenv("GRAPHFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("GRAPHFLOW_MODELS", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(REPOSITORY / "examples")
    (tmp_path / "odd.json").write_text(ODD)
    shutil.copy(REPOSITORY / "nodes" / "graphflow_tiny" / "examples" / "meadow.png", tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", [page for page in PAGES if "```console" in page.read_text()], ids=name)
def test_the_commands_of_a_page_print_what_it_shows(page: Path, here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for block in blocks(page):
        if block.language != "console":
            continue
        for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block.text, re.MULTILINE):
            words = shlex.split(command)
            if words[0] == "make":
                assert re.search(rf"^{words[1]}:", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)
                continue
            assert words[0] == "graphflow", f"{command}: the test knows no such command"
            code = main(words[1:])

            said = capfd.readouterr()
            wanted = int(block.note.removeprefix("exit=") or 0)
            assert code == wanted, said.err
            heard = said.err if wanted else said.out
            assert LIKE.check_output(shown, heard, LOOSELY), f"{command} printed\n{heard}\ninstead of\n{shown}"


@pytest.mark.parametrize(
    "page", [REPOSITORY / each for each in ("README.md", "docs/running-workflows.md", "docs/sweeps.md")], ids=name
)
def test_the_python_of_a_page_runs(page: Path, here: Path) -> None:
    code = "\n".join(block.text for block in blocks(page) if block.language == "python")

    assert code
    exec(compile(code, str(page), "exec"), {})  # noqa: S102  our own page


def test_the_code_that_explains_nodes_stands_in_the_example_pack() -> None:
    pack = REPOSITORY / "examples" / "pack"
    files = [each for each in pack.rglob("*") if each.suffix in (".py", ".toml")]
    sources = "\n".join(each.read_text(encoding="utf-8") for each in files)

    shown = [
        each.text for each in blocks(REPOSITORY / "docs" / "writing-a-node.md") if each.language in ("python", "toml")
    ]

    assert len(shown) > 5
    for text in shown:
        assert text.strip() in sources, text


def test_the_workflow_that_explains_the_format_is_one_and_is_written_as_we_write() -> None:
    (text,) = (each.text for each in blocks(REPOSITORY / "docs" / "workflow-file.md") if each.language == "json")

    assert dump(parse(text)) == text


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_between_pages_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"(?:\]\(|src=\")([^)#\s\"]+)", page.read_text(encoding="utf-8"))

    assert [each for each in links if "://" not in each and not (page.parent / each).exists()] == []


def test_every_page_is_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = [REPOSITORY / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        links = re.findall(r"\]\(([^)#\s]+\.md)", page.read_text(encoding="utf-8"))
        waiting += [(page.parent / each).resolve() for each in links if (page.parent / each).exists()]

    assert set(PAGES) <= reached
