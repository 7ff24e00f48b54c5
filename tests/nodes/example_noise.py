from __future__ import annotations

import torch
from torch import Tensor

from graphflow_nodes.values import Image


def noise(batch: int, height: int, width: int, channels: int = 3, seed: int = 3) -> Tensor:
    return torch.rand(batch, height, width, channels, generator=torch.Generator().manual_seed(seed))


def pictures(batch: int, height: int, width: int, channels: int = 3, seed: int = 3) -> Image:
    return Image(noise(batch, height, width, channels, seed))
