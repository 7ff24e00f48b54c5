"""Captions: a spec said in English, fully or in part, and which captions are never trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import assert_never

from graphflow_tiny.world.facts import Group, Pair, Scene, Single, Spec

_KINDS = {
    "circle": ("circle", "circle", "disc", "ball"),
    "square": ("square", "square", "box"),
    "triangle": ("triangle",),
    "star": ("star",),
    "heart": ("heart",),
    "ring": ("ring", "ring", "hoop"),
    "cross": ("cross", "cross", "plus sign"),
    "crescent": ("crescent", "crescent", "crescent moon"),
    "house": ("house", "house", "cottage"),
    "tree": ("tree",),
}
_SIZES = {
    "small": ("small", "small", "little", "tiny"),
    "medium": ("medium", "medium-sized"),
    "large": ("large", "big"),
}
_PLACES = {
    "top left": ("in the top left corner", "at the top left", "in the upper left"),
    "top": ("at the top", "near the top"),
    "top right": ("in the top right corner", "at the top right", "in the upper right"),
    "left": ("on the left", "at the left"),
    "centre": ("in the middle", "in the centre", "in the center"),
    "right": ("on the right", "at the right"),
    "bottom left": ("in the bottom left corner", "at the bottom left", "in the lower left"),
    "bottom": ("at the bottom", "near the bottom"),
    "bottom right": ("in the bottom right corner", "at the bottom right", "in the lower right"),
}
_RELATIONS = {
    "above": ("above", "over"),
    "below": ("below", "under"),
    "left of": ("to the left of", "left of"),
    "right of": ("to the right of", "right of"),
}
_STYLES = {"outline": ("outlined",), "glowing": ("glowing", "glowing", "neon")}
_TIMES = {"day": ("by day", "during the day"), "night": ("at night",), "sunset": ("at sunset", "in the evening")}
_GROUNDS = {
    "grass": ("a meadow", "a green field", "a grassy landscape"),
    "snow": ("a snowy landscape", "a snowy field", "a winter landscape"),
    "sand": ("a desert", "a sandy landscape"),
    "sea": ("the sea", "the ocean"),
}
_INSIDE = {
    "grass": ("in a meadow", "on a green field"),
    "snow": ("in the snow", "in a snowy landscape"),
    "sand": ("in the desert", "in a desert"),
    "sea": ("over the sea", "over the ocean"),
}
_PREPOSITIONS = ("on", "against", "at", "in", "near")
"""Captions that begin so are no noun phrase: "a picture of" cannot go before them."""
_USUAL = {"size": "medium", "position": "centre"}
HELD_OUT_SHARE = 10
"""One in so many combinations of stated facts is kept from training."""


@dataclass(frozen=True, slots=True)
class Caption:
    """A text, and the facts (name, value) that it states, in the spec's order."""

    text: str
    facts: tuple[tuple[str, str], ...]


def describe(spec: Spec, seed: int) -> Caption:
    """Say `spec` in words; one caption in four leaves some of the facts out. Pure in both arguments."""
    random = Random(f"words {spec.seed} {seed}")
    match spec:
        case Single():
            caption = _single(spec, random)
        case Group():
            caption = _group(spec, random)
        case Pair():
            caption = _pair(spec, random)
        case Scene():
            caption = _scene(spec, random)
        case _:
            assert_never(spec)
    if random.random() < 0.08 and caption.text.split()[0] not in _PREPOSITIONS:
        return Caption(f"{random.choice(('a picture of', 'a drawing of'))} {caption.text}", caption.facts)
    return caption


def describe_briefly(spec: Spec, seed: int) -> Caption:
    """Say `spec` as people do who have just come: "a tree", "five stars", "the sea at night". Pure in both arguments.

    Where a thing stands off the middle and how large it is are said all the same, for what is not said means medium
    and centred; colours mostly are not.
    """
    random = Random(f"briefly {spec.seed} {seed}")
    coloured = random.random() < 0.3
    match spec:
        case Single():
            stated = {"kind"} | {name for name, usual in _USUAL.items() if getattr(spec, name) != usual}
            return _say_single(spec, stated | ({"colour"} if coloured else set()), random)
        case Group():
            return _say_group(spec, {"kind", "count"} | ({"colour"} if coloured else set()), random)
        case Pair():
            return _say_pair(spec, {"kind", "other_kind"} | ({"relation"} if random.random() < 0.3 else set()), random)
        case Scene():
            stated = {"time"} if spec.time != "day" else set()
            stated |= {"ground"} if random.random() < 0.7 else set()
            parts = _parts(spec)
            return _say_scene(spec, stated | set(parts and random.sample(parts, random.randint(0, 1))), random)
        case _:
            assert_never(spec)


def held_out(caption: Caption) -> bool:
    """Is this combination of facts kept from training?

    Decided by the facts alone, so a synonym or another word order cannot carry one across. Combinations of
    fewer than three facts ("a red circle") are too few to withhold.
    """
    if len(caption.facts) < 3:
        return False
    digest = sha256(repr(caption.facts).encode()).digest()
    return digest[0] * 256 + digest[1] < 65536 // HELD_OUT_SHARE


def _single(spec: Single, random: Random) -> Caption:
    stated = {"kind", "colour", "background"}
    # Medium and centred is what a caption means that does not say: so those are said rarely, the others always.
    if spec.size != "medium" or random.random() < 0.3:
        stated.add("size")
    if spec.position != "centre" or random.random() < 0.3:
        stated.add("position")
    if random.random() < 0.25:
        stated -= set(random.sample(("colour", "background", "size", "position"), random.randint(1, 3)))
    return _say_single(spec, stated, random)


def _say_single(spec: Single, stated: set[str], random: Random) -> Caption:
    thing = _single_thing(spec, stated, random)
    place = random.choice(_PLACES[spec.position]) if "position" in stated else ""
    return Caption(
        _single_text(thing, place, spec.background if "background" in stated else "", random), _facts(spec, stated)
    )


def _single_thing(spec: Single, stated: set[str], random: Random) -> str:
    size = random.choice(_SIZES[spec.size]) if "size" in stated else ""
    colour = spec.colour if "colour" in stated else ""
    noun = random.choice(_KINDS[spec.kind])
    if spec.style == "flat":
        return _thing(size, colour, noun)
    stated.add("style")
    if spec.style == "outline" and random.random() < 0.5:
        return f"the outline of {_thing(size, colour, noun)}"
    style = random.choice(_STYLES[spec.style])
    order = (size, style, colour, noun) if random.random() < 0.5 else (size, colour, style, noun)
    return _a(_join(*order))


def _group(spec: Group, random: Random) -> Caption:
    stated = {"kind", "colour", "count", "background"}
    if random.random() < 0.25:
        stated -= random.choice(({"background"}, {"colour"}, {"colour", "background"}))
    return _say_group(spec, stated, random)


def _say_group(spec: Group, stated: set[str], random: Random) -> Caption:
    things = _join(spec.count, spec.colour if "colour" in stated else "", _several(random.choice(_KINDS[spec.kind])))
    if "background" not in stated:
        return Caption(things, _facts(spec, stated))
    on = _background(spec.background, random)
    order = random.random()
    if order < 0.12:
        text = _join(_a(f"{spec.background} background with"), things)
    elif order < 0.2:
        text = f"{things}, {spec.background} background"
    else:
        text = _join(on + ",", things) if order < 0.3 else _join(things, on)
    return Caption(text, _facts(spec, stated))


def _several(noun: str) -> str:
    return noun + ("es" if noun.endswith(("s", "x")) else "s")


def _single_text(thing: str, place: str, background: str, random: Random) -> str:
    order = random.random()
    if not background:
        if len(thing.split()) == 2 and not place and order < 0.3:
            return thing.split()[1]
        return _join(place + ",", thing) if place and order < 0.15 else _join(thing, place)
    if order < 0.12:
        return _join(_a(f"{background} background with"), thing, place)
    if order < 0.18:
        return _join(_join(thing, place) + ",", f"{background} background")
    on = _background(background, random)
    if order < 0.25:
        return _join(on + ",", thing, place)
    return _join(thing, place, on) if order < 0.6 else _join(thing, on, place)


def _background(colour: str, random: Random) -> str:
    article = _a(colour)
    return random.choice(
        (f"on {article} background", f"on {article} background", f"against {article} background", f"on {colour}")
    )


def _pair(spec: Pair, random: Random) -> Caption:
    stated = {"kind", "colour", "other_kind", "other_colour", "relation", "background"}
    if random.random() < 0.25:
        stated -= random.choice(({"background"}, {"relation"}, {"background", "relation"}, {"colour", "other_colour"}))
    return _say_pair(spec, stated, random)


def _say_pair(spec: Pair, stated: set[str], random: Random) -> Caption:
    first = _thing("", spec.colour if "colour" in stated else "", random.choice(_KINDS[spec.kind]))
    second = _thing("", spec.other_colour if "other_colour" in stated else "", random.choice(_KINDS[spec.other_kind]))
    link = random.choice(_RELATIONS[spec.relation]) if "relation" in stated else "and"
    text = _join(first, link, second)
    if "relation" in stated and random.random() < 0.15:
        text = _join(second, "with", first, link, "it")
    if "background" in stated:
        on = _background(spec.background, random)
        text = _join(on + ",", text) if random.random() < 0.15 else _join(text, on)
    return Caption(text, _facts(spec, stated))


def _scene(spec: Scene, random: Random) -> Caption:
    parts = _parts(spec)
    stated = {"time", "ground", *parts}
    if spec.time == "day" and random.random() < 0.75:
        stated.discard("time")
    if random.random() < 0.25:
        optional = [name for name in ("ground", *parts) if name in stated]
        stated -= set(random.sample(optional, random.randint(1, len(optional))))
    return _say_scene(spec, stated, random)


def _parts(spec: Scene) -> list[str]:
    return [name for name in ("light", "mountains", "clouds", "stars", "trees", "house") if getattr(spec, name)]


def _say_scene(spec: Scene, stated: set[str], random: Random) -> Caption:
    said = [name for name in _parts(spec) if name in stated]
    random.shuffle(said)
    words = [_part(spec, name, random) for name in said]
    time = random.choice(_TIMES[spec.time]) if "time" in stated else ""
    return Caption(_scene_text(spec, words, time, "ground" in stated, random), _facts(spec, stated))


def _scene_text(spec: Scene, words: Sequence[str], time: str, ground: bool, random: Random) -> str:
    if words and random.random() < 0.3:
        inside = random.choice(_INSIDE[spec.ground]) if ground else ""
        if inside or time:
            return _join(_list(words), inside, time)
    noun = random.choice(_GROUNDS[spec.ground]) if ground else "a landscape"
    with_parts = f"with {_list(words)}" if words else ""
    return _join(noun, time, with_parts) if random.random() < 0.6 else _join(noun, with_parts, time)


def _part(spec: Scene, name: str, random: Random) -> str:
    if name == "light":
        return random.choice(("a moon", "the moon") if spec.time == "night" else ("a sun", "the sun"))
    if name == "house":
        return f"{_a(spec.house or '')} {random.choice(('house', 'house', 'cottage'))}"
    return name


def _facts(spec: Spec, stated: set[str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(getattr(spec, name))) for name in spec.__slots__ if name in stated)


def _thing(size: str, colour: str, noun: str) -> str:
    return _a(_join(size, colour, noun))


def _a(words: str) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _list(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _join(*words: str) -> str:
    return " ".join(word for word in words if word)
