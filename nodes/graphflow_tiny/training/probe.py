"""How much the UNet uses the text, seen in its loss long before it is seen in pictures."""

from __future__ import annotations

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
from graphflow_tiny.world import Single, falsified, make_spec, render

FACTS = ("background", "colour", "size", "position", "kind")
GAIN_MOMENTS = (900, 650, 450)
PROBE_MOMENT = 700
PICTURES = 64


class Probe:
    """Measure, at fixed pictures, noise and moments: the text gain, and the rise when one fact is falsified."""

    def __init__(self, folder: Path, device: str, unet: Any = None) -> None:
        from graphflow_tiny.training.unet import make_unet

        count = PICTURES
        self.device, self.unet = device, (make_unet() if unet is None else unet).to(device)
        seeds = range(HELD_OUT_FROM, HELD_OUT_FROM + 6 * count)
        singles = [spec for seed in seeds if isinstance(spec := make_spec(seed), Single) and spec.style == "flat"][
            :count
        ]
        self.singles, self.tokenizer = singles, load_tokenizer(folder)
        self.say_with(load_text_encoder(folder))
        vae, scale = load_autoencoder(folder), scaling_factor(folder)
        self.x0 = {}
        for shape in (SMALL, NATIVE):
            pixels = torch.from_numpy(np.stack([render(spec, *shape) for spec in singles])).permute(0, 3, 1, 2)
            with torch.no_grad():
                self.x0[shape] = vae.encode(pixels.float() / 127.5 - 1).latent_dist.mean * scale

    @torch.no_grad()
    def say_with(self, encoder: Any) -> None:
        """Take the captions' states, the right ones and the false, from this text encoder."""

        def states(specs: list[Single]) -> Tensor:
            return torch.as_tensor(encoder(tokenize(self.tokenizer, [_say(spec) for spec in specs])).last_hidden_state)

        self.right = states(self.singles)
        self.false = {
            fact: states(
                [spec for each in self.singles if isinstance(spec := falsified(each, fact, Random(each.seed)), Single)]
            )
            for fact in FACTS
        }

    @torch.no_grad()
    def __call__(self, weights: dict[str, Tensor], shape: Shape) -> dict[str, float]:
        """Give `gain` and, per fact, the relative rise of the loss when the caption says it falsely."""
        self.unet.load_state_dict(weights)
        right = {t: self._loss(self.right, t, shape) for t in (*GAIN_MOMENTS, PROBE_MOMENT)}
        swapped = self.right.roll(1, dims=0)
        gain = sum(self._loss(swapped, t, shape) - right[t] for t in GAIN_MOMENTS) / len(GAIN_MOMENTS)
        rises = {
            fact: self._loss(false, PROBE_MOMENT, shape) / right[PROBE_MOMENT] - 1 for fact, false in self.false.items()
        }
        return {"gain": gain, "held_out_loss": sum(right.values()) / len(right), **rises}

    def _loss(self, context: Tensor, t: int, shape: Shape) -> float:
        x0 = self.x0[shape]
        eps = torch.randn(x0.shape, generator=torch.Generator().manual_seed(t))
        moment = torch.full((len(x0),), t)
        x_t = q_sample(x0, moment, eps, alpha_bars())
        out: Any = self.unet(x_t.to(self.device), t, context[:, :24].to(self.device)).sample
        return float((out.cpu() - eps).square().mean())


def _say(spec: Single) -> str:
    """State all five facts in one fixed form, so that a falsified caption differs in one fact only."""
    place = "in the middle" if spec.position == "centre" else f"at the {spec.position}"
    return f"a {spec.size} {spec.colour} {spec.kind} on a {spec.background} background {place}"
