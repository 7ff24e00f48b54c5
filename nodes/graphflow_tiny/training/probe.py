"""How much the UNet uses the text, seen in its loss long before it is seen in pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from torch import Tensor

from graphflow_nodes.diffusion.training import alpha_bars, q_sample
from graphflow_tiny.training.autoencoder import load_autoencoder
from graphflow_tiny.training.cache import NATIVE, SMALL, Shape, scaling_factor
from graphflow_tiny.training.contrastive import load_text_encoder
from graphflow_tiny.training.data import HELD_OUT_FROM, load_tokenizer, tokenize
from graphflow_tiny.world import Pair, Single, Spec, falsified, make_spec, render

FACTS = ("background", "colour", "size", "position", "kind")
RELATION = "relation"
GAIN_MOMENTS = (900, 650, 450)
PROBE_MOMENT = 700
PICTURES = 64


class Probe:
    """Measure, at fixed pictures, noise and moments: the text gain, and the rise when one fact is falsified.

    The facts are those of single things, and of pairs how they stand, whose falsified caption has the same words.
    """

    def __init__(self, folder: Path, device: str, unet: Any = None) -> None:
        from graphflow_tiny.training.unet import make_unet

        self.device, self.unet = device, (make_unet() if unet is None else unet).to(device)
        specs = [make_spec(seed) for seed in range(HELD_OUT_FROM, HELD_OUT_FROM + 6 * PICTURES)]
        self.singles = [spec for spec in specs if isinstance(spec, Single) and spec.style == "flat"][:PICTURES]
        self.pairs = [spec for spec in specs if isinstance(spec, Pair)][:PICTURES]
        self.tokenizer = load_tokenizer(folder)
        self.say_with(load_text_encoder(folder))
        vae, scale = load_autoencoder(folder), scaling_factor(folder)
        shapes = (SMALL, NATIVE)
        self.singles_x0, self.pairs_x0 = (
            {shape: _encoded(vae, drawn, shape) * scale for shape in shapes} for drawn in (self.singles, self.pairs)
        )

    @torch.no_grad()
    def say_with(self, encoder: Any) -> None:
        """Take the captions' states, the right ones and the false, from this text encoder."""

        def states(specs: Sequence[Spec]) -> Tensor:
            return torch.as_tensor(encoder(tokenize(self.tokenizer, [_say(spec) for spec in specs])).last_hidden_state)

        def false(specs: Sequence[Spec], fact: str) -> Tensor:
            return states([falsified(spec, fact, Random(spec.seed)) for spec in specs])

        self.right, self.right_pairs = states(self.singles), states(self.pairs)
        self.false = {fact: false(self.singles, fact) for fact in FACTS}
        self.false_pairs = false(self.pairs, RELATION)

    @torch.no_grad()
    def __call__(self, weights: dict[str, Tensor], shape: Shape) -> dict[str, float]:
        """Give `gain` and, per fact, the relative rise of the loss when the caption says it falsely."""
        self.unet.load_state_dict(weights)
        x0, pairs_x0 = self.singles_x0[shape], self.pairs_x0[shape]
        right = {t: self._loss(x0, self.right, t) for t in (*GAIN_MOMENTS, PROBE_MOMENT)}
        swapped = self.right.roll(1, dims=0)
        gain = sum(self._loss(x0, swapped, t) - right[t] for t in GAIN_MOMENTS) / len(GAIN_MOMENTS)
        rises = {
            fact: self._loss(x0, false, PROBE_MOMENT) / right[PROBE_MOMENT] - 1 for fact, false in self.false.items()
        }
        right_pairs, false_pairs = (
            self._loss(pairs_x0, said, PROBE_MOMENT) for said in (self.right_pairs, self.false_pairs)
        )
        rises[RELATION] = false_pairs / right_pairs - 1
        return {"gain": gain, "held_out_loss": sum(right.values()) / len(right), **rises}

    def _loss(self, x0: Tensor, context: Tensor, t: int) -> float:
        eps = torch.randn(x0.shape, generator=torch.Generator().manual_seed(t))
        moment = torch.full((len(x0),), t)
        x_t = q_sample(x0, moment, eps, alpha_bars())
        out: Any = self.unet(x_t.to(self.device), t, context[:, :24].to(self.device)).sample
        return float((out.cpu() - eps).square().mean())


@torch.no_grad()
def _encoded(vae: Any, specs: Sequence[Spec], shape: Shape) -> Tensor:
    pixels = torch.from_numpy(np.stack([render(spec, *shape) for spec in specs])).permute(0, 3, 1, 2)
    return torch.as_tensor(vae.encode(pixels.float() / 127.5 - 1).latent_dist.mean)


def _say(spec: Spec) -> str:
    """State all facts in one fixed form, so that a falsified caption differs in one fact only."""
    if isinstance(spec, Pair):
        other = f"a {spec.other_colour} {spec.other_kind}"
        return f"a {spec.colour} {spec.kind} {spec.relation} {other} on a {spec.background} background"
    if not isinstance(spec, Single):
        raise TypeError(f"there is no probe for {type(spec).__name__}")
    place = "in the middle" if spec.position == "centre" else f"at the {spec.position}"
    return f"a {spec.size} {spec.colour} {spec.kind} on a {spec.background} background {place}"
