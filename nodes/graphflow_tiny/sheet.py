"""Put pictures of the model on one sheet: `python -m graphflow_tiny.sheet docs/images/tiny-sheet.png`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from graphflow_tiny import MODEL_ROOTS
from graphflow_tiny.score import draw, load_pipeline
from graphflow_tiny.training.data import HELD_OUT_FROM, SIDE
from graphflow_tiny.world import make_spec, render

Picture = NDArray[np.uint8]
COLUMNS = 8
EVERYDAY = (
    *("a red circle on a blue background", "a red house at night", "a meadow with mountains and a sun"),
    *("a yellow star on a purple background", "a large white heart on a red background"),
    *("a small black square in the top left corner on a yellow background", "the sea at sunset with the sun"),
    *("a green triangle on a white background at the bottom", "a desert with mountains at sunset"),
    *("a snowy landscape with trees and an orange cottage", "a meadow with stars and the moon at night"),
    *("a red circle above a blue square on a white background", "a blue ring on the right, white background"),
    *("a tree", "a landscape with a house", "an orange crescent on a black background"),
    *("three yellow stars on a blue background", "two red hearts", "five white circles on black", "four green trees"),
    *("a glowing blue star", "a neon heart", "the outline of a red house", "a large outlined circle on yellow"),
    *("a house", "a star", "a heart", "a ring", "a cross", "a crescent moon", "a square", "a triangle"),
    *("a red house", "a green tree on white", "a yellow crescent moon", "a purple cross", "white ring on red"),
    *("blue box on yellow", "black star", "orange triangle, blue background", "a landscape", "a landscape at night"),
    *("the ocean", "a desert", "a snowy field with the moon", "a green field with clouds", "winter landscape"),
    *("the sea with clouds", "a desert at night with stars", "a sunset", "a big red heart on the left"),
    *("a tiny white star in the upper right on black", "a little blue house at the bottom on a white background"),
    *("a yellow star to the left of a red heart", "a blue circle below a white square on a red background"),
    *("a green tree and a red house on white", "a black cross right of an orange ring", "two houses on white"),
    *("three purple triangles on a yellow background", "five stars", "a glowing crescent on the left"),
    "a yellow house in the snow with trees and a sun",
    "mountains at sunset",
    "a red ball and a blue box",
)
"""What people type, much of it with little in it."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw 64 everyday prompts, eight to a row, and write the sheet."""
    parser = argparse.ArgumentParser(prog="graphflow_tiny.sheet", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--way", choices=[*WAYS], default="text", help="what the pictures begin with")
    parser.add_argument("--model", type=Path, default=MODEL_ROOTS["checkpoints"] / "graphflow-tiny")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--cfg", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    pictures, texts = WAYS[options.way](load_pipeline(options.model), options.steps, options.cfg, options.seed)
    lay_out(pictures).save(options.out, optimize=True)
    for place, text in enumerate(texts):
        print(f"row {place // COLUMNS + 1}, column {place % COLUMNS + 1}: {text}")


def from_text(pipeline: Any, steps: int, cfg: float, seed: int) -> tuple[list[Picture], list[str]]:
    """Draw what the prompts say and nothing else."""
    return draw(pipeline, EVERYDAY, steps, cfg, seed), [*EVERYDAY]


def from_pictures(pipeline: Any, steps: int, cfg: float, seed: int) -> tuple[list[Picture], list[str]]:
    """Draw the first 32 prompts over pictures of other things at strength 0.6: rows of pictures, and of what became of them."""
    from diffusers import StableDiffusionImg2ImgPipeline

    begun = _renders()
    changed = StableDiffusionImg2ImgPipeline(**pipeline.components, requires_safety_checker=False)
    changed.set_progress_bar_config(disable=True)
    made = changed(
        [*EVERYDAY[: len(begun)]],
        image=[Image.fromarray(picture) for picture in begun],
        strength=0.6,
        num_inference_steps=steps,
        guidance_scale=cfg,
        generator=_noise(seed, len(begun)),
        output_type="np",
    )
    return _in_turn(begun, _bytes(made.images))


def with_holes(pipeline: Any, steps: int, cfg: float, seed: int) -> tuple[list[Picture], list[str]]:
    """Draw the first 32 prompts into a grey hole in the middle of pictures: rows of pictures, and of what became of them."""
    from diffusers import StableDiffusionInpaintPipeline

    begun, hole = _renders(), Image.new("L", (SIDE, SIDE))
    ImageDraw.Draw(hole).rectangle((16, 16, 47, 47), fill=255)
    repainted = StableDiffusionInpaintPipeline(**pipeline.components, requires_safety_checker=False)
    repainted.set_progress_bar_config(disable=True)
    made = repainted(
        [*EVERYDAY[: len(begun)]],
        image=[Image.fromarray(picture) for picture in begun],
        mask_image=[hole] * len(begun),
        height=SIDE,
        width=SIDE,
        num_inference_steps=steps,
        guidance_scale=cfg,
        generator=_noise(seed, len(begun)),
        output_type="np",
    )
    shown = [np.where(np.asarray(hole)[..., None] > 0, np.uint8(128), picture) for picture in begun]
    return _in_turn(shown, _bytes(made.images))


WAYS: Mapping[str, Callable[[Any, int, float, int], tuple[list[Picture], list[str]]]] = {
    "text": from_text,
    "pictures": from_pictures,
    "holes": with_holes,
}


def _renders() -> list[Picture]:
    return [render(make_spec(HELD_OUT_FROM + 7 * number), SIDE) for number in range(len(EVERYDAY) // 2)]


def _noise(seed: int, count: int) -> list[Any]:
    import torch

    return [torch.Generator().manual_seed(seed + place) for place in range(count)]


def _bytes(images: NDArray[np.float32]) -> list[Picture]:
    return [(image * 255).round().astype(np.uint8) for image in images]


def _in_turn(begun: Sequence[Picture], made: Sequence[Picture]) -> tuple[list[Picture], list[str]]:
    """Put a row of what was begun with over a row of what became of it, and so on."""
    pictures, texts = [], []
    for first in range(0, len(begun), COLUMNS):
        places = range(first, min(first + COLUMNS, len(begun)))
        pictures += [begun[place] for place in places] + [made[place] for place in places]
        texts += ["a picture"] * len(places) + [EVERYDAY[place] for place in places]
    return pictures, texts


def lay_out(pictures: Sequence[Picture], columns: int = COLUMNS, scale: int = 2, gap: int = 4) -> Image.Image:
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
