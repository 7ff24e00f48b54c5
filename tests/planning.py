"""Short ways to the problems that planning finds."""

from __future__ import annotations

from typing import Any

import pytest

from graphflow.errors import Problem, WorkflowError
from tests.toy import plan


def problems(nodes: dict[str, Any], *targets: str, **more: Any) -> tuple[Problem, ...]:
    with pytest.raises(WorkflowError) as error:
        plan(nodes, *targets, **more)
    return error.value.problems


def brief(found: tuple[Problem, ...]) -> list[tuple[str, str | None, str | None, str | None]]:
    return [(each.code, each.node, each.input, each.hint) for each in found]
