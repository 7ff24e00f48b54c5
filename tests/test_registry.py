"""How packs are found, and what happens when one is broken."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from graphflow.api import AnyNode, node
from graphflow.errors import PackError
from graphflow.registry import GROUP, Pack, Registry, load_registry, read_pack
from tests.toy import REGISTRY, Clay, dig

PACK = """
from graphflow.api import node

@node("{name}")
def made(*, text: str = "x") -> str:
    return text

NODES = (made,)
"""


@pytest.fixture(autouse=True)
def _forget_modules() -> Iterator[None]:
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


def install(site: Path, name: str, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a distribution with one pack on the path, as an installer would."""
    (site / f"{name}.py").write_text(code)
    facts = site / f"{name}-1.5.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.5\n")
    (facts / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {name}\n")
    monkeypatch.syspath_prepend(str(site))


def a_node(name: str, *also: str) -> AnyNode:
    @node(name, also=also)
    def made(clay: Clay) -> Clay:
        return clay

    return made


def test_an_installed_pack_is_found_by_its_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "pack_of_one", PACK.format(name="One"), monkeypatch)

    registry = load_registry()

    assert registry.find("One") is not None
    assert (registry.pack_of("One").name, registry.pack_of("One").version) == ("pack_of_one", "1.5")


@pytest.mark.parametrize("code", ["raise KeyError('x')", "import no_such_module", "raise SystemExit(3)", "NODES = [1]"])
def test_a_pack_that_fails_is_named_and_the_others_load(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "broken_pack", code, monkeypatch)
    install(tmp_path, "sound_pack", PACK.format(name="Sound"), monkeypatch)

    registry = load_registry()

    assert registry.find("Sound") is not None
    problems = [each for each in registry.problems if "broken_pack" in each.message]
    assert [each.code for each in problems] == ["pack-failed"]


def test_a_pack_at_a_path_may_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "my_file_pack.py").write_text(PACK.format(name="FromFile"))

    assert load_registry([tmp_path / "my_file_pack.py"]).find("FromFile") is not None


def test_a_pack_at_a_path_may_be_a_folder_with_modules_of_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "my_folder_pack"
    folder.mkdir()
    (folder / "__init__.py").write_text("from my_folder_pack.nodes import NODES\n")
    (folder / "nodes.py").write_text(PACK.format(name="FromFolder"))

    registry = load_registry([folder])

    assert registry.find("FromFolder") is not None
    assert registry.pack_of("FromFolder").name == "my_folder_pack"


def test_a_pack_that_stands_twice_on_the_command_line_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "my_double_pack.py"
    path.write_text(PACK.format(name="Double"))

    registry = load_registry([path, path])

    assert registry.find("Double") is not None
    assert not [each for each in registry.problems if "my_double_pack" in each.message]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: None, "there is no"),
        (lambda path: path.mkdir(), "is a folder without __init__.py"),
    ],
)
def test_a_path_without_a_pack_is_a_problem(make: object, says: str, tmp_path: Path) -> None:
    path = tmp_path / "my_missing_pack"
    make(path)  # type: ignore[operator]  # either of the two above

    problems = load_registry([path]).problems

    assert any(says in each.message and str(path) in each.message for each in problems)


def test_a_text_file_is_no_pack(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")

    assert any(
        "neither a package folder nor a .py file" in p.message for p in load_registry([tmp_path / "notes.txt"]).problems
    )


def test_a_pack_with_the_name_of_another_module_does_not_become_that_module(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text(PACK.format(name="Json"))

    problems = load_registry([tmp_path / "json.py"]).problems

    assert any("another module is called 'json' already" in each.message for each in problems)


def test_a_pack_that_failed_can_be_mended_and_loaded_again(tmp_path: Path) -> None:
    path = tmp_path / "my_mended_pack.py"
    path.write_text("raise ValueError")
    load_registry([path])
    path.write_text(PACK.format(name="Mended"))

    assert load_registry([path]).find("Mended") is not None


def test_the_first_of_two_claims_of_a_name_holds_and_the_second_is_reported() -> None:
    first, second = a_node("Same"), a_node("Same")

    registry = Registry([Pack("one", (first,)), Pack("two", (second,))])

    assert registry.find("Same") is first
    assert [(each.code, each.message) for each in registry.problems] == [
        ("name-taken", "packs one and two both have a node called 'Same'; one's is used")
    ]


def test_a_nodes_own_name_goes_before_another_nodes_other_name() -> None:
    other, own = a_node("Other", "Wanted"), a_node("Wanted")

    registry = Registry([Pack("one", (other,)), Pack("two", (own,))])

    assert registry.find("Wanted") is own
    assert [each.code for each in registry.problems] == ["name-taken"]


def test_a_node_that_lost_its_own_name_is_not_known_by_another() -> None:
    registry = Registry([Pack("one", (a_node("Same"),)), Pack("two", (a_node("Same", "Nickname"),))])

    assert registry.find("Nickname") is None


def test_other_names_lead_to_the_node_and_are_not_listed_twice() -> None:
    assert REGISTRY.find("Choose") is REGISTRY.find("Pick")
    assert [each.id for each in REGISTRY.types].count("Pick") == 1
    assert "Choose" in REGISTRY.names


def test_a_node_may_repeat_its_own_name_among_the_others() -> None:
    assert Registry([Pack("one", (a_node("Same", "Same"),))]).problems == ()


def test_packs_bring_folders_of_models(tmp_path: Path) -> None:
    packs = [Pack("a", (), model_roots={"vae": tmp_path / "a"}), Pack("b", (), model_roots={"vae": tmp_path / "b"})]

    assert Registry(packs).model_roots == {"vae": (tmp_path / "a", tmp_path / "b")}


def test_a_module_without_nodes_is_no_pack() -> None:
    with pytest.raises(PackError, match=r"empty\.NODES must be a tuple of functions decorated with @node"):
        read_pack(ModuleType("empty"))


def test_a_pack_says_which_libraries_it_computes_with() -> None:
    module = ModuleType("said")
    module.__dict__.update(NODES=(dig,), VERSIONS=("pytest", "no-such-distribution"))

    assert read_pack(module).versions == {"pytest": pytest.__version__, "no-such-distribution": ""}


def test_a_pack_says_what_is_imported_ahead_of_its_use() -> None:
    module = ModuleType("said")
    module.__dict__.update(NODES=(dig,), PRELOAD=("json", "email"))

    assert read_pack(module).preload == ("json", "email")


def test_what_a_pack_wants_to_have_imported_is_a_tuple_of_names() -> None:
    module = ModuleType("said")
    module.__dict__.update(NODES=(dig,), PRELOAD="torch")

    with pytest.raises(PackError, match=r"said\.PRELOAD must be a tuple of names of modules"):
        read_pack(module)
