"""A LoRA that draws in four steps without guidance what the model draws in twenty with it.

The model's own way from noise to picture is cut into four stretches, and for each the network learns the straight
line from its begin to its end: the distillation of Salimans & Ho 2022 with five of the teacher's steps for one of the
student's, and with its guidance folded in as by Meng et al. 2023, section 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from graphflow_nodes.diffusion.training import alpha_bars
from graphflow_tiny.score import load_pipeline
from graphflow_tiny.training.data import tokenize, training_caption
from graphflow_tiny.training.loop import Log, generator, load_checkpoint, save_atomic
from graphflow_tiny.training.lora import is_taught, teach, weights_of
from graphflow_tiny.training.processes import run_processes
from graphflow_tiny.world import make_spec

NAME = "4steps"
STEPS, INNER = 4, 5
"""Steps of the student, and the teacher's steps in each."""
CFG = 3.0
RANK = 16
WAYS = 1_500
BATCH = 32
PART = 32
"""Pictures that the teacher draws at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """Where the teacher stood: at each of the student's moments and at the end, (n, 5, 4, 16, 16) in sigma's scale,
    and the states of the captions, (n, 77, 128)."""

    places: Tensor
    states: Tensor


def schedule(steps: int) -> tuple[Tensor, Tensor]:
    """Give the moments t, evenly from the last down, and their sigmas with 0 behind them: (steps,), (steps + 1,)."""
    t = torch.linspace(999, -1, steps + 1)[:-1].round().long()
    alpha_bar = alpha_bars()[t]
    return t, torch.cat([((1 - alpha_bar) / alpha_bar).sqrt(), torch.zeros(1)])


@torch.no_grad()
def walk(unet: Any, x: Tensor, c: Tensor, nothing: Tensor, steps: int, cfg: float) -> list[Tensor]:
    """Go from noise to latents by Euler's method; return every place on the way, the first and the last included.

    `x`: (batch, 4, height, width) with variance sigma^2 + that of the latents; `c`, `nothing`: (batch, 77, 128).
    """
    places = [x]
    times, sigmas = schedule(steps)
    for t, sigma, after in zip(times, sigmas, sigmas[1:], strict=False):
        seen = x / (sigma**2 + 1).sqrt()
        eps = unet(seen, t, c).sample
        if cfg != 1:
            eps = eps + (cfg - 1) * (eps - unet(seen, t, nothing).sample)
        x = x + (after - sigma) * eps
        places.append(x)
    return places


def make_ways(model: Path, folder: Path, *, count: int, processes: int) -> Ways:
    """Let the finished model draw `count` training captions, once for the weights that it has."""
    path, weights = folder / "ways.pt", weights_of(model)
    if (load_checkpoint(path) or {}).get("weights") != weights:
        run_processes(_walk_share, processes, (model, folder, count, processes))
        parts = [load_checkpoint(folder / f"ways{rank}.pt") or {} for rank in range(processes)]
        whole = {name: torch.cat([part[name] for part in parts]) for name in ("places", "states")}
        save_atomic({"weights": weights, **whole}, path)
        for rank in range(processes):
            (folder / f"ways{rank}.pt").unlink()
    kept = load_checkpoint(path) or {}
    return Ways(kept["places"], kept["states"])


def _walk_share(rank: int, model: Path, folder: Path, count: int, processes: int) -> None:
    torch.set_num_threads(1)
    pipeline = load_pipeline(model)
    nothing = _states(pipeline, [""])
    places, states = [], []
    for start in range(PART * rank, count, PART * processes):
        numbers = range(start, min(start + PART, count))
        c = _states(pipeline, [training_caption(make_spec(number), 0).text for number in numbers])
        noise = torch.randn(len(c), 4, 16, 16, generator=generator("ways", 0, start))
        begin = noise * (schedule(STEPS)[1][0] ** 2 + 1).sqrt()
        way = walk(pipeline.unet, begin, c, nothing.expand_as(c), STEPS * INNER, CFG)
        places.append(torch.stack(way[::INNER], dim=1).half())
        states.append(c.half())
    save_atomic({"places": torch.cat(places), "states": torch.cat(states)}, folder / f"ways{rank}.pt")


@torch.no_grad()
def _states(pipeline: Any, texts: list[str]) -> Tensor:
    return torch.as_tensor(pipeline.text_encoder(tokenize(pipeline.tokenizer, texts)).last_hidden_state)


def stretch_loss(unet: Any, ways: Ways, random: torch.Generator) -> Tensor:
    """Compare the noise that is named at a stretch's begin with the slope of the line to its end."""
    index = torch.randint(len(ways.places), (BATCH,), generator=random)
    stretch = torch.randint(STEPS, (BATCH,), generator=random)
    times, sigmas = schedule(STEPS)
    sigma, after = (at[stretch][:, None, None, None] for at in (sigmas[:-1], sigmas[1:]))
    begin, end = ways.places[index, stretch].float(), ways.places[index, stretch + 1].float()
    answer = unet(begin / (sigma**2 + 1).sqrt(), times[stretch], ways.states[index].float()).sample
    loss: Tensor = (answer - (end - begin) / (after - sigma)).square().mean()
    return loss


def train_few(model: Path, folder: Path, out: Path, *, steps: int, processes: int, log: Log) -> None:
    """Write `graphflow-tiny-4steps.safetensors`, unless it was taught to these very weights."""
    if is_taught(out, NAME, model):
        return
    ways, unet = make_ways(model, folder, count=WAYS, processes=processes), load_pipeline(model).unet

    def loss_of(step: int) -> Tensor:
        return stretch_loss(unet, ways, generator("few", 0, step))

    teach(NAME, model, unet, loss_of, out, rank=RANK, steps=steps, log=log)
