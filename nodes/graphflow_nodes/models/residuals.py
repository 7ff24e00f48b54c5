"""What a ControlNet hands to a network: residuals by the name of their place, and as diffusers' arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import torch
from torch import Tensor

DOWN: Final = "residual down "
MIDDLE: Final = "residual middle"


def named(down: Sequence[Tensor], middle: Tensor) -> dict[str, Tensor]:
    """Give every residual the name of its place: those on the way down, in order, and the one in the middle."""
    return {**{f"{DOWN}{place}": residual for place, residual in enumerate(down)}, MIDDLE: middle}


def is_residual(name: str) -> bool:
    """Say whether an added condition is a residual."""
    return name.startswith(DOWN) or name == MIDDLE


def arguments(added: Mapping[str, Tensor], dtype: torch.dtype) -> dict[str, Tensor | tuple[Tensor, ...]]:
    """Return the residuals among added conditions as a `UNet2DConditionModel` takes them; nothing where there are none."""
    if MIDDLE not in added:
        return {}
    down = [added[f"{DOWN}{place}"].to(dtype) for place in range(sum(name.startswith(DOWN) for name in added))]
    return {
        "down_block_additional_residuals": tuple(down),
        "mid_block_additional_residual": added[MIDDLE].to(dtype),
    }
