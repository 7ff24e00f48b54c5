"""Score the upscaler beside filters on pictures it has never seen: `python -m graphflow_tiny.score_upscaler`."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from graphflow_nodes.models.upscaling import load_upscaler
from graphflow_nodes.resize import resize
from graphflow_tiny import MODEL_ROOTS
from graphflow_tiny.score import load_pipeline
from graphflow_tiny.training.data import HELD_OUT_FROM, SIDE
from graphflow_tiny.training.upscaler import SCALE, shrunk, through_autoencoder
from graphflow_tiny.world import make_spec, render

UPSCALER = MODEL_ROOTS["upscale_models"] / "graphflow-tiny-x4.safetensors"
FILTERS = ("nearest-exact", "bicubic", "lanczos")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print how close each way of enlarging comes to the renders at full size, in dB."""
    parser = argparse.ArgumentParser(prog="graphflow_tiny.score_upscaler", description=__doc__)
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--upscaler", type=Path, default=UPSCALER)
    options = parser.parse_args(arguments)
    columns = {
        name: score(small, large, options.upscaler) for name, (small, large) in held_out_pairs(options.pictures).items()
    }
    print(f"{options.pictures} held-out pictures from {SIDE} to {SCALE * SIDE} px, PSNR in dB")
    print(f"{'':<14}{'shrunk':>9}{'as drawn':>10}")
    for way in (*FILTERS, "the upscaler"):
        print(f"{way:<14}{columns['shrunk'][way]:>9.2f}{columns['drawn'][way]:>10.2f}")


def held_out_pairs(count: int) -> dict[str, tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """Give small pictures and what they should become: `shrunk` ones, and ones as the default model's decoder draws."""
    specs = [make_spec(HELD_OUT_FROM + number) for number in range(count)]
    large = np.stack([render(spec, SCALE * SIDE) for spec in specs])
    drawn = through_autoencoder(_autoencoder(), np.stack([render(spec, SIDE) for spec in specs]))
    return {"shrunk": (shrunk(large), large), "drawn": (drawn, large)}


def score(small: NDArray[np.uint8], large: NDArray[np.uint8], upscaler: Path = UPSCALER) -> dict[str, float]:
    """Give the mean PSNR of each way of enlarging."""
    pictures, wanted = (torch.from_numpy(each).float() / 255 for each in (small, large))
    made = {way: resize(pictures, SCALE * SIDE, SCALE * SIDE, way) for way in FILTERS}
    made["the upscaler"] = load_upscaler(upscaler, torch.device("cpu")).enlarge(pictures)
    return {way: psnr(each, wanted) for way, each in made.items()}


def psnr(pictures: Tensor, wanted: Tensor) -> float:
    """Give the mean over the pictures, (batch, height, width, 3) in 0..1, of -10 log10 of the mean squared error."""
    errors = (pictures - wanted).square().mean(dim=(1, 2, 3)).tolist()
    return sum(-10 * math.log10(error) for error in errors) / len(errors)


def _autoencoder() -> Any:
    return load_pipeline(MODEL_ROOTS["checkpoints"] / "graphflow-tiny").vae.eval()


if __name__ == "__main__":
    main()
