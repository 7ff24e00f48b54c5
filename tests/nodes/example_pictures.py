"""The pictures that the shipped workflows start from, as the default model's own world draws them.

`python -m tests.nodes.example_pictures` writes them again.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from graphflow_tiny.world import Scene, Single, render

FOLDER = Path(__file__).parents[2] / "nodes" / "graphflow_tiny" / "examples"
SIZE = 64
MARGIN = 4
MEADOW = Scene(
    time="day",
    ground="grass",
    light=True,
    mountains=True,
    clouds=False,
    stars=False,
    trees=False,
    house="red",
    seed=17,
)
CIRCLE = Single("circle", "red", "blue", "centre", "large", seed=2)


def example_pictures() -> dict[str, NDArray[np.uint8]]:
    """Draw a meadow with a red house, a mask around the house, and a red circle on blue."""
    meadow = render(MEADOW, SIZE)
    without = render(replace(MEADOW, house=None), SIZE)
    rows, columns = np.nonzero((meadow != without).any(axis=2))
    mask = np.zeros((SIZE, SIZE), dtype=np.uint8)
    top, left = max(rows.min() - MARGIN, 0), max(columns.min() - MARGIN, 0)
    mask[top : rows.max() + MARGIN + 1, left : columns.max() + MARGIN + 1] = 255
    return {"meadow.png": meadow, "meadow-mask.png": mask, "circle.png": render(CIRCLE, SIZE)}


DIAMONDS = "diamonds"
"""A folder of captioned pictures of a thing that the default model has never seen."""
YELLOW, PURPLE = "#f5d327", "#7a33b5"


def captioned_pictures() -> dict[str, tuple[NDArray[np.uint8], str]]:
    """Draw eight yellow diamonds on purple, each with its caption."""
    return {
        f"diamond-{number}": (_diamond(number), "a yellow diamond on a purple background") for number in range(1, 9)
    }


def _diamond(number: int) -> NDArray[np.uint8]:
    scale = 4  # drawn large and shrunk, for soft edges
    picture = Image.new("RGB", (SIZE * scale, SIZE * scale), PURPLE)
    x, y, radius = (scale * each for each in (32 + (number % 3 - 1) * 3, 32 + (number // 3 - 1) * 3, 18 + number % 4))
    corners = [(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)]
    ImageDraw.Draw(picture).polygon(corners, fill=YELLOW)
    return np.asarray(picture.resize((SIZE, SIZE), Image.Resampling.BOX))


if __name__ == "__main__":
    (FOLDER / DIAMONDS).mkdir(exist_ok=True)
    for stem, (pixels, caption) in captioned_pictures().items():
        Image.fromarray(pixels).save(FOLDER / DIAMONDS / f"{stem}.png", optimize=True)
        (FOLDER / DIAMONDS / f"{stem}.txt").write_text(caption + "\n", encoding="utf-8")
    for name, pixels in example_pictures().items():
        Image.fromarray(pixels).save(FOLDER / name, optimize=True)
