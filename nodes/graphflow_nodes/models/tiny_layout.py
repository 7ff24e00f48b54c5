"""Tiny autoencoders of TAESD's build: their sizes and their tensors' names, told from a file's header.

Both halves are a row of layers: convolutions, between which stand blocks. A file numbers them as the original program
does, whose decoder begins with a layer without weights, or as diffusers does, which leaves that layer out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

from graphflow_nodes.models.header import Header, ModelFileError

TINY: Final = "AutoencoderTiny"
"""What diffusers calls the class, and `_class_name` in a config."""

WIDEST, MOST_BLOCKS, MOST_LEVELS = 4096, 64, 8
"""Far above any tiny autoencoder that is known: 64 channels, three blocks a level, four levels."""
ACTIVATIONS: Final = ("relu", "silu", "swish", "gelu", "mish")

Half = Literal["encoder", "decoder"]
Shapes = Mapping[str, tuple[int, ...]]

_NAME: Final = re.compile(
    r"(?:(?:taesd_)?(encoder|decoder)\.(layers\.)?)?(\d+)\.((?:conv\.\d+\.|skip\.)?(?:weight|bias))"
)
_SPACES: Final = (("taesdxl", 0.13025), ("taesd", 0.18215))
"""How names begin that say for whose latents a tiny autoencoder is, and the scale of those; TAESD3's are of another."""


def tiny_names(header: Header) -> dict[str, str]:
    """Return the file's names of tensors by diffusers'; none where the file holds anything but a tiny autoencoder."""
    found = {name: _NAME.fullmatch(name) for name in header.shapes}
    bare: Half = "encoder" if "0.weight" in found else "decoder"
    names = {}
    for name, match in found.items():
        if match is None:
            return {}
        half, renamed, number, rest = match[1] or bare, match[2], int(match[3]), match[4]
        place = number if renamed or half == "encoder" else number - 1
        names[f"{half}.layers.{place}.{rest}"] = name
    return names


def tiny_config(header: Header) -> dict[str, Any]:
    """Return the config of a tiny autoencoder in a file; a half that is not there has none. Raise ModelFileError."""
    shapes = {name: header.shapes[there] for name, there in tiny_names(header).items()}
    config: dict[str, Any] = {"_class_name": TINY}
    try:
        for half, latents in (("encoder", -1), ("decoder", 0)):
            if not any(name.startswith(f"{half}.") for name in shapes):
                continue
            widths, blocks, ends = _half(shapes, f"{half}.layers.")
            channels = config.setdefault("latent_channels", ends[latents])
            levels = config.setdefault("block_out_channels", widths)
            if channels != ends[latents] or len(levels) != len(widths) or ends[-1 - latents] != 3:
                raise ModelFileError("the halves of this tiny autoencoder do not fit each other and pictures")
            config |= {f"{half}_block_out_channels": widths, f"num_{half}_blocks": blocks}
    except (IndexError, KeyError) as error:
        raise ModelFileError("the file lacks tensors of a tiny autoencoder") from error
    return config


def _half(shapes: Shapes, prefix: str) -> tuple[list[int], list[int], tuple[int, int]]:
    """Return the width and the number of blocks of each level, and the channels that go in and come out."""
    places = {int(name.removeprefix(prefix).partition(".")[0]) for name in shapes if name.startswith(prefix)}
    convolutions = sorted(place for place in places if f"{prefix}{place}.weight" in shapes)
    starts = convolutions[:-1]
    blocks = [
        sum(start < place < end for place in places - {*convolutions})
        for start, end in zip(starts, convolutions[1:], strict=True)
    ]
    widths = [shapes[f"{prefix}{start}.weight"][0] for start in starts]
    first, last = (shapes[f"{prefix}{place}.weight"] for place in (convolutions[0], convolutions[-1]))
    if not widths or not all(len(shape) == 4 for shape in (first, last)):
        raise IndexError
    return widths, blocks, (first[1], last[0])


def checked_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the config of a diffusers folder with what it leaves to the class; raise ModelFileError where it is unfit."""
    usual: dict[str, Any] = {
        "encoder_block_out_channels": [64] * 4,
        "decoder_block_out_channels": [64] * 4,
        "num_encoder_blocks": [1, 3, 3, 3],
        "num_decoder_blocks": [3, 3, 3, 1],
        "act_fn": "relu",
        "latent_channels": 4,
        "upsampling_scaling_factor": 2,
        "scaling_factor": 1.0,
    }
    full = usual | dict(config)
    up = full["decoder_block_out_channels"]
    _check_sizes(full)
    if type(full["latent_channels"]) is not int or type(full["scaling_factor"]) not in (int, float):
        raise ModelFileError("its config gives latent_channels or scaling_factor another type than usual")
    if full["scaling_factor"] <= 0:
        raise ModelFileError("its config says no scaling_factor above 0")
    if full["upsampling_scaling_factor"] != 2:
        raise ModelFileError("its decoder does not double the sides, as is supported")
    return full | {"block_out_channels": up}


def _check_sizes(config: Mapping[str, Any]) -> None:
    """Hold what the class is built by to what a tiny autoencoder may be: an odd file must not keep a worker building."""
    sizes = {
        name: config[name]
        for half in ("encoder", "decoder")
        for name in (f"{half}_block_out_channels", f"num_{half}_blocks")
    }
    for name, each in sizes.items():
        most = MOST_BLOCKS if name.startswith("num_") else WIDEST
        if not isinstance(each, list) or not each or not all(type(size) is int and 0 < size <= most for size in each):
            raise ModelFileError(
                f"its config's {name} is {str(each)[:60]}, and must be a list of numbers from 1 to {most}"
            )
    levels = {len(each) for each in sizes.values()}
    if len(levels) != 1 or max(levels) > MOST_LEVELS:
        raise ModelFileError("the halves of this tiny autoencoder do not fit each other")
    if config["act_fn"] not in ACTIVATIONS:
        raise ModelFileError(
            f"its config's act_fn is {str(config['act_fn'])[:60]}; {', '.join(ACTIVATIONS)} are supported"
        )


def scale_by_name(name: str) -> float | None:
    """Return the scale of the latents that a tiny autoencoder is for, when its name says so.

    Those of Stable Diffusion 1 are called `taesd`, those of SDXL `taesdxl`, whatever follows but a number.
    """
    for start, scale in _SPACES:
        rest = name.lower().removeprefix(start)
        if rest != name.lower() and not rest[:1].isalnum():
            return scale
    return None
