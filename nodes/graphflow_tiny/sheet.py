"""Put pictures of the model on one sheet: `python -m graphflow_tiny.sheet docs/images/tiny-sheet.png`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from graphflow_tiny import MODEL_ROOTS
from graphflow_tiny.score import draw, load_pipeline
from graphflow_tiny.training.data import held_out_examples

EVERYDAY = (
    "a red circle on a blue background",
    "a red house at night",
    "a meadow with mountains and a sun",
    "a yellow star on a purple background",
    "a large white heart on a red background",
    "a small black square in the top left corner on a yellow background",
    "a green triangle on a white background at the bottom",
    "the sea at sunset with the sun",
    "a snowy landscape with trees and an orange cottage",
    "a desert with mountains at sunset",
    "a meadow with stars and the moon at night",
    "a red circle above a blue square on a white background",
    "a blue ring on the right, white background",
    "a tree",
    "a landscape with a house",
    "an orange crescent on a black background",
)
"""What people type: the first two rows of the sheet."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw 16 everyday prompts and 48 held-out captions, eight to a row, and write the sheet."""
    parser = argparse.ArgumentParser(prog="graphflow_tiny.sheet", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--model", type=Path, default=MODEL_ROOTS["checkpoints"] / "graphflow-tiny")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--cfg", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    prompts = [*EVERYDAY, *(caption.text for _, caption in held_out_examples(64 - len(EVERYDAY)))]
    pictures = draw(load_pipeline(options.model), prompts, options.steps, options.cfg, options.seed)
    lay_out(pictures).save(options.out, optimize=True)
    for place, prompt in enumerate(prompts):
        print(f"row {place // 8 + 1}, column {place % 8 + 1}: {prompt}")


def lay_out(pictures: Sequence[NDArray[np.uint8]], columns: int = 8, scale: int = 2, gap: int = 4) -> Image.Image:
    """Lay pictures of one size in rows on white, each enlarged `scale` times."""
    height, width = (length * scale for length in pictures[0].shape[:2])
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * (width + gap) + gap, rows * (height + gap) + gap), "white")
    for place, pixels in enumerate(pictures):
        large = Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS)
        sheet.paste(large, (gap + place % columns * (width + gap), gap + place // columns * (height + gap)))
    return sheet


if __name__ == "__main__":
    main()
