"""What LoRA files add to a weight, from the few numbers that they hold of it."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor


def changed(weight: Tensor, change: Mapping[str, Tensor], strength: float) -> Tensor:
    """Return weight + strength * D in single precision; D is what `difference` gives.

    With a `length` the sum is first brought to it, row by row or column by column, as its shape says: DoRA, Liu et
    al. 2024, equation 5. Raise ValueError or RuntimeError where the shapes do not fit.
    """
    before = weight.float()
    difference = difference_of(change, before.shape).to(before)
    if "length" not in change:
        return torch.add(before, difference, alpha=strength)
    length = change["length"].to(before)
    if length.ndim == 1:
        length = length.reshape(-1, *[1] * (before.ndim - 1))
    if length.ndim != before.ndim or any(
        size not in (1, side) for size, side in zip(length.shape, before.shape, strict=True)
    ):
        raise ValueError(f"its lengths are {_shape(length.shape)} and the layer {_shape(before.shape)}")
    along = [place for place, size in enumerate(length.shape) if size == 1]
    whole = before + difference
    whole = whole * (length / whole.norm(dim=along, keepdim=True))
    return torch.lerp(before, whole, strength)


def difference_of(change: Mapping[str, Tensor], shape: torch.Size) -> Tensor:
    """Return what a change adds at strength 1, in the shape of the weight.

    Raise ValueError where it is not complete or does not fit; that is told from the shapes alone, since the product of
    two tensors of a small file could be larger than any memory.
    """
    if any(0 in tensor.shape for tensor in change.values()):
        raise ValueError("one of its tensors is empty")
    shapes = {name: tensor if name == "alpha" else tensor.to("meta") for name, tensor in change.items()}
    try:
        _fitted(_product_of(shapes), shape)
        return _fitted(_product_of(change), shape)
    except (RuntimeError, IndexError) as error:
        raise ValueError(f"its tensors do not go together: {error}") from error


def _product_of(change: Mapping[str, Tensor]) -> Tensor:
    if "whole" in change:
        return change["whole"]
    if {"up", "down"} <= change.keys():
        return _low_rank(change) * _scale(change, len(change["down"]))
    if {"hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b"} <= change.keys():
        one, other = (_product(change, f"hada_w{number}", f"hada_t{number}") for number in (1, 2))
        return one * other * _scale(change, len(change["hada_w1_b"]))
    if any(name.startswith("lokr_w") for name in change):
        return _kronecker(change)
    raise ValueError(f"it holds only {', '.join(sorted(change))}")


def _scale(change: Mapping[str, Tensor], rank: int) -> float:
    """Give alpha / rank; files that state no alpha mean 1."""
    return float(change["alpha"]) / rank if "alpha" in change else 1.0


def _low_rank(change: Mapping[str, Tensor]) -> Tensor:
    """Give up @ down, Hu et al. 2022, equation 3; of convolutions `down` has the window, or a `mid` between them."""
    up, down = change["up"].flatten(1), change["down"]
    if "mid" in change:
        down = torch.einsum("rskl,si->rikl", change["mid"], down.flatten(1))
    return (up @ down.flatten(1)).reshape(len(up), *down.shape[1:])


def _product(change: Mapping[str, Tensor], name: str, window: str) -> Tensor:
    """Give a @ b, or with a core t: sum over i, j of t[i, j] a[i] b[j] (Hyeon-Woo et al. 2022, proposition 2)."""
    a, b = change[f"{name}_a"], change[f"{name}_b"]
    if window in change:
        return torch.einsum("ijkl,ip,jr->prkl", change[window], a, b)
    return a @ b


def _kronecker(change: Mapping[str, Tensor]) -> Tensor:
    """Give the Kronecker product of two matrices, each whole or as a product: LoKr, Yeh et al. 2024, section 3.2."""
    scale = 1.0
    factors = []
    for name in ("lokr_w1", "lokr_w2"):
        if name in change:
            factors.append(change[name])
            continue
        if not {f"{name}_a", f"{name}_b"} <= change.keys():
            raise ValueError(f"{name} is missing")
        factors.append(_product(change, name, "lokr_t2" if name == "lokr_w2" else ""))
        scale = _scale(change, len(change[f"{name}_b"]))
    one, other = factors
    if other.ndim == 4:
        one = one[:, :, None, None]
    return torch.kron(one, other.contiguous()) * scale


def _fitted(difference: Tensor, shape: torch.Size) -> Tensor:
    """Bring a matrix to the shape of a convolution of one pixel, and back; raise ValueError where it does not fit."""
    if math.prod(difference.shape) != math.prod(shape) or difference.shape[:2] != shape[:2]:
        raise ValueError(f"it is {_shape(difference.shape)} and the layer {_shape(shape)}")
    return difference.reshape(shape)


def _shape(shape: torch.Size) -> str:
    return " x ".join(map(str, shape))
