"""Where, when and how strongly a prompt holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from graphflow.api import Checked, Choice, Facts, NodeError, Problem, Range, node
from graphflow_nodes.facts import pass_on
from graphflow_nodes.values import MASK_BOUNDS, Area, Conditioning, Entry, Mask, Portion

LARGEST = 16_384  # pixels
SWAP = "0 is the noisiest moment and 1 the finished picture, so start comes first"

Strength = Annotated[float, Range(0, 10, step=0.01)]
Share = Annotated[float, Range(0, 1, step=0.01)]


def _check_range(values: Mapping[str, Any], facts: Mapping[str, Facts]) -> Checked:
    """Refuse a range that ends before it starts, where both are known."""
    problems = []
    if "start" in values and "end" in values and values["start"] > values["end"]:
        problems.append(Problem("range-reversed", _reversed(values["start"], values["end"]), input="end", hint=SWAP))
    return Checked(tuple(problems), {"out": facts.get("conditioning", {})})


@node("ConditioningSetTimestepRange", category="advanced/conditioning", check=_check_range)
def conditioning_set_timestep_range(
    conditioning: Conditioning,
    *,
    start: Annotated[float, Range(0, 1, step=0.001)] = 0.0,
    end: Annotated[float, Range(0, 1, step=0.001)] = 1.0,
) -> Conditioning:
    """Let a prompt hold for a part of the sampling only: from `start` to `end`, 0 the noisiest and 1 the finished."""
    if start > end:
        raise NodeError(_reversed(start, end), code="range-reversed", input="end", hint=SWAP)
    return _each(conditioning, start=start, end=end)


def _reversed(start: float, end: float) -> str:
    return f"a prompt cannot hold from {start:g} to {end:g}: it would end before it starts"


@node("ConditioningSetArea", category="conditioning", check=pass_on("conditioning"))
def conditioning_set_area(
    conditioning: Conditioning,
    *,
    width: Annotated[int, Range(64, LARGEST, step=8)] = 64,
    height: Annotated[int, Range(64, LARGEST, step=8)] = 64,
    x: Annotated[int, Range(0, LARGEST, step=8)] = 0,
    y: Annotated[int, Range(0, LARGEST, step=8)] = 0,
    strength: Strength = 1.0,
) -> Conditioning:
    """Let a prompt paint a rectangle of the picture, in pixels from the top left, as if it were a picture of its own.

    Its edges blend into what is around them; what reaches beyond the picture is cut off.
    """
    return _each(conditioning, area=Area(x, y, width, height), strength=strength)


@node("ConditioningSetAreaPercentage", category="conditioning", check=pass_on("conditioning"))
def conditioning_set_area_percentage(
    conditioning: Conditioning,
    *,
    width: Share = 1.0,
    height: Share = 1.0,
    x: Share = 0.0,
    y: Share = 0.0,
    strength: Strength = 1.0,
) -> Conditioning:
    """Let a prompt paint a rectangle of the picture, in shares of its sides: 0.5 is half, whatever the size."""
    return _each(conditioning, area=Portion(x, y, width, height), strength=strength)


@node("ConditioningSetAreaStrength", category="conditioning", check=pass_on("conditioning"))
def conditioning_set_area_strength(conditioning: Conditioning, *, strength: Strength = 1.0) -> Conditioning:
    """Say how strongly a prompt counts beside the others."""
    return _each(conditioning, strength=strength)


@node("ConditioningSetMask", category="conditioning", check=pass_on("conditioning"))
def conditioning_set_mask(
    conditioning: Conditioning,
    mask: Mask,
    *,
    strength: Strength = 1.0,
    set_cond_area: Annotated[str, Choice(("default", MASK_BOUNDS))] = "default",
) -> Conditioning:
    """Let a prompt hold where a mask is, by as much as it is.

    With "mask bounds" the network sees only the rectangle around the mask, and composes its subject inside it.
    """

    def masked(entry: Entry) -> Entry:
        entry = replace(entry, mask=mask.tensor, mask_strength=strength)
        if set_cond_area == MASK_BOUNDS:
            return replace(entry, area=MASK_BOUNDS)
        return replace(entry, area=None) if entry.area == MASK_BOUNDS else entry

    return Conditioning(tuple(map(masked, conditioning.entries)))


def _each(conditioning: Conditioning, **changes: Any) -> Conditioning:
    return Conditioning(tuple(replace(entry, **changes) for entry in conditioning.entries))
