"""Nodes that decide which part of a workflow runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphflow.api import Checked, Facts, Lazy, node


def _check(values: Mapping[str, Any], facts: Mapping[str, Facts]) -> Checked:
    """Pass on what is known of the branch that is taken, or of both while that is open."""
    if_true, if_false = facts.get("if_true", {}), facts.get("if_false", {})
    if "on" in values:
        return Checked(facts={"out": if_true if values["on"] else if_false})
    return Checked(facts={"out": {name: fact for name, fact in if_true.items() if if_false.get(name) == fact}})


@node("Switch", category="utils/logic", check=_check)
def switch(on: bool, if_true: Lazy[Any], if_false: Lazy[Any]) -> Any:
    """Pass on one of two values; what feeds the other one does not run."""
    return if_true() if on else if_false()


NODES = (switch,)
