"""What a result is called: what changes a key, and what does not."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from graphflow.api import AnyNode, Socket, node
from graphflow.document import from_json
from graphflow.files import Files
from graphflow.keys import key_parts
from graphflow.plan import make_plan
from graphflow.registry import Pack, Registry
from tests.toy import NO_FILES, PACK, REGISTRY, Clay, link, plan

CHAIN: dict[str, Any] = {
    "dig": ("Dig", {"name": "red"}),
    "cut": ("Cut", {"clay": link("dig")}),
    "knead": ("Knead", {"clay": link("cut", "left")}),
}


def key(nodes: dict[str, Any], target: str, registry: Registry = REGISTRY, files: Files = NO_FILES) -> str:
    return plan(nodes, target, registry=registry, files=files).steps[target].key


def test_names_of_nodes_titles_and_the_view_do_not_change_a_key() -> None:
    renamed = {
        "format": "graphflow/1",
        "name": "another",
        "nodes": {
            "x": {"type": "Dig", "inputs": {"name": "red"}, "title": "My clay"},
            "y": {"type": "Cut", "inputs": {"clay": link("x")}},
            "z": {"type": "Knead", "inputs": {"clay": link("y", "left")}},
        },
        "view": {"x": {"x": 5, "y": 6}},
    }

    other = make_plan(from_json(renamed), REGISTRY, NO_FILES, targets=["z"])

    assert other.steps["z"].key == key(CHAIN, "knead")


def test_a_default_that_is_written_out_does_not_change_a_key() -> None:
    written = {**CHAIN, "dig": ("Dig", {"seed": 0, "name": "red"})}

    assert key(written, "knead") == key(CHAIN, "knead")


def test_a_key_is_the_digest_of_a_plain_text_and_so_the_same_in_every_process() -> None:
    text = "('graphflow-key/2', 'toy', 'Dig', 1, '', [('name', 'r\\xf6t'), ('seed', 0)], [])"

    assert key({"dig": ("Dig", {"name": "r\xf6t"})}, "dig") == sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    "changed",
    [
        {"dig": ("Dig", {"name": "blue"})},
        {"dig": ("Dig", {"name": "red", "seed": 1})},
        {"knead": ("Knead", {"clay": link("cut", "right")})},
        {"knead": ("Knead", {"clay": link("dig")})},
        {"knead": ("Knead", {"clay": link("cut", "left"), "times": 2})},
        {"knead": ("Throw", {"clay": link("cut", "left")})},
    ],
)
def test_a_literal_a_link_a_port_or_a_type_further_up_changes_a_key(changed: dict[str, Any]) -> None:
    assert key({**CHAIN, **changed}, "knead") != key(CHAIN, "knead")


def test_a_node_is_called_the_same_by_its_other_name() -> None:
    nodes: dict[str, Any] = {"d": ("Dig", {}), "p": ("Pick", {"on": True, "if_true": link("d"), "if_false": link("d")})}

    assert key({**nodes, "p": ("Choose", nodes["p"][1])}, "p") == key(nodes, "p")


def test_a_new_revision_changes_the_key_and_a_new_version_does_not() -> None:
    def registry(revision: int, version: int) -> Registry:
        @node("Wash", revision=revision, version=version, migrations=dict.fromkeys(range(1, version), dict))
        def wash() -> Clay:
            return Clay("x")

        return Registry([PACK, Pack("wash", (wash,))])

    nodes: dict[str, Any] = {"w": ("Wash", {})}

    assert key(nodes, "w", registry(1, 1)) != key(nodes, "w", registry(2, 1))
    assert key(nodes, "w", registry(1, 1)) == key(nodes, "w", registry(1, 2))


def test_values_that_python_holds_for_equal_have_keys_of_their_own() -> None:
    """1 == 1.0 == True in Python; as inputs of nodes they are three things."""

    @node("Any1", category="toy")
    def whole(*, value: int = 0) -> str:
        return ""

    @node("Any1", category="toy")
    def number(*, value: float = 0) -> str:
        return ""

    @node("Any1", category="toy")
    def truth(*, value: bool = False) -> str:
        return ""

    @node("Any1", category="toy")
    def text(*, value: str = "") -> str:
        return ""

    @node("Any1", category="toy")
    def many(*, value: tuple[int, ...] = ()) -> str:
        return ""

    kinds: list[tuple[AnyNode, Any]] = [(whole, 1), (number, 1), (truth, True), (text, "1"), (many, [1])]

    found = {key({"n": ("Any1", {"value": value})}, "n", Registry([Pack("x", (kind,))])) for kind, value in kinds}

    assert len(found) == 5


@pytest.mark.parametrize(
    ("one", "other"),
    [(0.1, 0.1 + 2**-56), (0.0, -0.0), (1e22, 1e22 + 2**21), (2.5, 2.5000000000000004)],
)
def test_floats_that_differ_in_the_last_digit_have_other_keys(one: float, other: float) -> None:
    @node("Number", category="toy")
    def number(*, value: float) -> float:
        return value

    registry = Registry([Pack("number", (number,))])

    assert key({"n": ("Number", {"value": one})}, "n", registry) != key(
        {"n": ("Number", {"value": other})}, "n", registry
    )


@pytest.mark.parametrize(
    ("one", "other"), [(("ab",), ("a", "b")), (("a, b",), ("a", "b")), ((), ("",)), (("é",), ("\\xe9",))]
)
def test_lists_of_texts_are_told_apart(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    @node("Texts", category="toy")
    def texts(*, value: tuple[str, ...]) -> str:
        return ""

    registry = Registry([Pack("texts", (texts,))])

    assert key({"n": ("Texts", {"value": one})}, "n", registry) != key(
        {"n": ("Texts", {"value": other})}, "n", registry
    )


def test_the_order_of_links_matters_and_the_order_in_the_file_does_not() -> None:
    digs: dict[str, Any] = {name: ("Dig", {"name": name}) for name in "ab"}
    ab = {**digs, "h": ("Heap", {"lumps": [link("a"), link("b")]})}
    ba = {**digs, "h": ("Heap", {"lumps": [link("b"), link("a")]})}
    join = {**digs, "h": ("Join", {"a": link("a"), "b": link("b"), "glue": "slip"})}
    swapped = {**digs, "h": ("Join", {"glue": "slip", "b": link("b"), "a": link("a")})}

    assert key(ab, "h") != key(ba, "h")
    assert key(join, "h") == key(swapped, "h")


def test_a_link_and_a_list_of_this_one_link_are_the_same() -> None:
    one: dict[str, Any] = {"a": ("Dig", {}), "h": ("Heap", {"lumps": link("a")})}

    assert key({**one, "h": ("Heap", {"lumps": [link("a")]})}, "h") == key(one, "h")


def test_a_file_counts_by_its_content_and_not_by_its_name(tmp_path: Path) -> None:
    for name, text in (("a", "size 1"), ("same", "size 1"), ("b", "size 2")):
        (tmp_path / f"{name}.mould").write_text(text)
    files = Files({"moulds": (tmp_path,)}, None)

    def pressed(mould: str) -> str:
        nodes = {"dig": ("Dig", {}), "p": ("Press", {"clay": link("dig"), "mould": f"{mould}.mould"})}
        return key(nodes, "p", files=files)

    assert pressed("a") == pressed("same")
    assert pressed("a") != pressed("b")


def test_a_file_that_was_written_anew_has_another_key(tmp_path: Path) -> None:
    nodes = {"dig": ("Dig", {}), "p": ("Press", {"clay": link("dig"), "mould": "a.mould"})}
    files = Files({"moulds": (tmp_path,)}, None)
    (tmp_path / "a.mould").write_text("size 1")
    before = key(nodes, "p", files=files)

    (tmp_path / "a.mould").write_text("size 22")

    assert key(nodes, "p", files=files) != before


def test_nodes_that_save_have_keys_of_their_own() -> None:
    nodes = {"dig": ("Dig", {}), "a": ("Fire", {"clay": link("dig")}), "b": ("Fire", {"clay": link("dig")})}

    assert key(nodes, "a") != key(nodes, "b")


def test_the_parts_of_a_key_keep_inputs_called_type_apart_from_the_nodes_own() -> None:
    @node("Typed", revision=4)
    def typed(*, type: str = "sd1", revision: int = 1) -> Socket:
        return Socket()

    parts = key_parts("toy", typed, {"type": "sd1", "revision": 1}, {})

    assert parts == {"node pack": "toy", "node type": "Typed", "node revision": "4", "type": "'sd1'", "revision": "1"}
