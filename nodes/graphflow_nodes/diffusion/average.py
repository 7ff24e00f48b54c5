"""Weights averaged over the steps of a training, which often draw better than the last ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn


class Ema:
    """Weights averaged over the steps: w <- rate * w + (1 - rate) * new; younger runs average less."""

    def __init__(self, module: nn.Module, rate: float) -> None:
        self.rate = rate
        self.steps = 0
        self.weights = {name: value.detach().clone() for name, value in module.state_dict().items()}

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        """Take one step's weights in."""
        self.steps += 1
        share = 1 - min(self.rate, self.steps / (self.steps + 10))
        names = [name for name, value in self.weights.items() if value.is_floating_point()]
        new = module.state_dict()
        torch._foreach_lerp_([self.weights[name] for name in names], [new[name] for name in names], share)

    def state_dict(self) -> dict[str, Any]:
        """Give what a checkpoint keeps."""
        return {"steps": self.steps, "weights": self.weights}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what a checkpoint kept."""
        self.steps = state["steps"]
        # Copies: the averages change in place, and others may hold what the checkpoint was read into.
        self.weights = {name: value.clone() for name, value in state["weights"].items()}
