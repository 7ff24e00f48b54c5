"""What an upscaler's file holds, told from its header alone: which network, of which size, and what its tensors are called."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isqrt
from pathlib import Path
from typing import Final

from graphflow.api import Facts
from graphflow_nodes.models.header import Header, ModelFileError, read_header
from graphflow_nodes.models.inspect import OTHER_FAMILIES, REFUSED
from graphflow_nodes.models.layout import FIRST_CONV, VAE

Shapes = Mapping[str, tuple[int, ...]]

LARGEST_SCALE: Final = 16
WRAPPERS: Final = ("params_ema.", "params-ema.", "params.", "module.")
"""What trainers put before all names; averaged weights before the last ones, where a file has both."""

OTHERS: Final = (  # names of tensors that give a network away which is not built here, most special first
    (".conv1x1.", "ESRGAN+"),
    ("f_HR_conv1.", "SPSR"),
    (".overlap_attn.", "HAT"),
    (".attn_atd.", "ATD"),
    (".swin1.", "DRCT"),
    ("layers.0.blocks.0.gamma", "RGT"),
    ("before_RG.", "DAT"),
    (".attn.logit_scale", "Swin2SR"),
    (".residual_group.blocks.", "SwinIR"),
    ("residual_layer.0.residual_layer.", "OmniSR"),
    ("block_1.c1_r.", "SPAN"),
    (".lk.conv.", "PLKSR"),
    ("unet1.conv_bottom.", "Real-CUGAN"),
    ("stylegan_decoder.", "GFPGAN"),
    ("quantize.embedding.", "CodeFormer"),
)
HINT: Final = "ESRGAN, Real-ESRGAN and their compact networks are"

OLD: Final = (  # the names of ESRGAN's first two programs, and today's
    (re.compile(r"model\.0\.(\w+)"), r"conv_first.\1"),
    (re.compile(r"model\.1\.sub\.(\d+)\.RDB(\d)\.conv(\d)\.0\.(\w+)"), r"body.\1.rdb\2.conv\3.\4"),
    (re.compile(r"model\.1\.sub\.\d+\.(weight|bias)"), r"conv_body.\1"),
    (re.compile(r"RRDB_trunk\.(\d+)\.RDB(\d)\.conv(\d)\.(\w+)"), r"body.\1.rdb\2.conv\3.\4"),
    (re.compile(r"trunk_conv\.(\w+)"), r"conv_body.\1"),
    (re.compile(r"upconv(\d)\.(\w+)"), r"conv_up\1.\2"),
    (re.compile(r"HRconv\.(\w+)"), r"conv_hr.\1"),
)
TAIL: Final = re.compile(r"model\.(\d+)\.(weight|bias)")


@dataclass(frozen=True, slots=True)
class Compact:
    """Real-ESRGAN's compact network, SRVGGNetCompact."""

    scale: int
    features: int
    blocks: int
    family: str = "Real-ESRGAN compact"


@dataclass(frozen=True, slots=True)
class Esrgan:
    """ESRGAN's network, RRDBNet; `shuffle` is the side of the squares that it takes for one pixel."""

    scale: int
    features: int
    blocks: int
    growth: int
    shuffle: int
    family: str = "ESRGAN"


Network = Compact | Esrgan


def inspect_upscaler(path: Path) -> Facts:
    """Return an upscaler's facts; raise ValueError with a sentence for people when it cannot be used.

    The facts: `family`, `scale` (how many times larger pictures become), `features` and `blocks` (its size).
    """
    network, _ = read_upscaler(path)
    return {
        "family": network.family,
        "scale": network.scale,
        "features": network.features,
        "blocks": network.blocks,
    }


def read_upscaler(path: Path) -> tuple[Network, Mapping[str, str]]:
    """Return the network in a file, and for each of its tensors the name in the file; raise ModelFileError."""
    if path.suffix.lower() in REFUSED:
        raise ModelFileError(f"{path.name}: {REFUSED[path.suffix.lower()]}")
    header = read_header(path)
    names = _todays_names(header)
    shapes = {name: header.shapes[there] for name, there in names.items()}
    try:
        return _network(shapes, header), names
    except ModelFileError as error:
        raise ModelFileError(f"{path.name}: {error}") from error


def _network(shapes: Shapes, header: Header) -> Network:
    for part, name in OTHERS:
        if any(part in key for key in shapes):
            raise ModelFileError(f"this is a {name} upscaler, which is not supported yet; {HINT}")
    if "body.0.rdb1.conv1.weight" in shapes:
        return _sound(_esrgan, shapes)
    if len(shapes.get("body.0.weight", ())) == 4:
        return _sound(_compact, shapes)
    raise ModelFileError(_what_else(header))


def _sound(read: Callable[[Shapes], Network], shapes: Shapes) -> Network:
    """Return the network, with a sentence where its tensors do not go together."""
    try:
        return read(shapes)
    except KeyError as error:
        raise ModelFileError(f"this upscaler is not whole: it lacks {error}") from error
    except IndexError as error:
        raise ModelFileError("this upscaler is damaged: a tensor has fewer sides than usual") from error


def _esrgan(shapes: Shapes) -> Esrgan:
    blocks = _count(shapes, r"body\.(\d+)\.rdb1\.conv1\.weight")
    doublings = _count(shapes, r"conv_up(\d+)\.weight")
    features, channels = shapes["conv_first.weight"][0], shapes["conv_first.weight"][1]
    shuffle = isqrt(channels // 3)
    _check_colours(channels, 3 * shuffle**2, shapes["conv_last.weight"][0], 3)
    if 2**doublings % shuffle:
        raise ModelFileError("this upscaler makes pictures smaller")
    _check_scale(2**doublings // shuffle)
    _check_count(shapes, 2 * (15 * blocks + doublings + 4))
    growth = shapes["body.0.rdb1.conv1.weight"][0]
    return Esrgan(2**doublings // shuffle, features, blocks, growth, shuffle)


def _compact(shapes: Shapes) -> Compact:
    if "body.1.weight" not in shapes:
        raise ModelFileError("this compact upscaler has ReLUs, and does not say which; only those with PReLUs fit")
    layers = _count(shapes, r"body\.(\d+)\.weight")
    out = shapes[f"body.{layers - 1}.weight"][0]
    scale = isqrt(out // 3)
    _check_colours(shapes["body.0.weight"][1], 3, out, 3 * scale**2)
    _check_scale(scale)
    _check_count(shapes, layers + (layers + 1) // 2)
    return Compact(scale, shapes["body.0.weight"][0], (layers - 3) // 2)


def _check_colours(channels: int, wanted: int, out: int, wanted_out: int) -> None:
    if channels != wanted or channels < 1 or out != wanted_out or out < 1:
        raise ModelFileError(
            f"its network takes {channels} channels and makes {out}; only those for three colours are supported"
        )


def _check_scale(scale: int) -> None:
    if scale > LARGEST_SCALE:
        raise ModelFileError(f"this upscaler makes pictures {scale} times larger; {LARGEST_SCALE} times is the most")


def _check_count(shapes: Shapes, wanted: int) -> None:
    if len(shapes) != wanted:
        raise ModelFileError(f"this upscaler has {len(shapes)} tensors, and its kind would have {wanted}")


def _count(shapes: Shapes, pattern: str) -> int:
    return len({match[1] for name in shapes if (match := re.fullmatch(pattern, name))})


def _todays_names(header: Header) -> dict[str, str]:
    """Return the file's names of tensors by those of today's programs."""
    wrapper = next((each for each in WRAPPERS if any(name.startswith(each) for name in header.shapes)), "")
    bare = {name.removeprefix(wrapper): name for name in header.shapes if name.startswith(wrapper)}
    tail = _tail(bare)
    return {tail.get(name) or _todays(name): there for name, there in bare.items()}


def _todays(name: str) -> str:
    for old, new in OLD:
        if old.fullmatch(name):
            return old.sub(new, name)
    return name


def _tail(bare: Mapping[str, str]) -> dict[str, str]:
    """Name what follows the blocks in files of the first kind: any number of enlarging layers, and the last two."""
    numbers = sorted({int(match[1]) for name in bare if (match := TAIL.fullmatch(name)) and match[1] != "0"})
    if len(numbers) < 2 or "model.0.weight" not in bare:
        return {}
    parts = [*(f"conv_up{number}" for number in range(1, len(numbers) - 1)), "conv_hr", "conv_last"]
    return {
        f"model.{number}.{kind}": f"{part}.{kind}"
        for number, part in zip(numbers, parts, strict=True)
        for kind in ("weight", "bias")
    }


def _what_else(header: Header) -> str:
    names = header.shapes
    if FIRST_CONV in names:
        return "this is a checkpoint, which draws pictures: choose it in LoadCheckpoint"
    for part, name in OTHER_FAMILIES:
        if any(part in key for key in names):
            return f"this is a {name} file, and no upscaler"
    if any(name.startswith((VAE, "encoder.")) for name in names):
        return "this is an autoencoder, and no upscaler"
    first = next(iter(names), "none")
    return f"no supported upscaler: it has {len(names)} tensors, the first is {first!r}; {HINT} supported"
