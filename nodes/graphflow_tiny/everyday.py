"""Prompts in the words of people who know nothing of the world's captions, and what each of them states."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graphflow_tiny.world import Caption, Group, Pair, Scene, Single, Spec

PROMPTS = Path(__file__).with_suffix(".json")
"""Written by somebody who had not seen the world's words: only a list of its facts."""

_UNSTATED: Mapping[str, tuple[type[Spec], Mapping[str, Any]]] = {
    "single": (Single, {"kind": "", "colour": "", "background": "", "position": "", "size": ""}),
    "group": (Group, {"kind": "", "colour": "", "count": "two", "background": ""}),
    "pair": (Pair, {"kind": "", "other_kind": "", "relation": "", "background": ""}),
    "scene": (
        Scene,
        {
            "time": "day",
            "ground": "grass",
            "house": None,
            **dict.fromkeys(("light", "mountains", "clouds", "stars", "trees"), False),
        },
    ),
}


def everyday_examples() -> list[tuple[Spec, Caption]]:
    """Give each prompt with its facts; what it does not state is blank in the spec, and never judged."""
    examples: list[tuple[Spec, Caption]] = []
    for each in json.loads(PROMPTS.read_text(encoding="utf-8")):
        sort, unstated = _UNSTATED[each["sort"]]
        spec = sort(**{**unstated, **each["facts"], "seed": 0})
        examples.append((spec, Caption(each["text"], tuple(each["facts"].items()))))
    return examples
