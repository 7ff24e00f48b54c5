"""A value that cannot say how large it is fails its node by name, and not the whole process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from graphflow.api import Socket, node
from graphflow.errors import NodeFailed
from graphflow.events import Event
from graphflow.registry import Pack, Registry
from tests.toy import PACK, finished, plan, run


@dataclass(frozen=True)
class Odd(Socket, name="ODD"):
    """A value whose weight is whatever a test says."""

    weight: Any

    @property
    def nbytes(self) -> int:
        if isinstance(self.weight, Exception):
            raise self.weight
        return self.weight  # type: ignore[no-any-return]  # that it is no number is the point


def work(weight: Any) -> Any:
    @node("MakeOdd")
    def make() -> Odd:
        return Odd(weight)

    registry = Registry([PACK, Pack("odd", (make,))])
    return plan({"dig": ("Dig", {}), "odd": ("MakeOdd", {})}, "dig", "odd", registry=registry)


@pytest.mark.parametrize(
    ("weight", "said"), [(ZeroDivisionError("no"), "ZeroDivisionError: no"), ("heavy", "'heavy'"), (None, "None"), (-5, "-5")]
)  # fmt: skip
def test_the_node_is_named_and_what_finished_stays(weight: Any, said: str) -> None:
    events: list[Event] = []

    with pytest.raises(NodeFailed) as failed:
        run(work(weight), emit=events.append)

    problem = failed.value.problem
    assert (failed.value.node, failed.value.type_id, problem.node) == ("odd", "MakeOdd", "odd")
    assert said in problem.message
    assert "ODD.nbytes" in problem.message
    assert finished(events) == [("dig", "ran")]


def test_a_sound_weight_is_no_failure() -> None:
    assert run(work(5))["odd"]["out"] == Odd(5)
