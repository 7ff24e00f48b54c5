"""A small tower that sees pictures, for contrastive pairs that are trained on a laptop's CPU."""

from __future__ import annotations

import torch
from torch import Tensor, nn

SIDE = 32  # pixels of the pictures that it sees
FEATURES = 128


class PictureEncoder(nn.Module):
    """Look at a 32 px picture: two strided convolutions, three transformer blocks, mean and maximum pooled."""

    def __init__(self, width: int = 96, patches: int = 64) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, width // 2, 3, stride=2, padding=1),
            nn.GELU(),
            nn.Conv2d(width // 2, width, 3, stride=2, padding=1),
        )
        self.places = nn.Parameter(0.02 * torch.randn(1, patches, width))
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(
                width, 4, dim_feedforward=3 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
            )
            for _ in range(3)
        )
        self.head = nn.Linear(2 * width, FEATURES)

    def forward(self, pictures: Tensor) -> Tensor:
        """Turn (batch, 3, 32, 32) in -1..1 into (batch, 128)."""
        x = self.stem(pictures).flatten(2).transpose(1, 2) + self.places
        for block in self.blocks:
            x = block(x)
        return torch.as_tensor(self.head(torch.cat([x.mean(1), x.amax(1)], dim=1)))


class Towers(nn.Module):
    """The picture's tower, and what brings the text tower's states to the same space."""

    def __init__(self) -> None:
        super().__init__()
        self.picture = PictureEncoder()
        self.words = nn.Linear(FEATURES, FEATURES, bias=False)
