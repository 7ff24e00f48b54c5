"""Samplers against their formulas, written out a second time or integrated by scipy."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy import integrate

from graphflow_nodes.diffusion.samplers import SAMPLERS, Estimate
from graphflow_nodes.diffusion.samplers.euler import ancestral_split
from graphflow_nodes.diffusion.samplers.multistep import EVEN_WEIGHTS, adams_weights, vp_time
from tests.diffusion.gaussian import Gaussian, Mixture, drive

WORLD = Gaussian()
X = torch.tensor([10.0, -7.0, 3.0], dtype=torch.float64)


def test_euler_cfg_pp_puts_the_noise_of_the_unguided_estimate_on_the_guided_one() -> None:
    guided, unguided = Gaussian(mean=0.8), Gaussian(mean=-0.2)

    made = drive(SAMPLERS["euler_cfg_pp"], X, [5.0, 3.0, 1.0], guided, uncond=unguided)

    once = guided.denoise(X, 5.0) + (X - unguided.denoise(X, 5.0)) / 5 * 3
    torch.testing.assert_close(made, guided.denoise(once, 3.0) + (once - unguided.denoise(once, 3.0)) / 3 * 1)
    assert float((made - drive(SAMPLERS["euler"], X, [5.0, 3.0, 1.0], guided)).abs().min()) > 0.1


def test_euler_cfg_pp_is_euler_where_guidance_changes_nothing() -> None:
    euler, pp = (drive(SAMPLERS[name], X, [5.0, 3.0, 1.0, 0.0], WORLD) for name in ("euler", "euler_cfg_pp"))

    torch.testing.assert_close(pp, euler)


def test_euler_cfg_pp_refuses_to_guess_the_unguided_estimate() -> None:
    run = SAMPLERS["euler_cfg_pp"].start(X, [2.0, 1.0], lambda _here, _below: X)
    next(run)

    with pytest.raises(ValueError, match="unguided"):
        run.send(Estimate(X))


@pytest.mark.parametrize(("here", "below"), [(10.0, 7.0), (1.0, 0.1), (0.5, 0.0)])
def test_the_ancestral_split_keeps_the_variance_and_is_the_posterior_of_ddpm(here: float, below: float) -> None:
    down, up = ancestral_split(here, below)

    assert down**2 + up**2 == pytest.approx(below**2)
    # Ho et al. 2020, equation 7, in variance-exploding coordinates: weight of x_t in the posterior mean
    assert down / here == pytest.approx(below**2 / here**2)


def test_ddpm_is_algorithm_2_of_ho_et_al() -> None:
    """Written in the paper's letters, with epsilon, on x_t of the variance-preserving process."""
    levels, z = [5.0, 2.0, 0.7, 0.0], [torch.randn(3, dtype=torch.float64) for _ in range(3)]
    bars = [1 / (1 + sigma**2) for sigma in levels]
    x_t = X * math.sqrt(bars[0])
    for t, (sigma, bar, bar_next) in enumerate(zip(levels, bars, bars[1:], strict=False)):
        alpha = bar / bar_next
        eps = (x_t / math.sqrt(bar) - WORLD.denoise(x_t / math.sqrt(bar), sigma)) / sigma
        x_t = (x_t - (1 - alpha) / math.sqrt(1 - bar) * eps) / math.sqrt(alpha)
        x_t = x_t + math.sqrt((1 - bar_next) / (1 - bar) * (1 - alpha)) * z[t]

    made = drive(SAMPLERS["ddpm"], X, levels, WORLD, lambda here, _below: z[levels.index(here)])

    torch.testing.assert_close(made, x_t)


def test_ddim_is_equation_12_of_song_et_al_without_noise() -> None:
    levels = [5.0, 2.0, 0.7, 0.0]
    bars = [1 / (1 + sigma**2) for sigma in levels]
    x = X * math.sqrt(bars[0])
    for sigma, bar, bar_next in zip(levels, bars, bars[1:], strict=False):
        eps = (x / math.sqrt(bar) - WORLD.denoise(x / math.sqrt(bar), sigma)) / sigma
        predicted_x0 = (x - math.sqrt(1 - bar) * eps) / math.sqrt(bar)
        x = math.sqrt(bar_next) * predicted_x0 + math.sqrt(1 - bar_next) * eps

    torch.testing.assert_close(drive(SAMPLERS["ddim"], X, levels, WORLD), x)


def test_heunpp2_weighs_the_slopes_ahead_by_their_noise() -> None:
    a, b, c, d = 8.0, 5.0, 2.0, 1.0
    one, two, three = (X - WORLD.denoise(X, a)) / a, X * 0, X * 0
    ahead = X + one * (b - a)
    two = (ahead - WORLD.denoise(ahead, b)) / b
    ahead = ahead + two * (c - b)
    three = (ahead - WORLD.denoise(ahead, c)) / c
    x = X + (one * (1 - (b + c) / (3 * a)) + two * b / (3 * a) + three * c / (3 * a)) * (b - a)
    one = (x - WORLD.denoise(x, b)) / b  # the step before the last looks one step ahead
    ahead = x + one * (c - b)
    two = (ahead - WORLD.denoise(ahead, c)) / c
    x = x + (one * (1 - c / (2 * a)) + two * c / (2 * a)) * (c - b)
    x = x + (x - WORLD.denoise(x, c)) / c * (d - c)

    torch.testing.assert_close(drive(SAMPLERS["heunpp2"], X, [a, b, c, d], WORLD), x)


@pytest.mark.parametrize("known", [[3.0], [3.0, 4.5], [3.0, 3.9, 7.0], [0.5, 0.9, 1.0, 4.0]])
@pytest.mark.parametrize("below", [0.4, 0.1])
@pytest.mark.parametrize(("clock", "pieces", "near"), [(float, 1, 1e-10), (vp_time, 16, 2e-5), (math.log, 16, 1e-3)])
def test_adams_weights_are_the_integrals_of_the_lagrange_polynomials(
    known: list[float], below: float, clock: Callable[[float], float], pieces: int, near: float
) -> None:
    def lagrange(sigma: float, j: int) -> float:
        others = [clock(k) for i, k in enumerate(known) if i != j]
        return math.prod((clock(sigma) - other) / (clock(known[j]) - other) for other in others)

    expected = [integrate.quad(lagrange, known[0], below, args=(j,))[0] for j in range(len(known))]
    assert adams_weights(known, below, clock, pieces) == pytest.approx(expected, rel=near, abs=near)


def test_adams_weights_refuse_more_slopes_than_they_are_exact_for() -> None:
    with pytest.raises(ValueError, match="at most 4"):
        adams_weights([5.0, 6.0, 7.0, 8.0, 9.0], 4.0)


@pytest.mark.parametrize("slopes", [1, 2, 3, 4])
def test_the_even_weights_of_ipndm_are_those_of_an_even_grid(slopes: int) -> None:
    assert adams_weights([5.0 + back for back in range(slopes)], 4.0) == pytest.approx(
        [-weight for weight in EVEN_WEIGHTS[slopes - 1]]
    )


def test_ipndm_is_lms_on_an_even_grid_only() -> None:
    even, uneven = np.linspace(10, 1, 12).tolist(), np.geomspace(10, 1, 12).tolist()
    made = {
        (name, i): drive(SAMPLERS[name], X, grid, WORLD)
        for name in ("ipndm", "lms")
        for i, grid in enumerate((even, uneven))
    }

    torch.testing.assert_close(made["ipndm", 0], made["lms", 0])
    assert not torch.allclose(made["ipndm", 1], made["lms", 1])


def test_the_time_of_deis_runs_as_in_the_paper_of_its_constants() -> None:
    # Karras et al. 2022, table 1: beta_d 19.9 and beta_min 0.1 belong to other ends; both ends here are given
    assert vp_time(0.002) == pytest.approx(0.001)
    assert vp_time(80.0) == pytest.approx(1.0)


def test_dpmpp_2m_is_exact_in_its_first_step_for_a_constant_estimate() -> None:
    known = Gaussian(mean=0.7, std=0.0)  # all data is one point, so the estimate never changes

    torch.testing.assert_close(drive(SAMPLERS["dpmpp_2m"], X, [5.0, 2.0, 1.0], known), 0.7 + (X - 0.7) / 5)


@pytest.mark.parametrize("name", ["lms", "deis", "ipndm", "dpmpp_2m", "uni_pc", "uni_pc_bh2", "dpm_2", "heun"])
def test_higher_orders_pay_at_a_usual_number_of_steps(name: str) -> None:
    levels, world = np.geomspace(10, 0.2, 21).tolist(), Gaussian()
    exact = world.flow(X, 10.0, 0.2)

    euler, better = (float((drive(SAMPLERS[each], X, levels, world) - exact).abs().max()) for each in ("euler", name))

    assert better < euler / 5


def test_the_unipc_variants_differ_in_their_corrections_only() -> None:
    one, other = (drive(SAMPLERS[name], X, [8.0, 4.0, 2.0, 1.0], Mixture()) for name in ("uni_pc", "uni_pc_bh2"))

    assert 0 < float((one - other).abs().max()) < 0.2
