"""Score how drawings follow the edges of pictures never trained on: `python -m graphflow_tiny.following`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graphflow_nodes.models.controlnet import load_controlnet
from graphflow_tiny import MODEL_ROOTS
from graphflow_tiny.score import SIDE, load_pipeline, score
from graphflow_tiny.training.data import HELD_OUT_FROM, held_out_examples
from graphflow_tiny.world import render

Edges = NDArray[np.bool_]
ROWS = ("background", "colour", "position", "size", "kind", "relation", "scenes")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print how the edges of drawings agree with the hint's, and what the captions' facts score with and without it."""
    options = _parse(arguments)
    examples = held_out_examples(options.captions, HELD_OUT_FROM + options.start)
    renders = [render(spec, SIDE) for spec, _ in examples]
    hints = edges_of(renders)
    pipeline = control_pipeline(options.model, options.control)
    nothing, captions = [""] * len(examples), [caption.text for _, caption in examples]
    steps, seed = options.steps, options.seed

    def agree(strength: float) -> float:
        drawn = edges_of(draw(pipeline, nothing, hints, strength=strength, steps=steps, cfg=1.0, seed=seed))
        return float(np.mean([agreement(one, hint) for one, hint in zip(drawn, hints, strict=True) if hint.any()]))

    lines = sum(bool(hint.any()) for hint in hints)
    print(f"{len(examples)} held-out pictures, {lines} of them with edges; {steps} steps")
    print(f"edges, empty prompt (F1, 1 px): {agree(1.0):.3f} with control, {agree(0.0):.3f} without")
    sides = [
        score(examples, draw(pipeline, captions, hints, strength=strength, steps=steps, cfg=options.cfg, seed=seed))
        for strength in (1.0, 0.0)
    ]
    print(f"{'':<12}{'caption and edges':>18}{'caption alone':>15}{'checks':>8}")
    for row in (row for row in ROWS if row in sides[0]):
        print(f"{row:<12}{sides[0][row][0]:>18.1f}{sides[1][row][0]:>15.1f}{sides[0][row][1]:>8}")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="graphflow_tiny.following", description=__doc__)
    parser.add_argument("--captions", type=int, default=200)
    parser.add_argument("--start", type=int, default=0, help="skip so many held-out seeds")
    parser.add_argument("--model", type=Path, default=MODEL_ROOTS["checkpoints"] / "graphflow-tiny")
    parser.add_argument("--control", type=Path, default=MODEL_ROOTS["controlnet"] / "graphflow-tiny-edges")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--cfg", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(arguments)


def edges_of(pictures: Sequence[NDArray[np.uint8]]) -> list[Edges]:
    """Find the edges of pictures (height, width, 3) as the ControlNet was trained on them."""
    import torch

    from graphflow_tiny.training.control import hints

    found = hints(torch.from_numpy(np.stack(pictures)).float() / 255)
    return [np.asarray(edges) for edges in found[:, 0].bool().numpy()]


def agreement(one: Edges, other: Edges) -> float:
    """Return F1 of two drawings of lines: the harmonic mean of what share of each lies within 1 px of the other."""
    if not one.any() or not other.any():
        return float(one.any() == other.any())
    precision, recall = float((one & _near(other)).sum() / one.sum()), float((other & _near(one)).sum() / other.sum())
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _near(edges: Edges) -> Edges:
    """Mark what lies within a step, straight or across, of an edge."""
    wide = np.pad(edges, 1)
    height, width = edges.shape
    return np.asarray(
        np.any([wide[y : y + height, x : x + width] for y in range(3) for x in range(3)], axis=0), dtype=np.bool_
    )


def control_pipeline(model: Path, control: Path) -> Any:
    """Load the model and its ControlNet in an unmodified diffusers pipeline, in single precision, from this disk alone."""
    import torch
    from diffusers import StableDiffusionControlNetPipeline

    net = load_controlnet(control, torch.device("cpu"), torch.float32)
    made = StableDiffusionControlNetPipeline(
        **load_pipeline(model).components, controlnet=net, requires_safety_checker=False
    )
    made.set_progress_bar_config(disable=True)
    return made


def draw(
    pipeline: Any,
    prompts: Sequence[str],
    hints: Sequence[Edges],
    *,
    strength: float,
    steps: int,
    cfg: float,
    seed: int,
    batch: int = 40,
) -> list[NDArray[np.uint8]]:
    """Draw one picture per prompt and hint, (64, 64, 3); picture i has the noise of seed + i, whatever its batch."""
    import torch

    pictures: list[NDArray[np.uint8]] = []
    for start in range(0, len(prompts), batch):
        part = list(prompts[start : start + batch])
        image = torch.from_numpy(np.stack(hints[start : start + batch])).float()[:, None].expand(-1, 3, -1, -1)
        out = pipeline(
            part,
            image=image,
            controlnet_conditioning_scale=strength,
            num_inference_steps=steps,
            guidance_scale=cfg,
            generator=[torch.Generator().manual_seed(seed + start + place) for place in range(len(part))],
            height=SIDE,
            width=SIDE,
            output_type="np",
        )
        pictures.extend((image * 255).round().astype(np.uint8) for image in out.images)
    return pictures


if __name__ == "__main__":
    main()
