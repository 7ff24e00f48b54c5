"""Judge a picture by its pixels: is what the caption states to be seen?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from math import log
from typing import NamedTuple, assert_never

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import binary_dilation, label

from graphflow_tiny.world import (
    COLOURS,
    COUNTS,
    GROUNDS,
    KINDS,
    POSITIONS,
    SIZES,
    TIMES,
    Caption,
    Group,
    Pair,
    Scene,
    Single,
    Spec,
)
from graphflow_tiny.world.draw import SKIES, SOILS, draw_styled, lit
from graphflow_tiny.world.facts import HOUSE_COLOURS, OUTLINED

Mask = NDArray[np.bool_]
Picture = NDArray[np.uint8]

PATCH = 32
GLOW = 12.0
"""A halo is so much brighter than the dark around it: above what an autoencoder leaves around flat things."""


def judge(spec: Spec, caption: Caption, picture: Picture) -> dict[str, bool]:
    """Say for each fact that the caption states (and that can be judged) whether the picture, (h, w, 3), shows it."""
    stated = {name for name, _ in caption.facts}
    match spec:
        case Single():
            seen = look_at_single(picture)
            right = {name: seen[name] == getattr(spec, name) for name in seen}
        case Group():
            right = _judge_group(spec, picture)
        case Pair():
            right = _judge_pair(spec, stated, picture)
        case Scene():
            right = _judge_scene(spec, picture)
        case _:
            assert_never(spec)
    return {name: value for name, value in right.items() if name in stated}


def look_at_single(picture: Picture) -> dict[str, str]:
    """Name the background, and the colour, place, size, kind and style of what stands on it; blanks where nothing stands."""
    background = background_of(picture)
    mask = object_mask(picture, background)
    seen = {
        "background": nearest_colour(background),
        **dict.fromkeys(("colour", "position", "size", "kind", "style"), ""),
    }
    if mask.sum() < 8:
        return seen
    left, top, right, bottom = box_of(mask)
    (height, width), (kind, style) = mask.shape, form_of(mask)
    x, y = (left + right) / 2 / width, (top + bottom) / 2 / height
    radius = max(right - left, bottom - top) / 2 / min(height, width) / _outlines()[kind, style].extent
    return {
        **seen,
        "colour": nearest_colour(np.median(picture[mask], axis=0)),
        "position": min(POSITIONS, key=lambda name: (x - POSITIONS[name][0]) ** 2 + (y - POSITIONS[name][1]) ** 2),
        "size": min(SIZES, key=lambda name: abs(log(radius / SIZES[name]))),
        "kind": kind,
        "style": "glowing" if style == "flat" and glows(picture, mask, background) else style,
    }


def glows(picture: Picture, mask: Mask, background: NDArray[np.float64]) -> bool:
    """Is there light around the mask? Two to four pixels from it, in the median of what is there."""
    side = min(mask.shape)
    near, far = (binary_dilation(mask, iterations=round(side * share)) for share in (2 / 64, 4 / 64))
    around = picture[far & ~near].astype(np.float64) - background
    return len(around) > 0 and float(np.median(around.max(axis=1))) > GLOW


def background_of(picture: Picture) -> NDArray[np.float64]:
    """Give the median colour of a frame two pixels wide."""
    inner = np.zeros(picture.shape[:2], dtype=bool)
    inner[2:-2, 2:-2] = True
    return np.asarray(np.median(picture[~inner], axis=0))


def object_mask(picture: Picture, background: NDArray[np.float64]) -> Mask:
    """Mark what differs from the background: by 70 at least, and by 45 % of the greatest difference.

    The second bound keeps out the faint halo that an autoencoder leaves around things.
    """
    distance = np.linalg.norm(picture.astype(np.float64) - background, axis=2)
    return np.asarray(distance > max(70.0, 0.45 * float(np.percentile(distance, 99.5))))


def box_of(mask: Mask) -> tuple[float, float, float, float]:
    """Give left, top, right, bottom of a mask in pixels, without the outermost 1 % on each side."""
    rows, columns = np.nonzero(mask)
    (left, right), (top, bottom) = np.percentile(columns, (1, 99)), np.percentile(rows, (1, 99))
    return float(left), float(top), float(right) + 1, float(bottom) + 1


def nearest_colour(rgb: NDArray[np.float64]) -> str:
    """Name the palette colour nearest to an RGB value."""
    return min(COLOURS, key=lambda name: float(np.linalg.norm(rgb - np.asarray(COLOURS[name]))))


def kind_of(mask: Mask) -> str:
    """Name the kind whose drawn form overlaps the mask best."""
    return form_of(mask)[0]


def form_of(mask: Mask) -> tuple[str, str]:
    """Name the kind and style, flat or outline, whose drawn form overlaps the mask best, both scaled to the same box."""
    patch = _patch(mask)

    def overlap(form: tuple[str, str]) -> float:
        outline = _outlines()[form].patch
        return float(np.minimum(patch, outline).sum() / np.maximum(patch, outline).sum())

    return max(_outlines(), key=overlap)


class _Outline(NamedTuple):
    patch: NDArray[np.float32]
    extent: float
    """Half of the larger side of the mask's box, by the radius it was drawn with: pointed kinds lose their tips."""


@cache
def _outlines() -> Mapping[tuple[str, str], _Outline]:
    found = {}
    for kind, style in [*((kind, "flat") for kind in KINDS), *((kind, "outline") for kind in OUTLINED)]:
        picture = Image.new("RGB", (192, 192), (255, 255, 255))
        draw_styled(picture, style, kind, (96, 96), 60, (20, 20, 200))
        pixels = np.asarray(picture)
        mask = object_mask(pixels, background_of(pixels))
        left, top, right, bottom = box_of(mask)
        found[kind, style] = _Outline(_patch(mask), max(right - left, bottom - top) / 120)
    return found


def _patch(mask: Mask) -> NDArray[np.float32]:
    left, top, right, bottom = box_of(mask)
    half = max(right - left, bottom - top) / 2 * 1.05
    x, y = (left + right) / 2, (top + bottom) / 2
    whole = Image.fromarray(mask.astype(np.float32))
    box = (x - half, y - half, x + half, y + half)
    cut = whole.transform((PATCH, PATCH), Image.Transform.EXTENT, box, Image.Resampling.BILINEAR)
    return np.asarray(cut, dtype=np.float32)


def _judge_group(spec: Group, picture: Picture) -> dict[str, bool]:
    background = background_of(picture)
    mask = object_mask(picture, background)
    things = things_in(mask)
    kinds = [kind_of(thing) for thing in things]
    return {
        "background": nearest_colour(background) == spec.background,
        "colour": bool(things) and nearest_colour(np.median(picture[mask], axis=0)) == spec.colour,
        "count": len(things) == COUNTS[spec.count],
        "kind": 2 * kinds.count(spec.kind) > len(kinds),
    }


def things_in(mask: Mask) -> list[Mask]:
    """Take a mask apart into what hangs together; specks under a third of the median size are none."""
    places, count = label(mask)
    parts = [places == place for place in range(1, count + 1)]
    sizes = [int(part.sum()) for part in parts if part.sum() >= 6]
    return [part for part in parts if sizes and part.sum() >= max(6, 0.34 * float(np.median(sizes)))]


def _judge_pair(spec: Pair, stated: set[str], picture: Picture) -> dict[str, bool]:
    background = background_of(picture)
    mask = object_mask(picture, background)
    right = {"background": nearest_colour(background) == spec.background}
    if mask.sum() < 16:
        return {**right, "colour": False, "relation": False}
    names = list(COLOURS)
    palette = np.asarray([COLOURS[name] for name in names], dtype=np.float64)
    label = np.linalg.norm(picture[:, :, None].astype(np.float64) - palette, axis=3).argmin(axis=2)
    first, second = (mask & (label == names.index(name)) for name in (spec.colour, spec.other_colour))
    right["colour"] = min(first.sum(), second.sum()) >= 0.15 * mask.sum()
    # Which is which is told by the colour, so a caption without colours has no relation to check.
    if "colour" in stated:
        right["relation"] = bool(right["colour"]) and relation_of(first, second) == spec.relation
    return right


def relation_of(first: Mask, second: Mask) -> str:
    """Say where the first mask's middle lies, seen from the second's."""
    dy, dx = (float(np.mean(a) - np.mean(b)) for a, b in zip(np.nonzero(first), np.nonzero(second), strict=True))
    if abs(dx) > abs(dy):
        return "left of" if dx < 0 else "right of"
    return "above" if dy < 0 else "below"


def _judge_scene(spec: Scene, picture: Picture) -> dict[str, bool]:
    side = len(picture)
    sky = np.median(picture[: side // 8].reshape(-1, 3), axis=0)
    soil = np.median(picture[-side // 10 :].reshape(-1, 3), axis=0)
    right = {
        "time": _nearest(sky, {time: SKIES[time][0] for time in TIMES}) == spec.time,
        "ground": _nearest(soil, {ground: lit(SOILS[ground], spec.time) for ground in GROUNDS}) == spec.ground,
    }
    # A white house on snow cannot be told from snow, so it is not judged.
    if spec.house is not None and np.linalg.norm(soil - np.asarray(COLOURS[spec.house])) > 60:
        right["house"] = _house_in(picture, spec, soil) == spec.house
    return right


def _house_in(picture: Picture, spec: Scene, soil: NDArray[np.float64]) -> str:
    """Name the house colour with the most pixels below the horizon that are not soil; blank under 0.4 % of the picture."""
    side = len(picture)
    band = picture[round(0.62 * side) : round(0.78 * side)].reshape(-1, 3).astype(np.float64)
    band = band[np.linalg.norm(band - soil, axis=1) > 45]
    dim = 0.85 if spec.time == "night" else 1.0
    counts = {
        name: int((np.linalg.norm(band - np.asarray(COLOURS[name]) * dim, axis=1) < 60).sum()) for name in HOUSE_COLOURS
    }
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] >= 0.004 * side * side else ""


def _nearest(rgb: NDArray[np.float64], choices: Mapping[str, Iterable[int]]) -> str:
    return min(choices, key=lambda name: float(np.linalg.norm(rgb - np.asarray(list(choices[name])))))
