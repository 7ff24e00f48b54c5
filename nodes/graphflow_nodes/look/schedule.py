"""The noise schedule as curves: what the model was trained on, and where a sampler's steps fall on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, NamedTuple

from graphflow.api import SILENT, Choice, Context, Range, node
from graphflow_nodes.drawing import AMBER, BLUE, GREEN, RED, VIOLET, draw
from graphflow_nodes.sampling_names import SCHEDULE_NAMES
from graphflow_nodes.tables import write_csv
from graphflow_nodes.values import Image, Model

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from graphflow_nodes.diffusion.schedules import ModelSampling


class Schedule(NamedTuple):
    """A schedule as a picture, and its noise levels to compute with."""

    figure: Image
    sigmas: list[float]
    csv: str


@node("PlotSchedule", category="look")
def plot_schedule(
    model: Model | None = None,
    *,
    scheduler: Annotated[str, Choice(SCHEDULE_NAMES)] = "simple",
    steps: Annotated[int, Range(1, 1000)] = 20,
    denoise: Annotated[float, Range(0.01, 1, step=0.01)] = 1.0,
    ctx: Context = SILENT,
) -> Schedule:
    """Draw beta, alpha-bar, sigma and the signal-to-noise ratio over the model's time, with the steps of a schedule.

    beta_t is the variance added at time t, alpha_bar_t = prod(1 - beta_s) what is left of the picture's variance (Ho
    et al. 2020, equation 4), sigma_t = sqrt((1 - alpha_bar_t) / alpha_bar_t) the noise level in the form x0 + sigma
    noise (Karras et al. 2022), SNR = 1 / sigma^2. Without a model: Stable Diffusion's own 1,000 times. `sigmas` are
    the noise levels of the schedule, the last one 0; `csv` has a line for each.
    """
    from graphflow_nodes.diffusion.schedules import SCHEDULES, ModelSampling, noise_levels
    from graphflow_nodes.models.pool import ModelPool

    sampling = ModelSampling.from_betas() if model is None else ctx.use(ModelPool).model(model.recipe).sampling
    levels = noise_levels(SCHEDULES[scheduler], sampling, steps, denoise).tolist()
    curves = curves_of(sampling, levels)
    title = f"{scheduler}, {steps} steps" + (f", denoise {denoise:g}" if denoise < 1 else "")
    figure = draw(lambda figure: paint_schedule(figure, curves, title), 1320, 780)
    return Schedule(Image(figure), levels, _csv(curves))


@dataclass(frozen=True, slots=True)
class Curves:
    """What a schedule looks like: four values at each of the model's times, and the steps, without the last 0."""

    beta: list[float]
    alpha_bar: list[float]
    sigma: list[float]
    snr: list[float]
    levels: list[float]
    times: list[float]


def curves_of(sampling: ModelSampling, levels: list[float]) -> Curves:
    """Compute the curves of a model, and the time of each noise level above 0."""
    from graphflow_nodes.diffusion.forward import alpha_bar, betas_of, signal_to_noise

    positive = [level for level in levels if level > 0]
    return Curves(
        betas_of(sampling.sigmas),
        [alpha_bar(sigma) for sigma in sampling.sigmas],
        list(sampling.sigmas),
        [signal_to_noise(sigma) for sigma in sampling.sigmas],
        positive,
        [sampling.timestep(level) for level in positive],
    )


def paint_schedule(figure: Figure, curves: Curves, title: str) -> None:
    """Paint the four curves over time and the steps taken, on two rows of axes."""
    figure.suptitle(f"Noise schedule: {title}", x=0.02, ha="left")
    axes = figure.subplots(2, 3)
    _curve(axes[0, 0], curves, curves.beta, "Noise added at each time", "beta", VIOLET)
    _curve(axes[0, 1], curves, curves.alpha_bar, "What is left of the picture", "alpha-bar", GREEN)
    _curve(axes[0, 2], curves, curves.snr, "Signal to noise", "SNR = 1 / sigma²", AMBER, log=True)
    _curve(axes[1, 0], curves, curves.sigma, "Noise level", "sigma", BLUE, log=True)
    _steps(axes[1, 1], curves.levels, "Noise level at each step", "sigma", log=True)
    _steps(axes[1, 2], curves.times, "Time at each step", "time t of the model")


def _curve(
    axes: Axes, curves: Curves, values: list[float], title: str, name: str, colour: str, *, log: bool = False
) -> None:
    """Draw one value over time, with a dot where a step falls."""
    times = range(len(values))
    axes.plot(times, values, color=colour)
    axes.plot(curves.times, [_between(values, t) for t in curves.times], "o", color=colour, markeredgecolor="white")
    axes.set(title=title, xlabel="time t of the model  (0 clean, last noisiest)", ylabel=name)
    if log:
        axes.set_yscale("log")
    else:
        axes.set_ylim(bottom=0)


def _steps(axes: Axes, values: list[float], title: str, name: str, *, log: bool = False) -> None:
    axes.plot(range(1, len(values) + 1), values, "o-", color=RED, markeredgecolor="white")
    axes.set(title=title, xlabel="step  (after the last: sigma = 0)", ylabel=name)
    axes.locator_params(axis="x", integer=True)
    if log:
        axes.set_yscale("log")


def _between(values: list[float], t: float) -> float:
    low = min(int(t), len(values) - 2)
    return values[low] + (values[low + 1] - values[low]) * (t - low)


def _csv(curves: Curves) -> str:
    from graphflow_nodes.diffusion.forward import alpha_bar, signal_to_noise

    return write_csv(
        {
            "step": range(1, len(curves.levels) + 1),
            "t": curves.times,
            "beta": [_between(curves.beta, t) for t in curves.times],
            "alpha_bar": [alpha_bar(level) for level in curves.levels],
            "sigma": curves.levels,
            "snr": [signal_to_noise(level) for level in curves.levels],
        }
    )
