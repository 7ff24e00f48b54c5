"""How a loss went over the steps, as a picture and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from graphflow_nodes.drawing import BLUE, RED, draw
from graphflow_nodes.tables import write_csv

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from torch import Tensor

WIDTH, HEIGHT = 900, 420


def smooth(losses: Sequence[float]) -> list[float]:
    """Return the mean over the last tenth of the steps so far, at least 5: a loss jumps with the times that are drawn."""
    window = max(5, len(losses) // 10)
    total, means = 0.0, []
    for step, loss in enumerate(losses):
        total += loss - (losses[step - window] if step >= window else 0.0)
        means.append(total / min(step + 1, window))
    return means


def draw_curve(losses: Sequence[float]) -> Tensor:
    """Draw the loss of every step and its mean, (1, height, width, 3)."""
    steps = range(1, len(losses) + 1)

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        axes.plot(steps, losses, ".", color=BLUE, alpha=0.4, markersize=3, label="one step")
        axes.plot(steps, smooth(losses), color=RED, label=f"mean of {max(5, len(losses) // 10)}")
        axes.set_title("Loss while training")
        axes.set_xlabel("step")
        axes.set_ylabel("mean squared error of the noise")
        if min(losses) > 0:
            axes.set_yscale("log")
        axes.legend(loc="upper right")

    return draw(paint, WIDTH, HEIGHT)


def write_losses(losses: Sequence[float], lengths: Sequence[float]) -> str:
    """Return CSV: the step, its loss, the mean so far, and the length of the gradient."""
    steps = list(range(1, len(losses) + 1))
    return write_csv({"step": steps, "loss": losses, "mean": smooth(losses), "gradient_norm": lengths})
