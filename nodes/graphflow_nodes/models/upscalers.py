"""Networks that make pictures larger, with the names of tensors that their files have."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu, pad, pixel_shuffle, pixel_unshuffle

SLOPE: Final = 0.2  # of ESRGAN's leaky ReLUs
RESIDUAL: Final = 0.2  # how much of what a block found is added to what came in


class CompactNet(nn.Module):
    """Convolutions at the small size, then each pixel becomes a square, added to the enlarged picture.

    SRVGGNetCompact of Real-ESRGAN (Wang et al. 2021): `blocks` convolutions between the first and the last.
    """

    def __init__(self, features: int, blocks: int, scale: int) -> None:
        super().__init__()
        self.scale = scale
        self.body = nn.ModuleList([_conv(3, features), nn.PReLU(features)])
        for _ in range(blocks):
            self.body.extend([_conv(features, features), nn.PReLU(features)])
        self.body.append(_conv(features, 3 * scale**2))

    def forward(self, pictures: Tensor) -> Tensor:
        """Turn (batch, 3, height, width) in 0..1 into (batch, 3, scale * height, scale * width)."""
        x = pictures
        for layer in self.body:
            x = layer(x)
        return pixel_shuffle(x, self.scale) + interpolate(pictures, scale_factor=self.scale, mode="nearest")


class RRDBNet(nn.Module):
    """Dense blocks inside residual blocks, then doublings of the size (ESRGAN, Wang et al. 2018).

    With `shuffle` above 1 squares of so many pixels a side become channels first, as in Real-ESRGAN's x2.
    """

    def __init__(self, features: int, growth: int, blocks: int, scale: int, shuffle: int = 1) -> None:
        super().__init__()
        self.shuffle, self.scale, self.doublings = shuffle, scale, (scale * shuffle).bit_length() - 1
        self.conv_first = _conv(3 * shuffle**2, features)
        self.body = nn.ModuleList(_Block(features, growth) for _ in range(blocks))
        self.conv_body = _conv(features, features)
        for number in range(1, self.doublings + 1):
            self.add_module(f"conv_up{number}", _conv(features, features))
        self.conv_hr = _conv(features, features)
        self.conv_last = _conv(features, 3)

    def forward(self, pictures: Tensor) -> Tensor:
        """Turn (batch, 3, height, width) in 0..1 into (batch, 3, scale * height, scale * width)."""
        height, width = pictures.shape[-2:]
        x = self.conv_first(pixel_unshuffle(_padded(pictures, self.shuffle), self.shuffle))
        found = x
        for block in self.body:
            found = block(found)
        x = x + self.conv_body(found)
        del found
        for number in range(1, self.doublings + 1):
            conv = self.get_submodule(f"conv_up{number}")
            # In place, as below: at full size each of these is the largest thing in memory.
            x = leaky_relu(conv(interpolate(x, scale_factor=2, mode="nearest")), SLOPE, inplace=True)
        x = torch.as_tensor(self.conv_last(leaky_relu(self.conv_hr(x), SLOPE, inplace=True)))
        return x[..., : self.scale * height, : self.scale * width]


class _Dense(nn.Module):
    """Five convolutions, each of which sees what all before it found."""

    def __init__(self, features: int, growth: int) -> None:
        super().__init__()
        for number in range(1, 5):
            self.add_module(f"conv{number}", _conv(features + (number - 1) * growth, growth))
        self.conv5 = _conv(features + 4 * growth, features)

    def forward(self, x: Tensor) -> Tensor:
        seen = x
        for number in range(1, 5):
            found = leaky_relu(self.get_submodule(f"conv{number}")(seen), SLOPE)
            seen = torch.cat([seen, found], dim=1)
        return x + RESIDUAL * torch.as_tensor(self.conv5(seen))


class _Block(nn.Module):
    """Three dense blocks, and the way around them."""

    def __init__(self, features: int, growth: int) -> None:
        super().__init__()
        self.rdb1, self.rdb2, self.rdb3 = (_Dense(features, growth) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        return x + RESIDUAL * torch.as_tensor(self.rdb3(self.rdb2(self.rdb1(x))))


def _conv(channels: int, out: int) -> nn.Conv2d:
    return nn.Conv2d(channels, out, 3, padding=1)


def _padded(pictures: Tensor, factor: int) -> Tensor:
    """Repeat the last row and column until the factor divides both sides."""
    down, across = (-side % factor for side in pictures.shape[-2:])
    return pad(pictures, (0, across, 0, down), mode="replicate") if down or across else pictures
