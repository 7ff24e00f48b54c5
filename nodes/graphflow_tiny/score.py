"""Score the model on captions it has never seen, beside what could be reached: `python -m graphflow_tiny.score`."""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graphflow_tiny import MODEL_ROOTS
from graphflow_tiny.everyday import everyday_examples
from graphflow_tiny.looking import judge
from graphflow_tiny.training.data import HELD_OUT_FROM, held_out_examples
from graphflow_tiny.world import Caption, Group, Scene, Spec, render

SIDE = 64
GATES = {"background": 97.0, "colour": 92.0, "position": 75.0, "size": 85.0, "scenes": 98.0}
Scores = dict[str, tuple[float, int]]
"""Percent of passed checks and their number, by row."""
ALL = "all checks"
ROWS = (
    *("background", "colour", "position", "size", "kind", "style", "relation", "count", "kind in groups"),
    *("scenes", "time", "ground", "house"),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print, per attribute: the score, the autoencoder's round trip, the true renders, and the gate."""
    options = _parse(arguments)
    pipeline = load_pipeline(options.model)
    if options.lora is not None:
        merge(pipeline, options.lora)
    what, columns = (_everyday if options.everyday else _held_out)(pipeline, options)
    if options.json:
        print(json.dumps(columns))
        return
    print(f"{what}, {options.steps} steps, CFG {options.cfg:g}; percent (checks)")
    gates = {} if options.everyday else GATES
    heads = [f"{name:>{len(name) + 2}}" for name in columns]
    heads[0] = f"{'model':>8}"
    print(f"{'':<16}{''.join(heads)}{'  gate' * bool(gates)}{'checks':>8}")
    for row in (row for row in (*ROWS, ALL) if row in columns["model"]):
        cells = [
            f"{columns[name][row][0]:>{len(head)}.1f}" if row in columns[name] else " " * len(head)
            for name, head in zip(columns, heads, strict=True)
        ]
        gate = f"{gates[row]:>6g}" if row in gates else " " * 6 * bool(gates)
        print(f"{row:<16}{''.join(cells)}{gate}{columns['model'][row][1]:>8}")


def _held_out(pipeline: Any, options: argparse.Namespace) -> tuple[str, dict[str, Scores]]:
    examples = held_out_examples(options.captions, HELD_OUT_FROM + options.start)
    renders = [render(spec, SIDE) for spec, _ in examples]
    columns = {
        "model": score(examples, _draw(pipeline, examples, options)),
        "autoencoder": score(examples, round_trip(pipeline, renders)),
        "renders": score(examples, renders),
    }
    return f"{len(examples)} held-out captions", columns


def _everyday(pipeline: Any, options: argparse.Namespace) -> tuple[str, dict[str, Scores]]:
    """Score prompts that have no true pictures, so no ceilings either."""
    examples = everyday_examples()
    return f"{len(examples)} everyday prompts", {"model": score(examples, _draw(pipeline, examples, options))}


def _draw(
    pipeline: Any, examples: Sequence[tuple[Spec, Caption]], options: argparse.Namespace
) -> list[NDArray[np.uint8]]:
    return draw(pipeline, [caption.text for _, caption in examples], options.steps, options.cfg, options.seed)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="graphflow_tiny.score", description=__doc__)
    parser.add_argument("--captions", type=int, default=400)
    parser.add_argument("--start", type=int, default=0, help="skip so many held-out seeds")
    parser.add_argument("--everyday", action="store_true", help="score prompts in everyday words instead")
    parser.add_argument("--model", type=Path, default=MODEL_ROOTS["checkpoints"] / "graphflow-tiny")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--cfg", type=float, default=4.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--lora", type=Path, help="a LoRA file to draw with")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


def score(examples: Sequence[tuple[Spec, Caption]], pictures: Sequence[NDArray[np.uint8]]) -> Scores:
    """Give, per attribute, the percentage of passed checks and their number; `scenes` is time and ground together.

    The row `all checks` counts each once.
    """
    checks: dict[str, list[bool]] = defaultdict(list)
    for (spec, caption), picture in zip(examples, pictures, strict=True):
        for name, right in judge(spec, caption, picture).items():
            checks["kind in groups" if isinstance(spec, Group) and name == "kind" else name].append(right)
            checks[ALL].append(right)
            if isinstance(spec, Scene) and name in ("time", "ground"):
                checks["scenes"].append(right)
    return {name: (100 * float(np.mean(values)), len(values)) for name, values in checks.items()}


def load_pipeline(folder: Path) -> Any:
    """Load a model folder in an unmodified diffusers pipeline, in single precision, from this disk alone."""
    import torch
    from diffusers import StableDiffusionPipeline

    pipeline = StableDiffusionPipeline.from_pretrained(folder, local_files_only=True).to(torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def merge(pipeline: Any, path: Path) -> None:
    """Add what a LoRA file says to the pipeline's network."""
    from graphflow_nodes.diffusion.low_rank import difference_of
    from graphflow_nodes.models.lora import read_changes

    changes = read_changes(path, text=False)
    for key, layer in pipeline.unet.named_modules():
        if (change := changes.get(f"lora_unet_{key.replace('.', '_')}")) is not None:
            layer.weight.data += difference_of(change, layer.weight.shape)


def draw(
    pipeline: Any, prompts: Sequence[str], steps: int, cfg: float, seed: int, batch: int = 40
) -> list[NDArray[np.uint8]]:
    """Draw one picture per prompt, (64, 64, 3); picture i has the noise of seed + i, whatever its batch."""
    import torch

    pictures: list[NDArray[np.uint8]] = []
    for start in range(0, len(prompts), batch):
        part = list(prompts[start : start + batch])
        noise = [torch.Generator().manual_seed(seed + start + place) for place in range(len(part))]
        out = pipeline(
            part,
            num_inference_steps=steps,
            guidance_scale=cfg,
            generator=noise,
            height=SIDE,
            width=SIDE,
            output_type="np",
        )
        pictures.extend((image * 255).round().astype(np.uint8) for image in out.images)
    return pictures


def round_trip(pipeline: Any, pictures: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.uint8]]:
    """Give the pictures after the autoencoder's encoder and decoder: no diffusion model can score above these."""
    import torch

    out: list[NDArray[np.uint8]] = []
    with torch.no_grad():
        for start in range(0, len(pictures), 32):
            pixels = torch.from_numpy(np.stack(pictures[start : start + 32])).permute(0, 3, 1, 2).float() / 127.5 - 1
            back = pipeline.vae.decode(pipeline.vae.encode(pixels).latent_dist.mean).sample
            out.extend(((back.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy())
    return out


if __name__ == "__main__":
    main()
