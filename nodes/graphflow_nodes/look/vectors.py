"""What guidance adds up at each step: the two estimates, their difference, and the angle between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from graphflow_nodes.drawing import BLUE, GREEN, RED, VIOLET
from graphflow_nodes.tables import write_csv

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from torch import Tensor


@dataclass(slots=True)
class Lengths:
    """Numbers of each estimate of a run, averaged over the batch.

    Lengths are root mean squares over the elements, so that pure noise has length 1; the angle is in degrees.
    """

    sigma: list[float] = field(default_factory=list)
    t: list[float] = field(default_factory=list)
    cond: list[float] = field(default_factory=list)
    uncond: list[float] = field(default_factory=list)
    difference: list[float] = field(default_factory=list)
    guided: list[float] = field(default_factory=list)
    angle: list[float] = field(default_factory=list)


class Pair(NamedTuple):
    """The noise that a network sees at one noise level, (batch, channels, height, width), with the prompt and without."""

    sigma: float
    cond: Tensor
    uncond: Tensor


def lengths_of(pairs: Sequence[Pair], cfg: float, timestep: Callable[[float], float]) -> Lengths:
    """Measure noise estimates; guided = uncond + cfg (cond - uncond) (Ho and Salimans 2022, equation 6)."""
    found = Lengths()
    for sigma, cond, uncond in pairs:
        found.sigma.append(sigma)
        found.t.append(timestep(sigma))
        found.cond.append(_length(cond))
        found.uncond.append(_length(uncond))
        found.difference.append(_length(cond - uncond))
        found.guided.append(_length(uncond + cfg * (cond - uncond)))
        found.angle.append(_angle(cond, uncond))
    return found


def paint_vectors(figure: Figure, lengths: Lengths, cfg: float) -> None:
    """Paint the lengths and the angle over the steps, each with its own axes."""
    figure.suptitle(f"What guidance adds up at CFG {cfg:g}", x=0.02, ha="left")
    steps = range(1, len(lengths.sigma) + 1)
    norms, share, angle = figure.subplots(1, 3)
    for name, values, colour, style in (
        ("with prompt", lengths.cond, BLUE, "o-"),
        ("without", lengths.uncond, GREEN, "o-"),
        ("guided", lengths.guided, VIOLET, "--"),
    ):
        norms.plot(steps, values, style, color=colour, label=name, markeredgecolor="white")
    norms.set(title="Length of the noise estimates", ylabel="root mean square  (pure noise: 1)")
    norms.legend()
    share.plot(steps, lengths.difference, "o-", color=RED, markeredgecolor="white")
    share.set(title="Length of their difference", ylabel="root mean square")
    share.set_ylim(bottom=0)
    angle.plot(steps, lengths.angle, "o-", color=RED, markeredgecolor="white")
    angle.set(title="Angle between the two", ylabel="degrees")
    angle.set_ylim(bottom=0)
    for axes in (norms, share, angle):
        axes.set_xlabel("estimate  (noisiest first)")
        axes.locator_params(axis="x", integer=True)


def lengths_csv(lengths: Lengths) -> str:
    """Return the numbers as CSV, a line for each estimate."""
    return write_csv(
        {
            "estimate": range(1, len(lengths.sigma) + 1),
            "t": lengths.t,
            "sigma": lengths.sigma,
            "conditioned": lengths.cond,
            "unconditioned": lengths.uncond,
            "difference": lengths.difference,
            "guided": lengths.guided,
            "angle": lengths.angle,
        }
    )


def _length(eps: Tensor) -> float:
    return float(eps.double().square().mean(dim=(1, 2, 3)).sqrt().mean())


def _angle(one: Tensor, other: Tensor) -> float:
    """Return the mean angle between two batches of vectors in degrees.

    By the arc tangent of half angles, which is exact for small angles where the arc cosine is not (Kahan).
    """
    import torch

    a, b = one.double().flatten(1), other.double().flatten(1)
    a, b = (v / v.norm(dim=1, keepdim=True).clamp(min=1e-30) for v in (a, b))
    return float((2 * torch.atan2((a - b).norm(dim=1), (a + b).norm(dim=1))).rad2deg().mean())
