"""What is nearly true of a picture, and how one would say it: its facts with one of them changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any, assert_never

from graphflow_tiny.world.facts import (
    COLOURS,
    COUNTS,
    GROUNDS,
    HOUSE_COLOURS,
    KINDS,
    OUTLINED,
    POSITIONS,
    SIZES,
    TIMES,
    Group,
    Pair,
    Scene,
    Single,
    Spec,
    far_apart,
)
from graphflow_tiny.world.words import Caption, describe, held_out

_OPPOSITE = {"above": "below", "below": "above", "left of": "right of", "right of": "left of"}
_TURNS = ("relation", "swapped", "swapped kinds")
"""Ways to change a pair that leave all words there: only their order tells what is where."""


def false_caption(spec: Spec, number: int, random: Random) -> Caption | None:
    """Say the picture in the words of caption `number`, but for one fact; None where all tries come out true.

    Captions that are held out of training are no result either.
    """
    facts = facts_of(spec)
    for fact in random.sample(facts, len(facts)):
        caption = describe(falsified(spec, fact, random), number)
        if _contradicts(caption, spec, fact) and not held_out(caption):
            return caption
    return None


def _contradicts(caption: Caption, spec: Spec, fact: str) -> bool:
    stated = dict(caption.facts)
    if fact in ("relation", "swapped"):
        return "relation" in stated
    if fact == "swapped kinds":
        return "relation" in stated or "colour" in stated
    return any(value != str(getattr(spec, name)) for name, value in stated.items())


def facts_of(spec: Spec) -> Sequence[str]:
    """Name what `falsified` can change in this spec; what is hard to tell apart stands there more often."""
    match spec:
        case Single():
            return ("kind", "kind", "position", "size", "style", "colour", "background")
        case Group():
            return ("count", "count", "kind", "colour", "background")
        case Pair():
            return (*_TURNS, *_TURNS, "kind", "other_kind", "background")
        case Scene():
            # Something that is not there: a caption may well leave out what is.
            absent = [name for name in ("light", "mountains", "clouds", "stars", "trees") if not getattr(spec, name)]
            return ("time", "ground", *(["house"] if spec.house else []), *absent)
        case _:
            assert_never(spec)


def falsified(spec: Spec, fact: str, random: Random) -> Spec:
    """Change one fact; what else is true of the picture stays. Nothing changes where nothing else would be possible."""
    if isinstance(spec, Pair) and fact in _TURNS:
        return _other_pair(spec, fact)
    true = getattr(spec, fact)
    names = [name for name in _choices(spec, fact) if name != true]
    return replace(spec, **{fact: random.choice(names)}) if names else spec


def _other_pair(spec: Pair, fact: str) -> Pair:
    """Turn a pair round: the same words, of which only the order tells what is where."""
    if fact == "relation":
        return replace(spec, relation=_OPPOSITE[spec.relation])
    other = replace(spec, kind=spec.other_kind, other_kind=spec.kind)
    return replace(other, colour=spec.other_colour, other_colour=spec.colour) if fact == "swapped" else other


def _choices(spec: Spec, fact: str) -> Sequence[Any]:
    """Give what the world allows there."""
    if isinstance(spec, Scene):
        scenes = {"time": TIMES, "ground": GROUNDS, "house": HOUSE_COLOURS if spec.house else ()}
        return scenes.get(fact, (True, False))
    if fact == "background":
        own = [spec.colour, *([spec.other_colour] if isinstance(spec, Pair) else [])]
        return [name for name in COLOURS if all(far_apart(name, colour) for colour in own)]
    if fact == "colour":
        return [name for name in COLOURS if far_apart(name, spec.background)]
    if fact in ("kind", "other_kind"):
        kinds = OUTLINED if isinstance(spec, Single) and spec.style == "outline" else KINDS
        taken = (spec.kind, spec.other_kind) if isinstance(spec, Pair) else ()
        return [name for name in kinds if name not in taken]
    if fact == "style":
        outlined = isinstance(spec, Single) and spec.kind in OUTLINED and spec.size != "small"
        return ("flat", "outline") if outlined else ()
    if fact == "size":  # no outline is small
        return tuple(SIZES)[1 if isinstance(spec, Single) and spec.style == "outline" else 0 :]
    return tuple(POSITIONS if fact == "position" else COUNTS)
