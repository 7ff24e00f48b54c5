"""What `@node` reads from a signature."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Optional

import pytest

from graphflow.api import (
    SILENT,
    Blocked,
    Choice,
    Context,
    Expand,
    File,
    Folder,
    Lazy,
    Multiline,
    Name,
    Range,
    Seed,
    Socket,
    node,
)
from graphflow.api.sockets import feeds, type_name
from tests.toy import Clay, Pot


class Halves(NamedTuple):
    left: Clay
    right: list[Clay]


@node("Everything", category="toy", also=("All",), revision=3)
def everything(
    first: Clay,
    *,
    text: str = "x",
    poem: Annotated[str, Multiline()] = "",
    number: Annotated[float, Range(0, 10, step=0.5)] = 1,
    whole: int,
    truth: bool = False,
    seed: Annotated[int, Seed()] = 0,
    mode: Annotated[str, Choice(("a", "b"))] = "a",
    mould: Annotated[File, Folder("moulds", (".mould",))],
    dotted: Annotated[int, Name("blocks.0.")] = 0,
    maybe: Clay | None = None,
    old_maybe: Optional[Clay] = None,  # noqa: UP045  packs may write it so
    later: Lazy[Clay],
    maybe_later: Lazy[Clay] | None = None,
    many: tuple[Clay, ...] = (),
    weights: tuple[float, ...] = (1, 2),
    whole_list: list[Clay],
    names: list[str],
    anything: Any,
    ctx: Context = SILENT,
) -> Clay:
    """Take everything that there is.

    And say more about it.
    """
    return first


def test_the_declared_order_is_the_order_of_the_inputs() -> None:
    assert [each.name for each in everything.inputs][:5] == ["first", "text", "poem", "number", "whole"]
    assert everything.wants_ctx
    assert "ctx" not in [each.name for each in everything.inputs]


@pytest.mark.parametrize(
    ("name", "type_name", "arity", "required", "default", "is_widget"),
    [
        ("first", "CLAY", "one", True, None, False),
        ("text", "STRING", "one", False, "x", True),
        ("number", "FLOAT", "one", False, 1.0, True),
        ("whole", "INT", "one", True, None, True),
        ("truth", "BOOLEAN", "one", False, False, True),
        ("mode", "COMBO", "one", False, "a", True),
        ("mould", "FILE", "one", True, None, True),
        ("blocks.0.", "INT", "one", False, 0, True),
        ("maybe", "CLAY", "one", False, None, False),
        ("old_maybe", "CLAY", "one", False, None, False),
        ("later", "CLAY", "one", True, None, False),
        ("maybe_later", "CLAY", "one", False, None, False),
        ("many", "CLAY", "many", False, (), False),
        ("weights", "FLOAT", "values", False, (1.0, 2.0), True),
        ("whole_list", "CLAY", "whole_list", True, None, False),
        ("names", "STRING", "whole_list", True, None, True),
        ("anything", "*", "one", True, None, False),
    ],
)
def test_an_annotation_says_all_of_an_input(
    name: str, type_name: str, arity: str, required: bool, default: Any, is_widget: bool
) -> None:
    entry = everything.input(name)

    assert entry is not None
    found = (entry.type_name, entry.arity, entry.required, entry.default, entry.is_widget)
    assert found == (type_name, arity, required, default, is_widget)
    assert type(entry.default) is type(default)


def test_marks_are_read() -> None:
    entries = {each.name: each for each in everything.inputs}

    assert entries["number"].range == Range(0, 10, step=0.5)
    assert entries["mode"].choice == Choice(("a", "b"))
    assert entries["mould"].folder == Folder("moulds", (".mould",))
    assert entries["poem"].multiline
    assert not entries["text"].multiline
    assert entries["blocks.0."].parameter == "dotted"
    assert {each.name for each in everything.inputs if each.lazy} == {"later", "maybe_later"} == everything.lazy


def test_a_seed_reaches_from_0_to_the_last_64_bit_number() -> None:
    entry = everything.input("seed")

    assert entry is not None
    assert entry.seed
    assert entry.range == Range(0, 2**64 - 1)


def test_a_node_says_what_its_decorator_and_its_docstring_say() -> None:
    assert (everything.id, everything.also, everything.category) == ("Everything", ("All",), "toy")
    assert (everything.version, everything.revision, everything.output, everything.keep) == (1, 3, False, "auto")
    assert everything.description == "Take everything that there is.\n\nAnd say more about it."


def test_a_bare_decorator_takes_the_functions_name() -> None:
    @node
    def wash(clay: Clay) -> Clay:
        return Clay(f"clean {clay.shape}")

    assert wash.id == "wash"
    assert wash(Clay("a")).shape == "clean a"


def test_one_returned_value_is_the_port_out() -> None:
    assert [(each.name, each.type_name, each.listed) for each in everything.outputs] == [("out", "CLAY", False)]
    assert everything.one_output


def test_the_fields_of_a_named_tuple_are_the_ports() -> None:
    @node
    def cut(clay: Clay) -> Halves:
        return Halves(clay, [clay])

    assert [(each.name, each.listed) for each in cut.outputs] == [("left", False), ("right", True)]
    assert not cut.one_output


def test_a_node_may_return_nothing() -> None:
    @node
    def watch(clay: Clay) -> None:
        return None

    assert watch.outputs == ()


def test_blocked_and_expand_are_no_part_of_a_port() -> None:
    @node
    def gate(clay: Clay) -> list[Clay] | Blocked | Expand:
        return [clay]

    assert [(each.name, each.type, each.listed) for each in gate.outputs] == [("out", Clay, True)]


def test_a_lazy_default_is_kept_as_its_value() -> None:
    @node
    def choose(*, on: Lazy[bool] = Lazy(lambda: True)) -> bool:  # noqa: B008  never called before it is read
        return on()

    assert [each.default for each in choose.inputs] == [True]


def test_a_default_file_is_kept_as_its_name() -> None:
    @node
    def press(*, mould: Annotated[File, Folder("moulds", ())] = File("round", Path(), "")) -> str:  # noqa: B008
        return mould.name

    assert [each.default for each in press.inputs] == ["round"]


def test_a_socket_is_called_after_its_class_unless_it_says_so() -> None:
    @dataclass(frozen=True)
    class Glaze(Socket):
        pass

    assert type_name(Glaze) == "GLAZE"
    assert type_name(Pot) == "POT"
    assert type_name(Any) == "*"


def test_a_socket_with_slots_keeps_the_name_that_it_was_given() -> None:
    @dataclass(frozen=True, slots=True)
    class WetClay(Socket, name="WET_CLAY"):
        pass

    assert type_name(WetClay) == "WET_CLAY"


@pytest.mark.parametrize(
    ("have", "want", "fits"),
    [
        (Clay, Clay, True),
        (Pot, Clay, True),
        (Clay, Pot, False),
        (Clay, Any, True),
        (Any, Pot, True),
        (int, float, True),
        (float, int, False),
        (bool, int, False),
        (bool, float, False),
        (int, bool, False),
        (int, str, False),
        (str, Clay, False),
    ],
)
def test_which_output_feeds_which_input(have: Any, want: Any, fits: bool) -> None:
    assert feeds(have, want) is fits


def test_a_socket_that_says_nothing_of_storing_stays_in_memory() -> None:
    assert Socket().store() is None
    assert Socket().nbytes > 0
    with pytest.raises(ValueError, match="SOCKET values are not stored"):
        Socket.restore(b"")
