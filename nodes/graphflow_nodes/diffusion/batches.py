"""Batches of one length."""

from __future__ import annotations

from torch import Tensor


def repeat_to(tensor: Tensor, batch: int) -> Tensor:
    """Bring (n, ...) to a batch: from the first again when it is shorter, cut when it is longer."""
    if len(tensor) < batch:
        tensor = tensor.repeat(-(-batch // len(tensor)), *[1] * (tensor.dim() - 1))
    return tensor[:batch]
