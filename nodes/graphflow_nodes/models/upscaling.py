"""An upscaler at work: its file loaded, and pictures taken through it in windows that fit into memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import isqrt
from pathlib import Path
from typing import Final

import torch
from safetensors import safe_open
from torch import Tensor, nn

from graphflow_nodes.channels import with_channels
from graphflow_nodes.models.header import ModelFileError
from graphflow_nodes.models.parts import Part
from graphflow_nodes.models.upscaler_files import Compact, Network, read_upscaler
from graphflow_nodes.models.upscalers import CompactNet, RRDBNet

WINDOW: Final = 512
"""Pixels of the longest side that goes through in one go; longer ones are cut."""
NUMBERS: Final = 2**28
"""The most numbers of the largest layer, a gigabyte: networks with large layers get smaller windows."""
STEP: Final = 8
"""Windows begin at multiples of it, so every network sees the same squares of pixels as in the whole picture."""
AROUND: Final = 32
"""Pixels around what is kept of a window that ESRGAN sees. It reaches hundreds, and hardly looks so far."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of one side: what the network sees, from `low` to `high`, and what is kept, from `start` to `stop`."""

    low: int
    start: int
    stop: int
    high: int


Window = tuple[int, Stretch, Stretch]
"""Which picture of a batch, which rows and which columns."""


def stretches(length: int, side: int, around: int) -> list[Stretch]:
    """Cut a side so that no stretch is longer than `side`, what is seen around the kept pixels included."""
    if length <= side:
        return [Stretch(0, 0, length, length)]
    around = _multiple(around)
    most = max((side - 2 * around) // STEP * STEP, STEP)
    parts = -(-length // most)
    kept = _multiple(-(-length // parts))  # parts of one length: a last sliver would cost nearly a whole window
    starts = range(0, length, kept)
    return [
        Stretch(max(0, start - around), start, min(start + kept, length), min(start + kept + around, length))
        for start in starts
    ]


@dataclass(slots=True, eq=False)
class Upscaler(Part):
    """A network that makes pictures `scale` times larger, the pixels that it looks around, and the longest side at once."""

    scale: int
    around: int
    side: int

    def enlarge(
        self, pictures: Tensor, track: Callable[[Sequence[Window]], Iterable[Window]] = lambda windows: windows
    ) -> Tensor:
        """Return pictures (batch, height, width, 1, 3 or 4) in 0..1 as larger ones in three colours, without alpha.

        What fits into one window goes through as a whole. `track` hands on the windows one by one.
        """
        pixels = with_channels(pictures, 3).movedim(-1, 1)
        batch, _, height, width = pixels.shape
        rows, columns = (stretches(length, self.side, self.around) for length in (height, width))
        windows = [(number, row, column) for number in range(batch) for row in rows for column in columns]
        out = torch.empty(batch, height * self.scale, width * self.scale, 3)
        with self.in_use(max((row.high - row.low) * (column.high - column.low) for _, row, column in windows)):
            for number, row, column in track(windows):
                seen = pixels[number : number + 1, :, row.low : row.high, column.low : column.high]
                made = self.module(seen.to(self.device, self.dtype))[0].float().cpu()
                kept = made[:, self._kept(row), self._kept(column)]
                out[number, self._place(row), self._place(column)] = kept.clamp(0, 1).movedim(0, -1)
        return out

    def _kept(self, part: Stretch) -> slice:
        return slice((part.start - part.low) * self.scale, (part.stop - part.low) * self.scale)

    def _place(self, part: Stretch) -> slice:
        return slice(part.start * self.scale, part.stop * self.scale)


def load_upscaler(path: Path, device: torch.device) -> Upscaler:
    """Load an upscaler in full precision: half overflows in some, and rounds colours in all. Raise ModelFileError."""
    network, names = read_upscaler(path)
    with torch.device("meta"):
        module = _build(network)
    with safe_open(path, framework="pt") as file:
        state = {name: file.get_tensor(there).to(device, torch.float32, copy=True) for name, there in names.items()}
    try:
        module.load_state_dict(state, assign=True)
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise ModelFileError(f"{path.name} is no {network.family} upscaler, though it seems to be: {reason}") from error
    # Convolutions take less time so; torch's types do not know the argument.
    module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # see above
    return _part(network, module.to(device).eval().requires_grad_(False), device)


def _build(network: Network) -> nn.Module:
    if isinstance(network, Compact):
        return CompactNet(network.features, network.blocks, network.scale)
    return RRDBNet(network.features, network.growth, network.blocks, network.scale, network.shuffle)


def _part(network: Network, module: nn.Module, device: torch.device) -> Upscaler:
    if isinstance(network, Compact):
        # Each convolution sees one pixel further: with all of them around it, a window's middle is as in the whole.
        around, largest = network.blocks + 2, max(network.features, 3 * network.scale**2)
    else:
        around, largest = AROUND, network.features * network.scale**2
    side = min(WINDOW, isqrt(NUMBERS // largest) // STEP * STEP)
    return Upscaler(module, device, network.scale, around, side)


def _multiple(length: int) -> int:
    return -(-length // STEP) * STEP
