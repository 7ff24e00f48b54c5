"""Compare recipes by short runs of equal processor time: `python -m graphflow_tiny.recipes --work .train`."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from graphflow_nodes.diffusion.average import Ema
from graphflow_nodes.diffusion.training import epsilon_loss
from graphflow_tiny.training.cache import NATIVE, SMALL, Shape, load_cache
from graphflow_tiny.training.contrastive import SHORT, load_text_encoder, make_text_encoder
from graphflow_tiny.training.data import TrainingSet, load_tokenizer, load_training_set, tokenize
from graphflow_tiny.training.loop import averaged, generator, learning_rate, set_learning_rate
from graphflow_tiny.training.muon import Both
from graphflow_tiny.training.probe import Probe
from graphflow_tiny.training.unet import DROPPED, WIDTHS, Batch, Phase, draw_batch, make_unet

TUNED = 0.3
"""The rate of a trained text encoder that is tuned on, as a share of the network's."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one run differs from the others; what is not said is as the first 11,000 steps were trained."""

    optimizer: Literal["adamw", "muon"] = "adamw"
    rate: float = 2e-3
    gamma: float = 0.2
    text: Literal["frozen", "tuned", "joint"] = "frozen"
    shape: Shape = SMALL
    batch: int = 64
    widths: tuple[int, ...] = WIDTHS
    layers: int = 1
    goes_on: bool = False
    """From the work folder's UNet instead of from nothing."""


RECIPES: Mapping[str, Recipe] = {
    "adamw": Recipe(),
    "adamw, rate 4e-3": Recipe(rate=4e-3),
    "muon": Recipe("muon"),
    "muon, rate 6e-3": Recipe("muon", rate=6e-3),
    "gamma 1": Recipe(gamma=1.0),
    "gamma 5": Recipe(gamma=5.0),
    "text tuned": Recipe(text="tuned"),
    "text from nothing": Recipe(text="joint"),
    "wide": Recipe(widths=(48, 96, 144)),
    "deep": Recipe(layers=2),
    "goes on, adamw": Recipe(rate=1e-3, gamma=1.0, shape=NATIVE, batch=32, goes_on=True),
    "goes on, muon": Recipe("muon", rate=1e-3, gamma=1.0, shape=NATIVE, batch=32, goes_on=True),
    "goes on, muon, rate 2e-3": Recipe("muon", rate=2e-3, gamma=1.0, shape=NATIVE, batch=32, goes_on=True),
}


class Run:
    """One training by one recipe, in one thread."""

    def __init__(self, recipe: Recipe, work: Path) -> None:
        torch.manual_seed(0)
        self.recipe, self.data = recipe, load_training_set(work)
        self.cache = load_cache(work, self.data.tokens)
        self.unet = make_unet(widths=recipe.widths, layers=recipe.layers)
        if recipe.goes_on:
            self.unet.load_state_dict(averaged(work / "unet.pt"))
        self.encoder = _encoder(recipe, work)
        self.nothing = tokenize(load_tokenizer(work), [""])[0, :SHORT]
        self.parts: list[tuple[Any, float]] = [(_optimizer(recipe, self.unet), 1.0)]
        self.averages = [(self.unet, Ema(self.unet, 0.998))]
        if self.encoder is not None:
            share = TUNED if recipe.text == "tuned" else 1.0
            self.parts.append((_adamw(self.encoder, recipe.rate * share), share))
            self.averages.append((self.encoder, Ema(self.encoder, 0.998)))

    def step(self, number: int, share: float) -> None:
        """Take step `number` at this share of the time."""
        for optimizer, part in self.parts:
            warm = min(1.0, (number + 1) / 60)
            rate = learning_rate(round(1000 * share), 1000, self.recipe.rate, warm_up=1)
            set_learning_rate(optimizer, part * warm * rate)
            optimizer.zero_grad(set_to_none=True)
        phase = Phase(self.recipe.shape, self.recipe.batch, self.recipe.gamma, SHORT)
        random = generator("recipes", 0, number)
        batch = draw_batch(self.cache, self.data, phase, random)
        answer = self.unet(batch.x_t, batch.t, self._text(batch, self.data, random)).sample
        epsilon_loss(answer, batch.eps, batch.weight).backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        for module, _ in self.averages:
            torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        for optimizer, _ in self.parts:
            optimizer.step()
        for module, average in self.averages:
            average.update(module)

    def _text(self, batch: Batch, data: TrainingSet, random: torch.Generator) -> Tensor:
        if self.encoder is None:
            return batch.c
        tokens = data.tokens[data.draw_captions(batch.pictures, random), :SHORT]
        tokens[torch.rand(len(tokens), generator=random) < DROPPED] = self.nothing
        return torch.as_tensor(self.encoder(tokens).last_hidden_state)

    def look(self, work: Path) -> dict[str, float]:
        """Probe the averaged weights."""
        probe = Probe(work, "cpu", self.unet)
        if self.encoder is not None:
            self.encoder.load_state_dict(self.averages[1][1].weights)
            probe.say_with(self.encoder.eval())
        return probe(self.averages[0][1].weights, self.recipe.shape)


def _encoder(recipe: Recipe, work: Path) -> Any:
    """Give a text encoder to train along, or None where the finished one stays as it is."""
    if recipe.text == "frozen":
        return None
    encoder = load_text_encoder(work) if recipe.text == "tuned" else make_text_encoder(len(load_tokenizer(work)))
    return encoder.train().requires_grad_(True)


def _optimizer(recipe: Recipe, unet: Any) -> Any:
    return Both(unet, recipe.rate) if recipe.optimizer == "muon" else _adamw(unet, recipe.rate)


def _adamw(module: Any, rate: float) -> torch.optim.Optimizer:
    return torch.optim.AdamW(module.parameters(), lr=rate, betas=(0.9, 0.99), weight_decay=1e-3, fused=True)


def compare(name: str, work: Path, seconds: float) -> dict[str, float | int | str]:
    """Train by one recipe for so many seconds of processor time, and say what it has learnt."""
    run, step = Run(RECIPES[name], work), 0
    began = time.process_time()
    while (share := (time.process_time() - began) / seconds) < 1:
        run.step(step, share)
        step += 1
    return {"recipe": name, "steps": step, **{fact: round(value, 4) for fact, value in run.look(work).items()}}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one line of JSON for each recipe that the command line names, or for all."""
    parser = argparse.ArgumentParser(prog="graphflow_tiny.recipes", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="RECIPE", help="; ".join(RECIPES))
    parser.add_argument("--work", type=Path, default=Path(".train"))
    parser.add_argument("--seconds", type=float, default=240)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    for name in options.names or RECIPES:
        if name not in RECIPES:
            parser.error(f"no recipe is called {name!r}; there are {'; '.join(RECIPES)}")
        print(json.dumps(compare(name, options.work, options.seconds)), flush=True)


if __name__ == "__main__":
    main()
