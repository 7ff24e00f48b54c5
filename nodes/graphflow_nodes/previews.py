"""Quick pictures of unfinished latents: decoded where that is little work, else by a tiny autoencoder or one linear map."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, cached_property
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from graphflow.api import Context, File, Folder, NodeError
from graphflow_nodes.models.header import ModelFileError
from graphflow_nodes.models.inspect import REFUSED, VAE_BUNDLE, inspect_tiny, weights_of_vae
from graphflow_nodes.models.recipes import ALONE, Source, VaeRecipe
from graphflow_nodes.pictures import write_jpeg

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from graphflow_nodes.models.parts import Space
    from graphflow_nodes.models.pool import ModelPool

APPROXIMATE = Folder("vae_approx", (".safetensors",), bundle=VAE_BUNDLE, refuse=REFUSED, inspect=inspect_tiny)
"""Where tiny autoencoders lie that draw previews, as in ComfyUI."""

SIDE = 256
"""The longer side of a preview, in pixels."""

SHOWN = 4
"""Pictures of a batch that are shown, side by side."""

REST = 3
"""How many times longer than a tiny autoencoder drew it rests, so that at most a quarter of the time goes into it."""

ALIKE = 0.01
"""How much the scales of latents that are of one space may differ, as a share: training measures them on pictures."""


class Encodes(Protocol):
    """What a preview needs of an autoencoder."""

    def encode(self, pictures: Tensor, /) -> Tensor:
        """Turn pictures (batch, height, width, 3) into latents (batch, channels, height, width)."""


class Draws(Protocol):
    """What a preview needs of a tiny autoencoder."""

    def decode(self, latents: Tensor, /) -> Tensor:
        """Turn latents into pictures (batch, height, width, 3) in 0..1."""


class Decodes(Encodes, Draws, Protocol):
    """An autoencoder that may be light enough to show what it would really make."""

    def is_light(self, latents: Tensor, /) -> bool:
        """Say whether decoding these is little work."""


class Sketcher:
    """Draws the estimates of one sampling run, learning the colours of the latents when the first is wanted.

    `load` gives the model's own autoencoder, `scale` is what brought its latents to the network's scale. `tiny` may
    give a tiny autoencoder for the same latents, which draws those that `is_heavy` says are too much for the model's own.
    It knows without loading that one.
    """

    def __init__(
        self,
        load: Callable[[], Decodes],
        scale: float,
        tiny: Callable[[], Draws | None] = lambda: None,
        is_heavy: Callable[[Tensor], bool] = lambda _latents: False,
    ) -> None:
        self._load = load
        self._scale = scale
        self._find = tiny
        self._is_heavy = is_heavy
        self._rested = 0.0

    @cached_property
    def colours(self) -> Tensor:
        """The map from latents to colours."""
        return fit_colours(self._load().encode)

    @cached_property
    def tiny(self) -> Draws | None:
        """The tiny autoencoder, if there is one."""
        return self._find()

    def is_ready(self) -> bool:
        """Say whether it may draw again: not right after a tiny autoencoder took long."""
        return monotonic() >= self._rested

    def draw(self, x0: Tensor) -> bytes:
        """Draw an estimate in the network's scale as a JPEG."""
        latents = x0[:SHOWN] / self._scale
        if self._is_heavy(latents) and self.tiny is not None:
            return self._draw_quickly(self.tiny, latents)
        autoencoder = self._load()
        if autoencoder.is_light(latents):
            return _side_by_side(autoencoder.decode(latents).cpu().numpy())
        return sketch(latents, self.colours)

    def _draw_quickly(self, tiny: Draws, latents: Tensor) -> bytes:
        began = monotonic()
        data = _side_by_side(tiny.decode(latents).cpu().numpy())
        ended = monotonic()
        self._rested = ended + REST * (ended - began)
        return data


def sketcher_of(ctx: Context, pool: ModelPool, own: VaeRecipe, space: Space) -> Sketcher:
    """Return the sketcher of a model whose autoencoder is `own`; nothing is looked up or loaded before it draws."""
    from graphflow_nodes.models.parts import is_light

    find = cache(lambda: tiny_for(ctx, space))
    weights = cache(lambda: _weights_of(own))

    def tiny() -> Draws | None:
        file = find()
        if file is None:
            return None
        try:
            return pool.vae(VaeRecipe(Source.of(file), ALONE))
        except NodeError as error:  # what only previews need must not end the run
            ctx.log(f"previews are drawn without {file.name}: {error}")
            return None

    def is_heavy(latents: Tensor) -> bool:
        return find() is not None and not is_light(weights(), latents)

    return Sketcher(lambda: pool.vae(own), space.scale, tiny, is_heavy)


def _weights_of(own: VaeRecipe) -> int:
    """Return how many weights a model's own autoencoder has; none where its file is gone, which the pool then says."""
    try:
        return weights_of_vae(own.checkpoint.location)
    except ModelFileError:
        return 0


def tiny_for(ctx: Context, space: Space) -> File | None:
    """Return the first tiny autoencoder for a model's latents: of as many channels, the same factor and about the scale."""
    for file, facts in ctx.files(APPROXIMATE):
        same = (facts["latent_channels"], facts["factor"]) == (space.channels, space.factor)
        if same and abs(float(facts["scale"] or 0) - space.scale) <= ALIKE * space.scale:
            return file
    return None


def fit_colours(encode: Callable[[Tensor], Tensor]) -> Tensor:
    """Return the linear map from an autoencoder's latent channels and 1 to red, green, blue: (channels + 1, 3).

    `encode` turns pictures (batch, height, width, 3) into latents. The map is the least-squares fit over the cells
    of a few blurred random pictures.
    """
    import torch
    from torch.nn.functional import adaptive_avg_pool2d, interpolate

    blobs = torch.rand(8, 3, 5, 5, generator=torch.Generator().manual_seed(0))
    pictures = interpolate(blobs, (64, 64), mode="bicubic", align_corners=False).clamp(0, 1)
    latents = encode(pictures.movedim(1, -1)).double().cpu()  # (batch, channels, height, width)
    colours = adaptive_avg_pool2d(pictures.double(), (latents.shape[2], latents.shape[3])).movedim(1, -1).reshape(-1, 3)
    cells = latents.movedim(1, -1).reshape(-1, latents.shape[1])
    known = torch.cat([cells, torch.ones(len(cells), 1, dtype=torch.double)], dim=1)
    # Channels that say the same differ by rounding alone; what is below that is no colour.
    solution: Tensor = torch.linalg.lstsq(known, colours, rcond=1e-5, driver="gelsd").solution.float()
    return solution


def sketch(latents: Tensor, colours: Tensor) -> bytes:
    """Draw latents (batch, channels, height, width) as one JPEG by the map that `fit_colours` gave."""
    import numpy as np

    # By numpy: starting torch's threads for so little costs more than the work.
    shown = np.einsum("bchw,ck->bhwk", latents[:SHOWN].float().cpu().numpy(), colours[:-1].numpy())
    return _side_by_side(shown + colours[-1].numpy())


def _side_by_side(pictures: NDArray[np.float32]) -> bytes:
    """Write pictures (batch, height, width, 3) as one JPEG, none smaller than `SIDE` allows."""
    import numpy as np

    row = np.concatenate([*pictures], axis=1)
    enlarge = max(1, SIDE // max(pictures.shape[1:3]))
    return write_jpeg((np.nan_to_num(row).clip(0, 1) * 255).astype(np.uint8), enlarge=enlarge)
