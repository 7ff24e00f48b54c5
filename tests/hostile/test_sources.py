"""What our sources may not even mention: code from data, programs, the network, and libraries with known holes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*(ROOT / "graphflow").rglob("*.py"), *(ROOT / "nodes").rglob("*.py")])
UNPICKLERS = frozenset(
    {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "jsonpickle"}
)
CALLS = frozenset({"eval", "exec", "compile", "__import__"})
PROGRAMS = frozenset({"os.system", "os.popen", "os.execv", "os.execve", "os.spawnv", "os.startfile", "pty.spawn"})
OUTWARD = frozenset({"requests", "httpx", "urllib.request", "ftplib", "smtplib", "telnetlib", "huggingface_hub"})
MAY: dict[str, frozenset[str]] = {
    "graphflow/jobs/worker/life.py": frozenset({"subprocess", "asyncio.create_subprocess_exec"}),
    "graphflow/client/connection.py": frozenset({"urllib.request"}),
    "graphflow/client/plain.py": frozenset({"urllib.request"}),
    "nodes/graphflow_tiny/score.py": frozenset({"StableDiffusionPipeline.from_pretrained"}),
    "nodes/graphflow_tiny/training/data.py": frozenset({"CLIPTokenizer.from_pretrained"}),
    "nodes/graphflow_tiny/training/loop.py": frozenset({"torch.load"}),
}
"""Who starts the worker, the client of our own API, and the training of the default model, which is a program for us."""


def found(tree: ast.AST) -> Iterator[str]:
    """Yield everything in a module that could run what is given to it, or that speaks to others."""
    for each in ast.walk(tree):
        if isinstance(each, ast.Import):
            yield from (alias.name for alias in each.names if _refused(alias.name))
        elif isinstance(each, ast.ImportFrom) and each.module:
            names = (each.module, *(f"{each.module}.{alias.name}" for alias in each.names))
            yield from (name for name in names if _refused(name))
        elif isinstance(each, ast.Call):
            yield from _called(each)


def _refused(module: str) -> bool:
    top = module.partition(".")[0]
    return top in UNPICKLERS or top == "subprocess" or module in OUTWARD or top in OUTWARD


def _called(call: ast.Call) -> Iterator[str]:
    name = ast.unparse(call.func)
    named = {each.arg: each.value for each in call.keywords}
    if name in CALLS or name in PROGRAMS or name.endswith(("create_subprocess_exec", "create_subprocess_shell")):
        yield name
    if name in ("torch.load", "torch.hub.load", "pickle.load", "pickle.loads", "yaml.load"):
        yield name
    if name.endswith(".from_pretrained"):
        yield name
    for option in ("allow_pickle", "trust_remote_code", "shell"):
        value = named.get(option)
        if value is not None and not (isinstance(value, ast.Constant) and value.value is False):
            yield f"{name}({option}=...)"


def of(path: Path) -> set[str]:
    relative = path.relative_to(ROOT).as_posix()
    return set(found(ast.parse(path.read_text(encoding="utf-8")))) - MAY.get(relative, frozenset())


def test_no_source_runs_data_starts_programs_or_calls_others() -> None:
    assert len(SOURCES) > 200
    assert {path.relative_to(ROOT).as_posix(): names for path in SOURCES if (names := of(path))} == {}


def test_no_node_leads_to_the_training() -> None:
    for path in SOURCES:
        if "graphflow_tiny" in path.parts and path.name != "__init__.py":
            continue  # the programs that made the model
        for each in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(each, ast.ImportFrom):
                assert each.module not in ("graphflow_tiny.score", "graphflow_tiny.training.loop"), path


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from joblib import load",
        "eval(text)",
        "exec(text)",
        "import subprocess",
        "os.system(text)",
        "torch.load(path)",
        "np.load(path, allow_pickle=True)",
        "Model.from_pretrained(name, trust_remote_code=True)",
        "from urllib.request import urlopen",
        "from urllib import request",
        "import requests",
    ],
)
def test_the_search_finds_each_of_them(line: str) -> None:
    assert set(found(ast.parse(line)))


def test_no_page_of_ours_writes_markup_from_data() -> None:
    pages = [*(ROOT / "graphflow").rglob("*.js"), *(ROOT / "graphflow").rglob("*.html")]
    ours = [page for page in pages if "pages" in page.parts]

    assert ours
    for page in ours:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", text), page
        assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>|\son\w+\s*=\s*[\"']|javascript:", text), page


LEAST = {"aiohttp": (3, 13, 3), "torch": (2, 10), "diffusers": (0, 36), "pillow": (11, 0), "pydantic": (2, 10)}


@pytest.mark.parametrize("name", LEAST)
def test_libraries_with_known_holes_are_too_old(name: str) -> None:
    installed = tuple(int(part) for part in re.findall(r"\d+", version(name).partition("+")[0])[:3])
    required = re.search(rf'"{name}>=([0-9.]+)', (ROOT / "pyproject.toml").read_text())

    assert installed >= LEAST[name]
    assert required is not None
    assert tuple(map(int, required[1].split("."))) >= LEAST[name]


def test_security_has_a_contact_and_says_when_an_answer_comes() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8").casefold()

    assert "report" in text
    assert "days" in text
    assert "trusted code" in text or "trust" in text
