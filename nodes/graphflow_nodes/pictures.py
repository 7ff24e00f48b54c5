"""Picture files to arrays and back, and pictures of 0..1 to bytes: orientation, limits, damaged files, PNG texts."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from graphflow.api import NodeError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image as Picture
    from torch import Tensor

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
"""The picture files that nodes read."""

MAX_PIXELS = 89_478_485
"""More pixels, over all frames, are refused: as floats they would fill a gigabyte. Pillow warns from here on."""

CHANNELS = (1, 3, 4)
"""Grey, coloured, and coloured with alpha."""

_DAMAGED = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error)
"""What Pillow's readers raise on bytes that lie."""


@dataclass(frozen=True, slots=True)
class Pixels:
    """What a picture file holds: colours (frames, height, width, 3) and, if it has one, alpha (frames, height, width).

    Both are float32 in 0..1.
    """

    colours: NDArray[np.float32]
    alpha: NDArray[np.float32] | None


def read_picture(path: Path, *, name: str, input: str = "image") -> Pixels:
    """Read a picture file upright, frame by frame; raise NodeError when it is damaged or gigantic.

    A file with several frames gives those that have the size of the first, with alpha if all of them have it.
    """
    import numpy as np
    from PIL import Image, ImageOps, ImageSequence

    try:
        with _open(path, name, input) as picture:
            _refuse_gigantic(picture, name, input)
            # A phone's JPEG may hold a second, smaller picture for 3D screens: no frame of an animation.
            several = picture.format != "MPO"
            frames = [
                _frame(ImageOps.exif_transpose(frame))
                for frame in (ImageSequence.Iterator(picture) if several else (picture,))
            ]
    except Image.DecompressionBombError as error:
        raise _gigantic(name, input) from error
    except _DAMAGED as error:
        raise NodeError(
            f"{name!r} is damaged or no picture: {error}",
            code="bad-picture",
            input=input,
            hint="open it in another program and save it again",
        ) from error
    same = [(colours, alpha) for colours, alpha in frames if colours.shape == frames[0][0].shape]
    alphas = [alpha for _, alpha in same if alpha is not None]
    return Pixels(np.stack([colours for colours, _ in same]), np.stack(alphas) if len(alphas) == len(same) else None)


def to_bytes(pictures: Tensor) -> NDArray[np.uint8]:
    """Return pictures (batch, height, width, 1, 3 or 4) in 0..1 as bytes; raise NodeError at another count of channels."""
    import torch

    channels = pictures.shape[-1]
    if channels not in CHANNELS:
        raise NodeError(f"a picture has 1, 3 or 4 channels, this one has {channels}", input="images")
    # ComfyUI cuts the fraction off as well; rounding would move half of all pixels by one.
    pixels: NDArray[np.uint8] = (pictures.nan_to_num().clamp(0, 1) * 255).to(torch.uint8).numpy()
    return pixels


def to_picture(pixels: NDArray[np.uint8]) -> Picture:
    """Return bytes (height, width, 1, 3 or 4) as a picture that Pillow can draw on and write."""
    from PIL import Image

    return Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)


def from_picture(picture: Picture) -> Tensor:
    """Return a picture in colours, with alpha or without, as (1, height, width, 3 or 4) in 0..1."""
    import numpy as np
    import torch

    return torch.from_numpy(np.asarray(picture, dtype=np.float32) / np.float32(255))[None]


def write_png(pixels: NDArray[np.uint8], texts: Mapping[str, str], level: int = 4) -> bytes:
    """Return a PNG file of (height, width, 1, 3 or 4) with its text chunks, in the order of their names.

    The same pixels and texts give the same bytes.
    """
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    for key in sorted(texts):
        info.add_text(key, texts[key])
    data = BytesIO()
    to_picture(pixels).save(data, "PNG", pnginfo=info, compress_level=level)
    return data.getvalue()


def write_jpeg(pixels: NDArray[np.uint8], *, enlarge: int = 1, quality: int = 80) -> bytes:
    """Return a JPEG file of (height, width, 3), smoothly enlarged: small and quick, for previews."""
    from PIL import Image

    picture = Image.fromarray(pixels)
    data = BytesIO()
    picture.resize((picture.width * enlarge, picture.height * enlarge), Image.Resampling.BILINEAR).save(
        data, "JPEG", quality=quality
    )
    return data.getvalue()


def _open(path: Path, name: str, input: str) -> Picture:
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            return Image.open(path, formats=("PNG", "JPEG", "WEBP", "BMP", "GIF"))
        except Image.DecompressionBombWarning as error:
            raise _gigantic(name, input) from error


def _refuse_gigantic(picture: Picture, name: str, input: str) -> None:
    width, height = picture.size
    frames = getattr(picture, "n_frames", 1)
    if width * height * frames > MAX_PIXELS:
        raise _gigantic(name, input, f"{width} x {height} pixels" + (f" in {frames} frames" if frames > 1 else ""))


def _gigantic(name: str, input: str, what: str = "its size") -> NodeError:
    return NodeError(
        f"{name!r} is too large: {what} is more than the {MAX_PIXELS:,} pixels that are read",
        code="picture-too-large",
        input=input,
        hint="make it smaller in another program first",
    )


def _frame(picture: Picture) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """Return colours (height, width, 3) and alpha (height, width)."""
    import numpy as np

    if picture.mode.startswith("I"):  # 16 bits of grey
        grey = np.clip(np.asarray(picture, dtype=np.float32) / np.float32(65535), 0, 1)
        return np.repeat(grey[:, :, None], 3, axis=2), None
    has_alpha = picture.has_transparency_data
    pixels = np.asarray(picture.convert("RGBA" if has_alpha else "RGB"), dtype=np.float32) / np.float32(255)
    return pixels[:, :, :3], pixels[:, :, 3] if has_alpha else None
