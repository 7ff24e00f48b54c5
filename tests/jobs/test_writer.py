"""An operation that fails is undone alone, whether it failed at once or halfway, and its neighbours are kept, once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from graphflow.errors import StorageError
from graphflow.jobs.database import connect
from graphflow.jobs.transaction import Transaction
from graphflow.jobs.writer import Writer


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = connect(tmp_path / "numbers.db")
    connection.execute("CREATE TABLE numbers (value INTEGER UNIQUE)")
    yield connection
    connection.close()


def add(value: int) -> Callable[[Transaction], int]:
    def operation(tx: Transaction) -> int:
        tx.run("INSERT INTO numbers VALUES (?)", (value,))
        return value

    return operation


def add_and_break(value: int) -> Callable[[Transaction], int]:
    def operation(tx: Transaction) -> int:
        tx.run("INSERT INTO numbers VALUES (?)", (value,))
        raise KeyError(value)

    return operation


def break_at_once(tx: Transaction) -> int:
    raise KeyError("at once")


def together(connection: sqlite3.Connection, *operations: Callable[[Transaction], int]) -> tuple[list[Any], list[str]]:
    """Run operations in one commit; return what each answered or raised, and what the database was told."""
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    writer = Writer(connection, lambda events: None)
    with writer.together():
        futures: list[Future[int]] = [writer.put(each) for each in operations]
    writer.close()
    connection.set_trace_callback(None)
    return [each.exception() or each.result() for each in futures], statements


def numbers(connection: sqlite3.Connection) -> list[int]:
    return [value for (value,) in connection.execute("SELECT value FROM numbers ORDER BY value")]


def test_one_that_fails_halfway_leaves_nothing_and_its_neighbours_stay(connection: sqlite3.Connection) -> None:
    answers, _ = together(connection, add(1), add_and_break(2), add(3))

    assert (answers[0], repr(answers[1]), answers[2]) == (1, "KeyError(2)", 3)
    assert numbers(connection) == [1, 3]


def test_what_breaks_a_constraint_is_refused_alone(connection: sqlite3.Connection) -> None:
    answers, statements = together(connection, add(1), add(1), add(2))

    assert isinstance(answers[1], sqlite3.IntegrityError)
    assert numbers(connection) == [1, 2]
    assert statements.count("COMMIT") == 1
    assert "ROLLBACK" not in statements  # the statement undid itself


def test_one_that_fails_before_it_changed_anything_costs_nothing(connection: sqlite3.Connection) -> None:
    answers, statements = together(connection, add(1), break_at_once, add(2))

    assert repr(answers[1]) == "KeyError('at once')"
    assert numbers(connection) == [1, 2]
    assert not [each for each in statements if "SAVEPOINT" in each or each == "ROLLBACK"]


def test_what_is_done_again_is_done_once(connection: sqlite3.Connection) -> None:
    _, statements = together(connection, add(1), add_and_break(2), add_and_break(3), add(4))

    assert numbers(connection) == [1, 4]
    assert (statements.count("ROLLBACK"), statements.count("COMMIT")) == (1, 1)


class Broken:
    """A connection with a mistake of the program's own in it, which no database reports."""

    total_changes = 0
    in_transaction = False

    def execute(self, sql: str) -> None:
        raise AttributeError("no such thing")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_writer_that_breaks_leaves_nobody_waiting(capsys: pytest.CaptureFixture[str]) -> None:
    writer = Writer(Broken(), lambda events: None)  # type: ignore[arg-type]

    with writer.together():
        waiting: list[Future[Any]] = [writer.put(add(1)), writer.put(add(2)), writer.put_standing("w", add(3))]

    for each in waiting:
        with pytest.raises(StorageError, match=r"the job store broke.*no such thing"):
            each.result(timeout=30)
    with pytest.raises(StorageError, match="closed"):
        writer.put(add(4))
    writer.close()
