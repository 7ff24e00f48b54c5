from __future__ import annotations

import csv
from io import StringIO

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from graphflow_nodes.diffusion.samplers import SAMPLERS
from graphflow_nodes.look.recorded import Moment, Record
from graphflow_nodes.look.vectors import Pair, lengths_csv, lengths_of, paint_vectors
from tests.diffusion.gaussian import Gaussian, drive


def pair(cond: tuple[float, float], uncond: tuple[float, float], sigma: float = 2.0) -> Pair:
    """Two noise estimates that point where we say, in a plane."""
    one, other = (torch.tensor(eps).view(1, 1, 1, 2) for eps in (cond, uncond))
    return Pair(sigma, one, other)


def test_lengths_and_the_angle_are_those_of_the_two_noise_estimates() -> None:
    found = lengths_of([pair((3.0, 4.0), (5.0, 0.0))], 2.5, lambda sigma: 100 * sigma)

    root = 2**0.5  # two elements
    assert found.cond == pytest.approx([5 / root], rel=1e-5)
    assert found.uncond == pytest.approx([5 / root], rel=1e-5)
    assert found.difference == pytest.approx([20**0.5 / root], rel=1e-5)
    assert found.guided == pytest.approx([100**0.5 / root], rel=1e-5)  # (5, 0) + 2.5 (-2, 4) = (0, 10)
    assert found.angle == pytest.approx([np.degrees(np.arccos(0.6))], rel=1e-5)
    assert found.t == [200.0]


@pytest.mark.parametrize("degrees", [1e-3, 45.0, 179.0])
def test_angles_are_right_however_small_or_wide(degrees: float) -> None:
    angle = np.radians(degrees)

    found = lengths_of([pair((2 * np.cos(angle), 2 * np.sin(angle)), (1.0, 0.0))], 1.0, float)

    assert found.angle == pytest.approx([degrees], rel=2e-3)


def test_recording_a_sampler_changes_nothing_and_notes_every_estimate() -> None:
    x, sigmas, world = torch.ones(1, 4, 4, 4) * 8, [8.0, 3.0, 1.0, 0.0], Gaussian()
    record = Record()

    noted = drive(record.around(SAMPLERS["dpmpp_2m"]), x, sigmas, world)

    assert torch.equal(noted, drive(SAMPLERS["dpmpp_2m"], x, sigmas, world))
    assert [each.sigma for each in record.moments] == [8.0, 3.0, 1.0]
    for each in record.moments:
        assert torch.equal(each.x0, world.denoise(each.x, each.sigma))


def test_the_figure_and_the_table_show_each_step() -> None:
    pairs = [pair((3.0, 4.0), (5.0, 0.0), sigma) for sigma in (4.0, 2.0, 1.0)]
    found = lengths_of(pairs, 2.0, lambda sigma: sigma)
    figure = Figure()

    paint_vectors(figure, found, 2.0)

    rows = list(csv.DictReader(StringIO(lengths_csv(found))))
    assert [float(row["sigma"]) for row in rows] == [4.0, 2.0, 1.0]
    lines = {line.get_label(): np.asarray(line.get_ydata()) for axes in figure.axes for line in axes.lines}
    np.testing.assert_allclose(lines["with prompt"], [float(row["conditioned"]) for row in rows])
    assert all(axes.get_xlabel() and axes.get_ylabel() for axes in figure.axes)


@pytest.mark.parametrize("name", ["euler", "heun", "dpm_2", "dpmpp_2m", "uni_pc", "lms"])
def test_each_step_begins_where_the_step_before_has_led(name: str) -> None:
    x, sigmas, world = torch.ones(1, 4, 4, 4) * 8, [8.0, 3.0, 1.0, 0.5, 0.0], Gaussian()
    record = Record()
    drive(record.around(SAMPLERS[name]), x, sigmas, world)

    begun = record.by_step()

    assert list(begun) == [1, 2, 3, 4]
    assert [begun[step].sigma for step in begun] == pytest.approx(sigmas[:-1])
    for step in (2, 3, 4):
        shorter = drive(SAMPLERS[name], x, sigmas[:step], world)  # the same way, ended there
        torch.testing.assert_close(begun[step].x, shorter, rtol=0.05, atol=0.05)


def test_a_sampler_with_levels_of_its_own_has_a_moment_for_each_step_it_passes() -> None:
    def at(sigma: float) -> Moment:
        return Moment(torch.full((1,), sigma), sigma, torch.zeros(1))

    begun = Record([8.0, 3.0, 1.0, 0.5, 0.0], [at(8.0), at(6.0), at(2.9), at(2.0), at(0.4)]).by_step()

    assert {step: moment.sigma for step, moment in begun.items()} == {1: 8.0, 2: 2.9, 4: 0.4}
