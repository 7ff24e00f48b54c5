"""The pictures that the shipped workflows start from, as the default model's own world draws them.

`python -m tests.nodes.example_pictures` writes them again.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

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


if __name__ == "__main__":
    for name, pixels in example_pictures().items():
        Image.fromarray(pixels).save(FOLDER / name, optimize=True)
