"""What can be seen in the world: its facts, and a draw of them from a seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import dist
from random import Random

Rgb = tuple[int, int, int]

COLOURS: Mapping[str, tuple[int, int, int]] = {
    "red": (214, 34, 40),
    "orange": (247, 138, 26),
    "yellow": (250, 222, 60),
    "green": (46, 158, 66),
    "blue": (42, 84, 216),
    "purple": (136, 52, 172),
    "white": (244, 244, 244),
    "black": (24, 24, 26),
}
KINDS = ("circle", "square", "triangle", "star", "heart", "ring", "cross", "crescent", "house", "tree")
POSITIONS: Mapping[str, tuple[float, float]] = {
    "top left": (0.25, 0.25),
    "top": (0.5, 0.25),
    "top right": (0.75, 0.25),
    "left": (0.25, 0.5),
    "centre": (0.5, 0.5),
    "right": (0.75, 0.5),
    "bottom left": (0.25, 0.75),
    "bottom": (0.5, 0.75),
    "bottom right": (0.75, 0.75),
}
"""Centres as shares of width and height."""
SIZES: Mapping[str, float] = {"small": 0.11, "medium": 0.17, "large": 0.255}
"""Half of the larger extent, as a share of the picture's side."""
RELATIONS = ("above", "below", "left of", "right of")
COUNTS: Mapping[str, int] = {"two": 2, "three": 3, "four": 4, "five": 5}
STYLES = ("flat", "outline", "glowing")
"""How a single thing is drawn: filled, as a line around it, or as a lamp in the dark."""
OUTLINED = ("circle", "square", "triangle", "star", "heart", "house")
"""Kinds whose line can be told from the filled thing: of a ring's, say, hardly anything would stay open."""
TIMES = ("day", "night", "sunset")
GROUNDS = ("grass", "snow", "sand", "sea")
HOUSE_COLOURS = ("red", "orange", "yellow", "blue", "purple", "white")

FAR = 120.0
"""Two palette colours closer than this (Euclidean, 0..255) never touch: one could not be told from the other."""


@dataclass(frozen=True, slots=True)
class Single:
    """One thing on a plain background."""

    kind: str
    colour: str
    background: str
    position: str
    size: str
    seed: int
    style: str = "flat"


@dataclass(frozen=True, slots=True)
class Group:
    """Two to five things of one kind and colour, anywhere on a plain background."""

    kind: str
    colour: str
    count: str
    background: str
    seed: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two things on a plain background; the first stands in `relation` to the second."""

    kind: str
    colour: str
    other_kind: str
    other_colour: str
    relation: str
    background: str
    seed: int


@dataclass(frozen=True, slots=True)
class Scene:
    """A landscape; `light` is the sun by day and at sunset, the moon at night."""

    time: str
    ground: str
    light: bool
    mountains: bool
    clouds: bool
    stars: bool
    trees: bool
    house: str | None
    seed: int


Spec = Single | Group | Pair | Scene


def far_apart(one: str, other: str) -> bool:
    """Can these two named colours stand side by side and still be told apart?"""
    return dist(COLOURS[one], COLOURS[other]) >= FAR


def make_spec(seed: int) -> Spec:
    """Draw the facts of picture number `seed`: 48 % singles, 14 % groups, 20 % pairs, 18 % landscapes."""
    random = Random(f"spec {seed}")
    share = random.random()
    if share < 0.48:
        return _single(random, seed)
    if share < 0.62:
        return _group(random, seed)
    if share < 0.82:
        return _pair(random, seed)
    return _scene(random, seed)


def _single(random: Random, seed: int) -> Single:
    style = random.choices(STYLES, (0.8, 0.12, 0.08))[0]
    background = "black" if style == "glowing" else random.choice(tuple(COLOURS))
    colour = _other_colour(background, random)
    # The centre is what people mean when they name no place, so it is drawn more often.
    position = "centre" if random.random() < 0.2 else random.choice(tuple(POSITIONS))
    # A line around a small thing would be thinner than a pixel.
    kinds, sizes = (OUTLINED, ("medium", "large")) if style == "outline" else (KINDS, tuple(SIZES))
    return Single(random.choice(kinds), colour, background, position, random.choice(sizes), seed, style)


def _group(random: Random, seed: int) -> Group:
    background = random.choice(tuple(COLOURS))
    colour = _other_colour(background, random)
    return Group(random.choice(KINDS), colour, random.choice(tuple(COUNTS)), background, seed)


def _other_colour(background: str, random: Random) -> str:
    return random.choice([name for name in COLOURS if far_apart(name, background)])


def _pair(random: Random, seed: int) -> Pair:
    background = random.choice(tuple(COLOURS))
    colours = [name for name in COLOURS if far_apart(name, background)]
    first = random.choice(colours)
    second = random.choice([name for name in colours if far_apart(name, first)])
    kind, other = random.sample(KINDS, 2)
    return Pair(kind, first, other, second, random.choice(RELATIONS), background, seed)


def _scene(random: Random, seed: int) -> Scene:
    time, ground = random.choice(TIMES), random.choice(GROUNDS)
    land = ground != "sea"
    return Scene(
        time=time,
        ground=ground,
        light=random.random() < 0.5,
        mountains=random.random() < 0.35,
        clouds=time == "day" and random.random() < 0.35,
        stars=time == "night" and random.random() < 0.5,
        trees=land and random.random() < 0.3,
        house=random.choice(HOUSE_COLOURS) if land and random.random() < 0.4 else None,
        seed=seed,
    )
