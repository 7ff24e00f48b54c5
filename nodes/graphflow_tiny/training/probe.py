"""How much the UNet uses the text, seen in its loss long before it is seen in pictures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from graphflow_nodes.diffusion.training import alpha_bars, q_sample
from graphflow_tiny.training.autoencoder import load_autoencoder
from graphflow_tiny.training.cache import scaling_factor
from graphflow_tiny.training.contrastive import load_text_encoder
from graphflow_tiny.training.data import HELD_OUT_FROM, load_tokenizer, tokenize
from graphflow_tiny.world import COLOURS, KINDS, POSITIONS, SIZES, Single, make_spec, render
from graphflow_tiny.world.facts import far_apart

FACTS = ("background", "colour", "size", "position", "kind")
GAIN_MOMENTS = (900, 650, 450)
PROBE_MOMENT = 700
PICTURES = 64


class Probe:
    """Measure, at fixed pictures, noise and moments: the text gain, and the rise when one fact is falsified."""

    def __init__(self, folder: Path, device: str) -> None:
        from graphflow_tiny.training.unet import make_unet

        count = PICTURES
        self.device, self.unet = device, make_unet().to(device)
        seeds = range(HELD_OUT_FROM, HELD_OUT_FROM + 4 * count)
        singles = [spec for seed in seeds if isinstance(spec := make_spec(seed), Single)][:count]
        tokenizer, encoder = load_tokenizer(folder), load_text_encoder(folder)

        def states(specs: list[Single]) -> Tensor:
            return torch.as_tensor(encoder(tokenize(tokenizer, [_say(spec) for spec in specs])).last_hidden_state)

        self.right = states(singles)
        self.false = {fact: states([_falsified(spec, fact) for spec in singles]) for fact in FACTS}
        vae, scale = load_autoencoder(folder), scaling_factor(folder)
        self.x0 = {}
        for side in (32, 64):
            pixels = torch.from_numpy(np.stack([render(spec, side) for spec in singles])).permute(0, 3, 1, 2)
            with torch.no_grad():
                self.x0[side] = vae.encode(pixels.float() / 127.5 - 1).latent_dist.mean * scale

    @torch.no_grad()
    def __call__(self, weights: dict[str, Tensor], side: int) -> dict[str, float]:
        """Give `gain` and, per fact, the relative rise of the loss when the caption says it falsely."""
        self.unet.load_state_dict(weights)
        right = {t: self._loss(self.right, t, side) for t in (*GAIN_MOMENTS, PROBE_MOMENT)}
        swapped = self.right.roll(1, dims=0)
        gain = sum(self._loss(swapped, t, side) - right[t] for t in GAIN_MOMENTS) / len(GAIN_MOMENTS)
        rises = {
            fact: self._loss(false, PROBE_MOMENT, side) / right[PROBE_MOMENT] - 1 for fact, false in self.false.items()
        }
        return {"gain": gain, "held_out_loss": sum(right.values()) / len(right), **rises}

    def _loss(self, context: Tensor, t: int, side: int) -> float:
        x0 = self.x0[side]
        eps = torch.randn(x0.shape, generator=torch.Generator().manual_seed(t))
        moment = torch.full((len(x0),), t)
        x_t = q_sample(x0, moment, eps, alpha_bars())
        out: Any = self.unet(x_t.to(self.device), t, context[:, :24].to(self.device)).sample
        return float((out.cpu() - eps).square().mean())


def _say(spec: Single) -> str:
    """State all five facts in one fixed form, so that a falsified caption differs in one fact only."""
    place = "in the middle" if spec.position == "centre" else f"at the {spec.position}"
    return f"a {spec.size} {spec.colour} {spec.kind} on a {spec.background} background {place}"


def _falsified(spec: Single, fact: str) -> Single:
    choices = {"kind": KINDS, "colour": COLOURS, "background": COLOURS, "size": SIZES, "position": POSITIONS}[fact]
    names = [name for name in choices if name != getattr(spec, fact)]
    if fact in ("colour", "background"):
        other = spec.background if fact == "colour" else spec.colour
        names = [name for name in names if far_apart(name, other)]
    return replace(spec, **{fact: names[spec.seed % len(names)]})  # type: ignore[arg-type]  # every fact is a str
