"""Signatures that cannot be a schema are refused when the pack is imported, with the node's name."""

# mypy: disable-error-code="empty-body"

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import pytest

from graphflow.api import (
    Choice,
    Context,
    File,
    Folder,
    Lazy,
    Multiline,
    Name,
    Range,
    Seed,
    node,
    resource,
)
from graphflow.errors import PackError
from tests.toy import Clay

if TYPE_CHECKING:
    from tests.toy import Pot

MOULDS = Folder("moulds", (".mould",))


def no_annotation(clay) -> Clay: ...  # type: ignore[no-untyped-def]  # the mistake
def no_return(clay: Clay): ...  # type: ignore[no-untyped-def]  # the mistake
def positional_only(clay: Clay, /) -> Clay: ...
def star(*clays: Clay) -> Clay: ...
def double_star(**clays: Clay) -> Clay: ...
def no_port(clay: dict[str, str]) -> Clay: ...
def pair(clay: tuple[Clay, Clay]) -> Clay: ...
def two_types(clay: Clay | int) -> Clay: ...
def twice(a: Annotated[int, Name("x")], *, x: int) -> Clay: ...
def unknown(pot: Pot) -> Clay: ...
def broken(pot: "Clay +") -> Clay: ...  # type: ignore[valid-type]  # noqa: F722  the mistake
def bare_mark(number: Annotated[int, Seed]) -> Clay: ...
def file_alone(mould: File) -> Clay: ...
def folder_alone(mould: Annotated[str, MOULDS]) -> Clay: ...
def files(moulds: Annotated[tuple[File, ...], MOULDS]) -> Clay: ...
def lazy_many(clays: Lazy[tuple[Clay, ...]]) -> Clay: ...
def lazy_list(clays: Lazy[list[Clay]]) -> Clay: ...
def range_of_text(text: Annotated[str, Range(0, 1)]) -> Clay: ...
def seed_of_text(text: Annotated[str, Seed()]) -> Clay: ...
def choice_of_numbers(number: Annotated[int, Choice(("1",))]) -> Clay: ...
def lines_of_numbers(number: Annotated[int, Multiline()]) -> Clay: ...
def no_name(number: Annotated[int, Name("")]) -> Clay: ...
def line_in_name(number: Annotated[int, Name("a\nb")]) -> Clay: ...
def socket_default(clay: Clay = Clay("x")) -> Clay: ...  # noqa: B008  the mistake
def wrong_default(number: int = "3") -> Clay: ...  # type: ignore[assignment]  # the mistake
def true_default(number: int = True) -> Clay: ...
def low_default(number: Annotated[int, Range(1, 3)] = 0) -> Clay: ...
def odd_default(mode: Annotated[str, Choice(("a",))] = "b") -> Clay: ...
def flat_default(weights: tuple[float, ...] = 3) -> Clay: ...  # type: ignore[assignment]  # the mistake
def lazy_nothing(clay: Lazy[Clay | None] = Lazy(lambda: None)) -> Clay: ...  # noqa: B008
def other_ctx(clay: Clay, context: Context) -> Clay: ...
def returns_dict(clay: Clay) -> dict[str, Clay]: ...
def returns_maybe(clay: Clay) -> Clay | None: ...
def returns_file(clay: Clay) -> File: ...
def returns_files(clay: Clay) -> list[File]: ...
async def waits(clay: Clay) -> Clay: ...
async def streams(clay: Clay) -> AsyncIterator[Clay]: ...


def yields(clay: Clay) -> Iterator[Clay]:
    yield clay


class Strange(NamedTuple):
    odd: set[int]


def returns_strange(clay: Clay) -> Strange: ...


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (no_annotation, "parameter clay has no type annotation"),
        (no_return, "the return value has no type annotation"),
        (positional_only, "parameter clay must be an ordinary one, not positional-only"),
        (star, "parameter clays must be an ordinary one, not variadic positional"),
        (double_star, "parameter clays must be an ordinary one, not variadic keyword"),
        (no_port, r"clay: dict\[str, str\] cannot be a port"),
        (pair, r"clay: tuple\[.*\] cannot be a port"),
        (two_types, "clay: .* cannot be a port"),
        (twice, "two inputs have the same name: x, x"),
        (unknown, "annotation 'Pot' is not known when the module is imported"),
        (broken, "an annotation cannot be read"),
        (bare_mark, r"number: write Seed\(\), not Seed"),
        (file_alone, r"mould: File and Folder\(...\) belong together"),
        (folder_alone, r"mould: File and Folder\(...\) belong together"),
        (files, "moulds: a File input takes one file"),
        (lazy_many, "clays: a lazy input takes one value"),
        (lazy_list, "clays: a lazy input takes one value"),
        (range_of_text, "text: Range and Seed are for int and float"),
        (seed_of_text, "text: Range and Seed are for int and float"),
        (choice_of_numbers, "number: Choice, Multiline and Mentions are for str"),
        (lines_of_numbers, "number: Choice, Multiline and Mentions are for str"),
        (no_name, "number: '' cannot be an input's name"),
        (line_in_name, r"number: 'a\\nb' cannot be an input's name"),
        (socket_default, "clay: only None can be the default"),
        (wrong_default, "number: a int is wanted, so '3' cannot be the default"),
        (true_default, "number: a int is wanted, so True cannot be the default"),
        (low_default, "number: the default 0 lies outside its range"),
        (odd_default, "mode: the default 'b' is not one of its options"),
        (flat_default, "weights: the default 3 must be a tuple or a list"),
        (lazy_nothing, r"clay: write `Lazy\[...\] \| None = None`"),
        (other_ctx, "call the parameter of type Context `ctx`, not context"),
        (returns_dict, r"out: dict\[.*\] cannot be a port"),
        (returns_maybe, "out: .* cannot be a port"),
        (returns_file, "output out: a File is found by the engine and cannot be an output"),
        (returns_files, "output out: a File is found by the engine and cannot be an output"),
        (returns_strange, r"odd: set\[int\] cannot be a port"),
        (waits, "neither async nor a generator"),
        (streams, "neither async nor a generator"),
        (yields, "neither async nor a generator"),
    ],
)
def test_a_signature_that_cannot_be_a_schema_is_refused(function: Callable[..., Any], says: str) -> None:
    with pytest.raises(PackError, match=f"^node Bad: .*{says}"):
        node("Bad")(function)


@pytest.mark.parametrize("name", ["", " ", "a\nb", "subgraph:x"])
def test_a_name_that_no_file_could_mean_is_refused(name: str) -> None:
    def dig() -> Clay:
        return Clay("x")

    with pytest.raises(PackError, match="cannot be a node's name"):
        node(name)(dig)
    with pytest.raises(PackError, match="cannot be a node's name"):
        node("Dig", also=(name,))(dig)


def test_a_new_version_wants_a_migration_from_each_version_before() -> None:
    def dig() -> Clay:
        return Clay("x")

    with pytest.raises(PackError, match="node Dig: version 3 lacks a migration from version 2"):
        node("Dig", version=3, migrations={1: dict})(dig)


def test_a_resource_that_lacks_a_method_is_refused() -> None:
    class Hoard:
        def held(self) -> list[Any]:
            return []

    with pytest.raises(PackError, match=r"resource Hoard lacks release, close\(\)"):
        resource(Hoard)
