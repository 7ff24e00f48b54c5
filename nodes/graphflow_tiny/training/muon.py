"""Muon: gradient descent whose steps change every direction of a matrix alike (Jordan et al. 2024)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

MOMENTUM = 0.95
QUINTIC = (3.4445, -4.775, 2.0315)
"""Coefficients of the iteration a X + b (X X^T) X + c (X X^T)^2 X, which drives singular values towards 1."""


class Muon(torch.optim.Optimizer):
    """Momentum whose matrix is made orthogonal before it is taken as the step; for matrices and kernels only.

    A kernel (out, in, h, w) counts as the matrix (out, in h w). torch's own Muon takes matrices alone, and computes in
    bfloat16, for which most processors have no instructions.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], rate: float, decay: float = 1e-3) -> None:
        super().__init__(parameters, {"lr": rate, "weight_decay": decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]  # no closure is called
        """Take one step along the gradients that are there."""
        for group in self.param_groups:
            weights = [weight for weight in group["params"] if weight.grad is not None]
            for alike in _by_shape(weights):
                self._step(alike, group["lr"], group["weight_decay"])

    def _step(self, weights: list[Tensor], rate: float, decay: float) -> None:
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        momenta = [self.state[weight].setdefault("momentum", torch.zeros_like(weight)) for weight in weights]
        torch._foreach_lerp_(momenta, gradients, 1 - MOMENTUM)
        ahead = torch.stack(torch._foreach_lerp(gradients, momenta, MOMENTUM)).flatten(2)
        # A step as large as AdamW's usual one, so that both take rates of one order: Liu et al. 2025, equation 4.
        size = 0.2 * max(ahead.shape[1:]) ** 0.5 * rate
        torch._foreach_mul_(weights, 1 - rate * decay)
        steps = orthogonal(ahead).view(len(weights), *weights[0].shape)
        torch._foreach_sub_(weights, list(steps), alpha=size)


def _by_shape(weights: Iterable[Tensor]) -> Iterable[list[Tensor]]:
    alike: dict[torch.Size, list[Tensor]] = {}
    for weight in weights:
        alike.setdefault(weight.shape, []).append(weight)
    return alike.values()


def orthogonal(matrices: Tensor, steps: int = 5) -> Tensor:
    """Give nearly U V^T of each matrix's U S V^T, its singular values between 0.7 and 1.2, by Newton-Schulz steps.

    `matrices`: (count, rows, columns). Each step multiplies X by a polynomial of X X^T from the left, and so the
    polynomials alone are multiplied, which are as small as the shorter side, and X once at the end.
    """
    a, b, c = QUINTIC
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = x / (x.flatten(1).norm(dim=1)[:, None, None] + 1e-7)
    square = x @ x.mT
    one = product = torch.eye(x.shape[1], dtype=x.dtype, device=x.device).expand_as(square)
    for _ in range(steps):
        polynomial = a * one + torch.baddbmm(square, square, square, beta=b, alpha=c)
        product = polynomial @ product
        square = polynomial @ square @ polynomial
    out: Tensor = product @ x
    return out.mT if tall else out


class Both:
    """Muon for the inner matrices and kernels, AdamW for the rest: norms, biases, the first and last layer."""

    def __init__(self, module: nn.Module, rate: float) -> None:
        inner = [value for name, value in module.named_parameters() if _is_inner(name, value)]
        rest = [value for name, value in module.named_parameters() if not _is_inner(name, value)]
        self.parts = (
            Muon(inner, rate),
            torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.99), weight_decay=1e-3, fused=True),
        )

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The groups of both."""
        return [group for part in self.parts for group in part.param_groups]

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients."""
        for part in self.parts:
            part.zero_grad(set_to_none=set_to_none)

    def step(self) -> None:
        """Take one step of each."""
        for part in self.parts:
            part.step()

    def state_dict(self) -> dict[str, Any]:
        """Give what a checkpoint keeps."""
        return {"parts": [part.state_dict() for part in self.parts]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what a checkpoint kept."""
        for part, kept in zip(self.parts, state["parts"], strict=True):
            part.load_state_dict(kept)


def _is_inner(name: str, value: Tensor) -> bool:
    return value.ndim >= 2 and not name.startswith(("conv_in.", "conv_out.", "time_embedding."))
