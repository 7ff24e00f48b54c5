"""A world of captioned toy pictures, each a pure function of a seed."""

from __future__ import annotations

from graphflow_tiny.world.draw import render
from graphflow_tiny.world.facts import (
    COLOURS,
    COUNTS,
    GROUNDS,
    KINDS,
    POSITIONS,
    RELATIONS,
    SIZES,
    STYLES,
    TIMES,
    Group,
    Pair,
    Scene,
    Single,
    Spec,
    make_spec,
)
from graphflow_tiny.world.falsehoods import false_caption, falsified
from graphflow_tiny.world.wordings import reword
from graphflow_tiny.world.words import Caption, describe, describe_briefly, held_out

__all__ = [
    "COLOURS",
    "COUNTS",
    "GROUNDS",
    "KINDS",
    "POSITIONS",
    "RELATIONS",
    "SIZES",
    "STYLES",
    "TIMES",
    "Caption",
    "Group",
    "Pair",
    "Scene",
    "Single",
    "Spec",
    "describe",
    "describe_briefly",
    "false_caption",
    "falsified",
    "held_out",
    "make_spec",
    "render",
    "reword",
]
