"""Prompts that also follow a picture, such as the edges of what shall be drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, NamedTuple

from graphflow.api import Checked, Facts, NodeError, Problem, Range, node
from graphflow_nodes.facts import TEXT, mismatches
from graphflow_nodes.values import Conditioning, Control, ControlNet, Image, Vae

NEEDED = (*TEXT, "latent_channels", "factor")
"""The facts in which a ControlNet and the model that it controls must agree."""
OTHER = "choose a ControlNet that was trained for this model"
SWAP = "0 is the noisiest moment and 1 the finished picture, so start_percent comes first"

Strength = Annotated[float, Range(0, 10, step=0.01)]
Percent = Annotated[float, Range(0, 1, step=0.001)]


class Controlled(NamedTuple):
    """Both prompts, following the picture."""

    positive: Conditioning
    negative: Conditioning


def _check_one(_values: Mapping[str, Any], facts: Mapping[str, Facts]) -> Checked:
    return Checked(tuple(_misfits(facts, "conditioning")), {"out": facts.get("conditioning", {})})


def _check_both(values: Mapping[str, Any], facts: Mapping[str, Facts]) -> Checked:
    problems = list(_misfits(facts, "positive")) or list(_misfits(facts, "negative"))
    start, end = values.get("start_percent"), values.get("end_percent")
    if start is not None and end is not None and start > end:
        problems.append(Problem("range-reversed", _reversed(start, end), input="end_percent", hint=SWAP))
    return Checked(tuple(problems), {side: facts.get(side, {}) for side in Controlled._fields})


def _misfits(facts: Mapping[str, Facts], side: str) -> Iterator[Problem]:
    """Yield a problem when the ControlNet is for another model than the one that the prompt was encoded for."""
    return mismatches(facts.get("control_net", {}), facts.get(side, {}), NEEDED, input="control_net", hint=OTHER)


@node("ControlNetApplyAdvanced", category="conditioning/controlnet", check=_check_both)
def controlnet_apply_advanced(
    positive: Conditioning,
    negative: Conditioning,
    control_net: ControlNet,
    image: Image,
    *,
    strength: Strength = 1.0,
    start_percent: Percent = 0.0,
    end_percent: Percent = 1.0,
    vae: Vae | None = None,  # noqa: ARG001 - for nets that read latents; those of Stable Diffusion 1 read pixels
) -> Controlled:
    """Let a drawing follow a picture, such as the edges that Canny finds, from one share of the sampling to another.

    The picture is cut to the drawing's shape and brought to its size. Several of these in a row add up. `vae` is for
    kinds of ControlNet that are not supported, and counts for nothing.
    """
    if start_percent > end_percent:
        raise NodeError(_reversed(start_percent, end_percent), code="range-reversed", input="end_percent", hint=SWAP)
    control = Control(control_net.recipe, image.tensor, strength, start_percent, end_percent)
    return Controlled(_following(positive, control), _following(negative, control))


@node("ControlNetApply", category="conditioning/controlnet", check=_check_one)
def controlnet_apply(
    conditioning: Conditioning, control_net: ControlNet, image: Image, *, strength: Strength = 1.0
) -> Conditioning:
    """Let a drawing follow a picture: the older form of ControlNetApplyAdvanced, for workflows that have it.

    The other side's prompts follow the picture, too, where they have no ControlNet of their own.
    """
    return _following(conditioning, Control(control_net.recipe, image.tensor, strength, for_both=True))


def _reversed(start: float, end: float) -> str:
    return f"a ControlNet cannot hold from {start:g} to {end:g}: it would end before it starts"


def _following(side: Conditioning, control: Control) -> Conditioning:
    return Conditioning(tuple(replace(entry, controls=(*entry.controls, control)) for entry in side.entries))
