"""Prompts put together: side by side, one behind the other, or between one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from graphflow.api import SILENT, Check, Checked, Context, Facts, NodeError, Range, node
from graphflow_nodes.facts import TEXT, mismatches, pass_on
from graphflow_nodes.values import Conditioning, Entry

if TYPE_CHECKING:
    from torch import Tensor


def _alike(first: str, second: str) -> Check:
    """Return a check that refuses prompts of two text encoders, and hands on what is known of the first."""

    def check(_values: Mapping[str, Any], facts: Mapping[str, Facts]) -> Checked:
        have, want = facts.get(second, {}), facts.get(first, {})
        hint = "encode both prompts with the CLIP of the same checkpoint"
        return Checked(tuple(mismatches(have, want, TEXT, input=second, hint=hint)), {"out": want or have})

    return check


@node("ConditioningCombine", category="conditioning", check=_alike("conditioning_1", "conditioning_2"))
def conditioning_combine(conditioning_1: Conditioning, conditioning_2: Conditioning) -> Conditioning:
    """Let both prompts hold: where they meet, their estimates are averaged by strength."""
    return Conditioning(conditioning_1.entries + conditioning_2.entries)


@node("ConditioningConcat", category="conditioning", check=_alike("conditioning_to", "conditioning_from"))
def conditioning_concat(
    conditioning_to: Conditioning, conditioning_from: Conditioning, *, ctx: Context = SILENT
) -> Conditioning:
    """Read one prompt behind the other, as if both were one long text; of `conditioning_from` the first entry counts."""
    import torch

    further = _first(conditioning_from, ctx)
    return Conditioning(
        tuple(
            replace(entry, context=torch.cat(_same_batch(entry.context, _fitting(further, entry).context), dim=1))
            for entry in conditioning_to.entries
        )
    )


@node(
    "ConditioningAverage",
    category="conditioning",
    also=("ConditioningAverage ",),
    check=_alike("conditioning_to", "conditioning_from"),
)
def conditioning_average(
    conditioning_to: Conditioning,
    conditioning_from: Conditioning,
    *,
    conditioning_to_strength: Annotated[float, Range(0, 1, step=0.01)] = 1.0,
    ctx: Context = SILENT,
) -> Conditioning:
    """Take a text between two: to * strength + from * (1 - strength), token by token.

    Of `conditioning_from` the first entry counts; it is cut, or filled up with zeros, to the length of the other.
    """
    other = _first(conditioning_from, ctx)
    share = conditioning_to_strength

    def between(entry: Entry) -> Entry:
        context, filled = _same_batch(entry.context, _as_long(_fitting(other, entry).context, entry.context))
        pooled = other.pooled if entry.pooled is None else entry.pooled
        if entry.pooled is not None and other.pooled is not None:
            mine, theirs = _same_batch(entry.pooled, other.pooled)
            pooled = mine * share + theirs * (1 - share)
        return replace(entry, context=context * share + filled * (1 - share), pooled=pooled)

    return Conditioning(tuple(between(entry) for entry in conditioning_to.entries))


@node("ConditioningZeroOut", category="advanced/conditioning", check=pass_on("conditioning"))
def conditioning_zero_out(conditioning: Conditioning) -> Conditioning:
    """Say nothing at all: zeros in place of every state, which is not the same as the empty prompt."""
    import torch

    return Conditioning(
        tuple(
            replace(
                entry,
                context=torch.zeros_like(entry.context),
                pooled=None if entry.pooled is None else torch.zeros_like(entry.pooled),
            )
            for entry in conditioning.entries
        )
    )


def _first(conditioning: Conditioning, ctx: Context) -> Entry:
    if not conditioning.entries:
        raise NodeError("conditioning_from holds no prompt", input="conditioning_from")
    if len(conditioning.entries) > 1:
        ctx.log(f"conditioning_from holds {len(conditioning.entries)} prompts; only the first is used")
    return conditioning.entries[0]


def _fitting(other: Entry, entry: Entry) -> Entry:
    have, want = other.context.shape[-1], entry.context.shape[-1]
    if have != want:
        raise NodeError(
            f"the prompts come from two text encoders: {want} numbers a token here, {have} there",
            input="conditioning_from",
            hint="encode both prompts with the CLIP of the same checkpoint",
        )
    return other


def _as_long(context: Tensor, other: Tensor) -> Tensor:
    from torch.nn.functional import pad

    return pad(context[:, : other.shape[1]], (0, 0, 0, max(other.shape[1] - context.shape[1], 0)))


def _same_batch(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Repeat the shorter of two batches in turn, to the length of the longer."""
    from graphflow_nodes.diffusion.batches import repeat_to

    length = max(len(first), len(second))
    return repeat_to(first, length), repeat_to(second, length)
