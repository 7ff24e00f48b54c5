"""How fast the error of each sampler falls: the orders that the table states, measured against the exact flow."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy import integrate

from graphflow_nodes.diffusion.samplers import SAMPLERS, Sampler
from graphflow_nodes.diffusion.samplers.dpm_solver import dpm_adaptive, fast_orders
from graphflow_nodes.diffusion.samplers.sde import dpmpp_2m_sde, dpmpp_3m_sde
from tests.diffusion.gaussian import Gaussian, Mixture, drive

WORLD, HIGH, LOW = Gaussian(), 10.0, 0.2
X = torch.tensor([10.0, -7.0, 3.0], dtype=torch.float64)
Grid = Callable[[int], list[float]]


def ramp(steps: int) -> list[float]:
    """Noise levels that set out and arrive slowly, so that the low order of first and last steps does not show."""
    s = np.linspace(0, 1, steps + 1)
    return np.exp(np.interp(s**3 * (10 - 15 * s + 6 * s**2), [0, 1], np.log([HIGH, LOW]))).tolist()  # type: ignore[no-any-return]  # numpy says Any


def geometric(steps: int) -> list[float]:
    return np.geomspace(HIGH, LOW, steps + 1).tolist()  # type: ignore[no-any-return]  # numpy says Any


def error(sampler: Sampler, levels: list[float], x: torch.Tensor = X) -> float:
    exact = WORLD.flow(x, levels[0], levels[-1])
    return float((drive(sampler, x, levels, WORLD) - exact).abs().max())


def slopes(sampler: Sampler, counts: list[int], grid: Grid) -> list[float]:
    errors = [error(sampler, grid(steps)) for steps in counts]
    lengths = [math.log(fine / coarse) for coarse, fine in pairwise(counts)]
    return [math.log(a / b) / length for (a, b), length in zip(pairwise(errors), lengths, strict=True)]


ODE = [name for name, sampler in SAMPLERS.items() if not sampler.stochastic]
OWN_GRID = ("ipndm", "dpm_fast", "dpm_adaptive")  # each has its own test below


@pytest.mark.parametrize("name", [name for name in ODE if name not in OWN_GRID])
def test_the_error_falls_at_the_stated_order(name: str) -> None:
    measured = slopes(SAMPLERS[name], [80, 160, 320], ramp)

    assert measured == pytest.approx([SAMPLERS[name].order] * 2, abs=0.3)


@pytest.mark.parametrize("name", ["lms", "ipndm", "dpmpp_2m", "uni_pc", "uni_pc_bh2"])
def test_steps_of_equal_length_bound_the_order_by_that_of_the_first_and_last(name: str) -> None:
    (measured,) = slopes(SAMPLERS[name], [640, 1280], geometric)

    assert measured == pytest.approx(2, abs=0.3)


def test_ipndm_has_its_order_where_the_levels_are_even() -> None:
    # it starts where the flow is as good as straight, so that the first Euler steps do not show
    x = X * 4
    counts = [640, 1280, 2560]

    errors = [error(SAMPLERS["ipndm"], np.linspace(40.0, 2.0, steps + 1).tolist(), x) for steps in counts]

    measured = [math.log2(coarse / fine) for coarse, fine in pairwise(errors)]
    assert measured == pytest.approx([SAMPLERS["ipndm"].order] * 2, abs=0.3)


def test_dpm_fast_has_its_order_where_the_last_step_is_of_order_2() -> None:
    assert slopes(SAMPLERS["dpm_fast"], [80, 161, 320], geometric) == pytest.approx([3, 3], abs=0.3)


def test_dpm_fast_spends_as_many_evaluations_as_there_are_steps() -> None:
    assert [fast_orders(n) for n in (1, 2, 3, 4, 5, 6)] == [[1], [2], [2, 1], [3, 1], [3, 2], [3, 2, 1]]
    assert all(sum(fast_orders(n)) == n for n in range(1, 100))


def adaptive(tolerance: float) -> tuple[int, float]:
    asked = list[float]()
    sampler = Sampler(lambda x, sigmas: dpm_adaptive(x, sigmas, rtol=tolerance, atol=tolerance), 3, "")
    made = drive(sampler, X, [HIGH, LOW], WORLD, seen=asked.append)
    return len(asked), float((made - WORLD.flow(X, HIGH, LOW)).abs().max())


def test_dpm_adaptive_has_its_order_in_the_evaluations_that_a_tolerance_costs() -> None:
    (few, coarse), (many, fine) = adaptive(1e-5), adaptive(1e-8)

    assert math.log(coarse / fine) / math.log(many / few) == pytest.approx(3, abs=0.3)


def test_dpm_adaptive_keeps_near_the_flow_and_asks_more_where_it_must() -> None:
    easy, hard = list[float](), list[float]()

    made = drive(SAMPLERS["dpm_adaptive"], X, [HIGH, LOW], WORLD, seen=easy.append)
    drive(SAMPLERS["dpm_adaptive"], X, [HIGH, LOW], Mixture(std=0.02), seen=hard.append)

    torch.testing.assert_close(made, WORLD.flow(X, HIGH, LOW), rtol=0, atol=0.03)  # of 0.05 of x at each step
    assert 10 < len(easy) < 30
    assert len(hard) > len(easy)


def test_dpm_adaptive_does_not_look_at_the_levels_between() -> None:
    few, many = ([HIGH, LOW, 0.0], [*geometric(30), 0.0])

    assert torch.equal(*(drive(SAMPLERS["dpm_adaptive"], X, levels, WORLD) for levels in (few, many)))


def test_dpm_adaptive_ends_when_the_estimate_is_no_number() -> None:
    made = drive(SAMPLERS["dpm_adaptive"], X, [HIGH, LOW, 0.0], Gaussian(mean=math.nan))

    assert made.isnan().all()


@pytest.mark.parametrize(("method", "order"), [(dpmpp_2m_sde, 2), (dpmpp_3m_sde, 3)])
def test_the_sde_methods_without_noise_have_the_order_of_their_estimates(
    method: Callable[..., object], order: int
) -> None:
    sampler = Sampler(lambda x, sigmas: method(x, sigmas, lambda _here, _below: x * 0, eta=0.0), order, "")  # type: ignore[arg-type, return-value]  # a method's full type says no more here

    assert slopes(sampler, [80, 160, 320], ramp) == pytest.approx([order] * 2, abs=0.3)


@pytest.mark.parametrize("name", ODE)
def test_every_ode_sampler_finds_the_end_of_a_flow_that_bends(name: str) -> None:
    world = Mixture()
    x = torch.linspace(-12, 12, 25, dtype=torch.float64)

    def slope(sigma: float, x: np.ndarray[tuple[int], np.dtype[np.float64]]) -> object:
        return ((torch.tensor(x) - world.denoise(torch.tensor(x), sigma)) / sigma).numpy()

    exact = integrate.solve_ivp(slope, (HIGH, LOW), x.numpy(), rtol=1e-9, atol=1e-9).y[:, -1]

    made = drive(SAMPLERS[name], x, ramp(200), world)
    order = SAMPLERS[name].order
    assert order is not None
    room = {"dpm_adaptive": 0.02}.get(name, 0.1 if order == 1 else 0.01)
    np.testing.assert_allclose(made.numpy(), exact, rtol=0, atol=room)
