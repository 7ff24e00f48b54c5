"""Pictures: a spec drawn with plain shapes, three times too large, and box-filtered."""

from __future__ import annotations

from math import cos, pi, sin
from random import Random
from typing import assert_never

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from scipy.ndimage import distance_transform_edt

from graphflow_tiny.world.facts import COLOURS, COUNTS, POSITIONS, SIZES, Group, Pair, Scene, Single, Spec

Rgb = tuple[int, int, int]
Point = tuple[float, float]
Extent = tuple[int, int]
"""Width and height in pixels."""

OVERSAMPLE = 3
SKIES: dict[str, tuple[Rgb, Rgb]] = {
    "day": ((108, 176, 240), (170, 214, 246)),
    "night": ((10, 12, 44), (30, 36, 84)),
    "sunset": ((118, 76, 140), (250, 150, 70)),
}
"""Colours at the top and at the horizon."""
SOILS: dict[str, Rgb] = {"grass": (76, 164, 62), "snow": (236, 241, 248), "sand": (226, 194, 116), "sea": (34, 92, 158)}
HORIZON = 0.62
TRUNK: Rgb = (112, 72, 40)


def render(spec: Spec, width: int, height: int | None = None) -> NDArray[np.uint8]:
    """Draw `spec`, (height, width, 3), square where no height is given. Pure in all arguments.

    Places are shares of width and height, sizes shares of the shorter side.
    """
    random = Random(f"draw {spec.seed}")
    extent = (width * OVERSAMPLE, (height or width) * OVERSAMPLE)
    match spec:
        case Single():
            picture = _single(spec, random, extent)
        case Group():
            picture = _group(spec, random, extent)
        case Pair():
            picture = _pair(spec, random, extent)
        case Scene():
            picture = _scene(spec, random, extent)
        case _:
            assert_never(spec)
    return np.asarray(picture.reduce(OVERSAMPLE), dtype=np.uint8)


def draw_thing(draw: ImageDraw.ImageDraw, kind: str, centre: Point, radius: float, rgb: Rgb) -> None:
    """Draw one thing whose larger extent is twice `radius` (pixels)."""
    x, y = centre

    def box(left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
        return x + left * radius, y + top * radius, x + right * radius, y + bottom * radius

    if kind == "circle":
        draw.ellipse(box(-1, -1, 1, 1), fill=rgb)
    elif kind == "ring":
        draw.ellipse(box(-1, -1, 1, 1), outline=rgb, width=max(2, round(0.42 * radius)))
    elif kind == "square":
        draw.rectangle(box(-0.9, -0.9, 0.9, 0.9), fill=rgb)
    elif kind == "house":
        dark = _shade(rgb)
        draw.rectangle(box(-0.75, -0.15, 0.75, 1), fill=rgb)
        draw.polygon([(x - radius, y - 0.15 * radius), (x, y - radius), (x + radius, y - 0.15 * radius)], fill=dark)
        draw.rectangle(box(-0.2, 0.4, 0.2, 1), fill=dark)
    elif kind == "tree":
        draw.rectangle(box(-0.16, 0.2, 0.16, 1), fill=TRUNK)
        draw.ellipse(box(-0.8, -1, 0.8, 0.5), fill=rgb)
    else:
        draw.polygon([(x + px * radius, y + py * radius) for px, py in _outline(kind)], fill=rgb)


def _outline(kind: str) -> list[Point]:
    """Give the corners of a kind inside the square -1..1, y downwards."""
    if kind == "triangle":
        return [(0, -0.95), (1, 0.85), (-1, 0.85)]
    if kind == "star":
        corners = [(1.0 if i % 2 == 0 else 0.42, pi * i / 5) for i in range(10)]
        return [(r * sin(a), -r * cos(a) + 0.05) for r, a in corners]
    if kind == "cross":
        a = 0.32
        return [
            (-a, -1),
            (a, -1),
            (a, -a),
            (1, -a),
            (1, a),
            (a, a),
            (a, 1),
            (-a, 1),
            (-a, a),
            (-1, a),
            (-1, -a),
            (-a, -a),
        ]
    if kind == "heart":
        angles = [2 * pi * i / 40 for i in range(40)]
        return [
            (sin(a) ** 3, -(13 * cos(a) - 5 * cos(2 * a) - 2 * cos(3 * a) - cos(4 * a)) / 16 - 0.12) for a in angles
        ]
    if kind == "crescent":
        outer = [pi * (0.25 + 1.5 * i / 30) for i in range(31)]
        inner = [pi * (1.60 - 1.20 * i / 30) for i in range(31)]
        tip = cos(outer[0])
        middle = tip - 0.74 * cos(inner[-1])
        rise = sin(outer[0]) / (0.74 * sin(inner[-1]))
        return [(cos(a) + 0.15, sin(a)) for a in outer] + [
            (middle + 0.74 * cos(a) + 0.15, 0.74 * rise * sin(a)) for a in inner
        ]
    if kind == "diamond":  # no kind of the world: a LoRA teaches it
        return [(0, -1), (0.75, 0), (0, 1), (-0.75, 0)]
    raise ValueError(f"no kind is called {kind!r}")


def _single(spec: Single, random: Random, extent: Extent) -> Image.Image:
    picture = Image.new("RGB", extent, _jitter(COLOURS[spec.background], random))
    side = min(extent)
    radius = SIZES[spec.size] * random.uniform(0.93, 1.07) * side
    x, y = (
        min(max((at + random.uniform(-0.035, 0.035)) * length, radius), length - radius)
        for at, length in zip(POSITIONS[spec.position], extent, strict=True)
    )
    rgb = _jitter(COLOURS[spec.colour], random)
    draw_styled(picture, spec.style, spec.kind, (x, y), radius, rgb)
    return picture


def draw_styled(picture: Image.Image, style: str, kind: str, centre: Point, radius: float, rgb: Rgb) -> None:
    """Draw one thing filled, as a line around it, or with a halo of its own light."""
    if style == "flat":
        draw_thing(ImageDraw.Draw(picture), kind, centre, radius, rgb)
        return
    alone = Image.new("RGB", picture.size)
    draw_thing(ImageDraw.Draw(alone), kind, centre, radius, (255, 255, 255))
    whole = alone.convert("L").point(lambda value: 255 if value else 0)
    if style == "outline":
        depth = distance_transform_edt(np.asarray(whole))
        stroke = (depth > 0) & (depth <= max(4.0, 0.22 * radius))
        picture.paste(rgb, mask=Image.fromarray(stroke))
        return
    halo = whole.filter(ImageFilter.GaussianBlur(0.06 * min(picture.size)))
    picture.paste(rgb, mask=halo.point(lambda value: round(0.85 * value)))
    draw_thing(ImageDraw.Draw(picture), kind, centre, radius, _glare(rgb))


def _glare(rgb: Rgb) -> Rgb:
    """Give the colour of a lamp's body: lighter than its light by a quarter of what is left to white."""
    red, green, blue = (round(channel + 0.25 * (255 - channel)) for channel in rgb)
    return red, green, blue


def _group(spec: Group, random: Random, extent: Extent) -> Image.Image:
    picture = Image.new("RGB", extent, _jitter(COLOURS[spec.background], random))
    draw, count, side = ImageDraw.Draw(picture), COUNTS[spec.count], min(extent)
    radius = (0.17 - 0.012 * count) * random.uniform(0.95, 1.05) * side
    rgb = _jitter(COLOURS[spec.colour], random)
    for centre in _apart(count, radius, random, extent):
        draw_thing(draw, spec.kind, centre, radius, rgb)
    return picture


def _apart(count: int, radius: float, random: Random, extent: Extent) -> list[Point]:
    """Draw places so far from each other that things of this radius leave a gap; begin anew where none is left."""
    while True:
        places: list[Point] = []
        for _ in range(60):
            x, y = (random.uniform(1.1 * radius, length - 1.1 * radius) for length in extent)
            if all((x - ax) ** 2 + (y - ay) ** 2 >= (2.7 * radius) ** 2 for ax, ay in places):
                places.append((x, y))
            if len(places) == count:
                return places


def _pair(spec: Pair, random: Random, extent: Extent) -> Image.Image:
    picture = Image.new("RGB", extent, _jitter(COLOURS[spec.background], random))
    draw = ImageDraw.Draw(picture)
    width, height = extent
    upright = spec.relation in ("above", "below")
    first_is_near = spec.relation in ("above", "left of")
    for kind, colour, near in (
        (spec.kind, spec.colour, first_is_near),
        (spec.other_kind, spec.other_colour, not first_is_near),
    ):
        along = (0.27 if near else 0.73) + random.uniform(-0.03, 0.03)
        across = 0.5 + random.uniform(-0.06, 0.06)
        x, y = (across, along) if upright else (along, across)
        radius = random.uniform(0.15, 0.19) * min(extent)
        draw_thing(draw, kind, (x * width, y * height), radius, _jitter(COLOURS[colour], random))
    return picture


def _scene(spec: Scene, random: Random, extent: Extent) -> Image.Image:
    (width, height), side = extent, min(extent)
    horizon = round((HORIZON + random.uniform(-0.04, 0.04)) * height)
    picture = _sky(spec.time, horizon, random, extent)
    draw = ImageDraw.Draw(picture)
    if spec.stars:
        for _ in range(9 * max(extent) // side):
            x, y, r = random.uniform(0.03, 0.97) * width, random.uniform(0.03, 0.4) * height, 0.014 * side
            draw.ellipse((x - r, y - r, x + r, y + r), fill=(240, 240, 220))
    if spec.light:
        _light(draw, spec.time, horizon, random, extent)
    if spec.clouds:
        _clouds(draw, random, extent)
    if spec.mountains:
        _mountains(draw, spec.time, horizon, random, extent)
    draw.rectangle((0, horizon, width, height), fill=lit(_jitter(SOILS[spec.ground], random), spec.time))
    x = random.uniform(0.28, 0.72)
    if spec.trees:
        for place in ((x + 0.32) % 0.9 + 0.05, (x + 0.55) % 0.9 + 0.05):
            r = random.uniform(0.1, 0.13) * side
            y = horizon + random.uniform(0.02, 0.08) * side - 0.7 * r
            draw_thing(draw, "tree", (place * width, y), r, lit((40, 116, 50), spec.time))
    if spec.house is not None:
        r = random.uniform(0.15, 0.18) * side
        y = horizon + random.uniform(0.06, 0.1) * side - 0.7 * r
        # Night dims a house less than the ground, so that its colour can still be seen.
        rgb = _jitter(COLOURS[spec.house], random)
        draw_thing(draw, "house", (x * width, y), r, _scaled(rgb, 0.85 if spec.time == "night" else 1.0))
    return picture


def _sky(time: str, horizon: int, random: Random, extent: Extent) -> Image.Image:
    width, height = extent
    top, low = (np.asarray(_jitter(rgb, random), dtype=np.float32) for rgb in SKIES[time])
    share = np.clip(np.arange(height, dtype=np.float32) / horizon, 0, 1)[:, None]
    rows = (top + (low - top) * share).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(np.broadcast_to(rows[:, None], (height, width, 3))))


def _light(draw: ImageDraw.ImageDraw, time: str, horizon: int, random: Random, extent: Extent) -> None:
    r = random.uniform(0.08, 0.1) * min(extent)
    x, y = random.uniform(0.15, 0.85) * extent[0], random.uniform(0.13, 0.25) * extent[1]
    if time == "sunset":
        draw_thing(draw, "circle", (x, horizon - random.uniform(0.3, 1.2) * r), r, (255, 226, 110))
    elif time == "night":
        draw_thing(draw, random.choice(("circle", "crescent")), (x, y), r, (240, 238, 212))
    else:
        draw_thing(draw, "circle", (x, y), r, (255, 228, 64))


def _clouds(draw: ImageDraw.ImageDraw, random: Random, extent: Extent) -> None:
    side = min(extent)
    for _ in range(2):
        x, y = random.uniform(0.15, 0.85) * extent[0], random.uniform(0.1, 0.34) * extent[1]
        for shift, size in ((-0.07, 0.05), (0.0, 0.07), (0.07, 0.05)):
            w, h = size * 1.3 * side, size * 0.8 * side
            cx = x + shift * side
            draw.ellipse((cx - w, y - h, cx + w, y + h), fill=(248, 250, 252))


def _mountains(draw: ImageDraw.ImageDraw, time: str, horizon: int, random: Random, extent: Extent) -> None:
    rock, snow = lit((112, 116, 134), time), lit((240, 242, 248), time)
    side = min(extent)
    for centre in (0.2, 0.8, 0.5):
        x = (centre + random.uniform(-0.06, 0.06)) * extent[0]
        height, width = random.uniform(0.24, 0.36) * side, random.uniform(0.26, 0.34) * extent[0]
        draw.polygon([(x - width, horizon), (x, horizon - height), (x + width, horizon)], fill=rock)
        cap = 0.3
        draw.polygon(
            [
                (x - cap * width, horizon - (1 - cap) * height),
                (x, horizon - height),
                (x + cap * width, horizon - (1 - cap) * height),
            ],
            fill=snow,
        )


def lit(rgb: Rgb, time: str) -> Rgb:
    """Give a colour as the light of this time of day shows it."""
    if time == "night":
        return _scaled(rgb, 0.5)
    if time == "sunset":
        return (min(255, round(rgb[0] * 0.9 + 22)), round(rgb[1] * 0.8), round(rgb[2] * 0.72))
    return rgb


def _shade(rgb: Rgb) -> Rgb:
    return (78, 78, 82) if sum(rgb) < 150 else _scaled(rgb, 0.6)


def _scaled(rgb: Rgb, factor: float) -> Rgb:
    return (round(rgb[0] * factor), round(rgb[1] * factor), round(rgb[2] * factor))


def _jitter(rgb: Rgb, random: Random) -> Rgb:
    red, green, blue = (min(255, max(0, channel + random.randint(-9, 9))) for channel in rgb)
    return red, green, blue
