"""Score the previewer beside the model's own decoder: `python -m graphflow_tiny.score_previewer`."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from graphflow_nodes.models.parts import Autoencoder, Space
from graphflow_nodes.models.tiny import load_tiny
from graphflow_nodes.previews import fit_colours
from graphflow_tiny import MODEL_ROOTS
from graphflow_tiny.score import load_pipeline
from graphflow_tiny.score_upscaler import psnr
from graphflow_tiny.training.data import HELD_OUT_FROM, SIDE, training_caption
from graphflow_tiny.world import make_spec, render

PREVIEWER = MODEL_ROOTS["vae_approx"] / "graphflow-tiny-preview"
MOMENT = 700
"""Of 1,000: an estimate from here is a blurred guess, as in the first third of a run."""

Draw = Callable[[Tensor], Tensor]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print how close each way of drawing a latent comes to the render and to the model's own decoder, in dB."""
    parser = argparse.ArgumentParser(prog="graphflow_tiny.score_previewer", description=__doc__)
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--previewer", type=Path, default=PREVIEWER)
    options = parser.parse_args(arguments)
    scores = score(options.pictures, options.previewer)
    print(f"{options.pictures} held-out pictures of {SIDE} px, PSNR in dB; ms of processor time")
    print(f"{'':<18}{'to the render':>15}{'to the own':>12}{'unfinished':>12}{'ms, 64 px':>11}{'ms, 256 px':>12}")
    for way, row in scores.items():
        print(f"{way:<18}{row[0]:>15.2f}{row[1]:>12.2f}{row[2]:>12.2f}{row[3]:>11.1f}{row[4]:>12.1f}")


@torch.no_grad()
def score(count: int, previewer: Path = PREVIEWER) -> dict[str, tuple[float, ...]]:
    """Give for each way of drawing: the mean PSNR to the renders and to the own decoder, the same of unfinished ones, times."""
    pipeline, specs = _pipeline(), [make_spec(HELD_OUT_FROM + number) for number in range(count)]
    renders = torch.from_numpy(np.stack([render(spec, SIDE) for spec in specs])).float() / 255
    ways, own = ways_to_draw(pipeline, previewer)
    latents = own.encode(renders)
    unfinished = estimates(pipeline, latents, [training_caption(spec, 0).text for spec in specs])
    drawn, guessed = own.decode(latents), own.decode(unfinished)
    return {way: _row(draw, latents, renders, drawn, unfinished, guessed) for way, draw in ways.items()}


def _row(
    draw: Draw, latents: Tensor, renders: Tensor, drawn: Tensor, unfinished: Tensor, guessed: Tensor
) -> tuple[float, ...]:
    made, sketched = draw(latents), draw(unfinished)
    own = torch.equal(made, drawn)
    beside = (math.inf, math.inf) if own else (psnr(made, drawn), psnr(sketched, guessed))
    return psnr(made, renders), *beside, *(_milliseconds(draw, cells) for cells in (16, 64))


def ways_to_draw(pipeline: Any, previewer: Path = PREVIEWER) -> tuple[Mapping[str, Draw], Autoencoder]:
    """Give what draws latents that are in the autoencoder's own scale, and that autoencoder."""
    own = Autoencoder(pipeline.vae.eval(), torch.device("cpu"), Space(4, 4, pipeline.vae.config.scaling_factor))
    colours = fit_colours(own.encode)

    def linear(latents: Tensor) -> Tensor:
        cells = torch.einsum("bchw,ck->bhwk", latents, colours[:-1]) + colours[-1]
        return cells.clamp(0, 1).repeat_interleave(4, 1).repeat_interleave(4, 2)

    tiny = load_tiny(previewer, torch.device("cpu"))
    return {"the linear map": linear, "the previewer": tiny.decode, "the own decoder": own.decode}, own


def estimates(pipeline: Any, latents: Tensor, captions: list[str]) -> Tensor:
    """Noise latents to one moment and let the model guess what they were."""
    scale, noise = pipeline.vae.config.scaling_factor, torch.Generator().manual_seed(0)
    kept = pipeline.scheduler.alphas_cumprod[MOMENT]
    eps = torch.randn(latents.shape, generator=noise)
    x = kept.sqrt() * latents * scale + (1 - kept).sqrt() * eps
    tokens = pipeline.tokenizer(captions, padding="max_length", max_length=77, truncation=True, return_tensors="pt")
    context = pipeline.text_encoder(tokens.input_ids).last_hidden_state
    found = torch.cat(
        [pipeline.unet(*part, return_dict=False)[0] for part in _parts(x, context)],
    )
    guess: Tensor = (x - (1 - kept).sqrt() * found) / kept.sqrt() / scale
    return guess


def _parts(x: Tensor, context: Tensor) -> list[tuple[Tensor, int, Tensor]]:
    return [(x[start : start + 50], MOMENT, context[start : start + 50]) for start in range(0, len(x), 50)]


def _milliseconds(draw: Draw, cells: int) -> float:
    """Give the least time of a processor that drawing one picture takes, of several: other work does not count."""
    latents, times = torch.zeros(1, 4, cells, cells), []
    for _ in range(7):
        began = time.process_time()
        draw(latents)
        times.append(time.process_time() - began)
    return 1000 * min(times)


def _pipeline() -> Any:
    return load_pipeline(MODEL_ROOTS["checkpoints"] / "graphflow-tiny")


if __name__ == "__main__":
    main()
