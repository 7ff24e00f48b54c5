from __future__ import annotations

import math
import time
from itertools import pairwise

import numpy as np
import pytest
import torch

from graphflow_nodes.diffusion.noise import initial_noise, step_noise

LATENT = torch.zeros(3, 4, 8, 8)
MANY = torch.zeros(1, 4, 128, 128, dtype=torch.float64)  # enough numbers to measure moments


def length(here: float, below: float) -> float:
    """Time passes as 1 / sigma^2 in the reverse SDE: the root of it is the spread of the path's increment."""
    return math.sqrt(1 / below**2 - 1 / here**2)


@pytest.mark.parametrize(("top", "middle", "bottom"), [(14.6, 3.0, 0.5), (2.0, 1.99, 1.98), (14.6, 0.03, 0.0293)])
def test_the_noise_of_an_interval_is_the_sum_of_the_noises_of_its_parts(
    top: float, middle: float, bottom: float
) -> None:
    noise = step_noise(MANY, seed=5)

    parts = noise(top, middle) * length(top, middle) + noise(middle, bottom) * length(middle, bottom)

    torch.testing.assert_close(noise(top, bottom), parts / length(top, bottom), rtol=0, atol=2e-3)


@pytest.mark.parametrize(("here", "below"), [(14.6, 12.0), (1.0, 0.999), (0.03, 0.001), (1e4, 1e-4)])
def test_the_noise_of_every_interval_is_unit_normal(here: float, below: float) -> None:
    values = step_noise(MANY, seed=1)(here, below).numpy().ravel()

    assert values.mean() == pytest.approx(0, abs=0.015)  # 4 standard errors of 65,536 values
    assert values.std() == pytest.approx(1, abs=0.012)
    assert (values**4).mean() == pytest.approx(3, abs=0.16)


def test_noises_of_intervals_that_do_not_overlap_are_independent() -> None:
    noise = step_noise(MANY, seed=2)
    levels = [14.6, 9.0, 8.9, 2.0, 0.3, 0.03]
    rows = [noise(here, below).numpy().ravel() for here, below in pairwise(levels)]
    rows.append(initial_noise(MANY, 2).numpy().ravel())

    np.testing.assert_allclose(np.corrcoef(rows), np.eye(len(rows)), atol=0.02)


def test_the_noise_does_not_depend_on_what_was_asked_before() -> None:
    in_order, alone = step_noise(LATENT, 7), step_noise(LATENT, 7)
    for here in (14.0, 9.0, 5.0, 2.5):
        in_order(here, here - 1)

    assert torch.equal(in_order(2.0, 1.0), alone(2.0, 1.0))


def test_one_item_of_a_batch_has_its_own_path_that_can_be_drawn_alone() -> None:
    batch = step_noise(LATENT, 9)(2.0, 1.0)

    assert torch.equal(step_noise(LATENT[:1], 9, batch_index=[2])(2.0, 1.0), batch[2:])
    assert not torch.allclose(batch[0], batch[1])


def test_seeds_that_differ_in_their_upper_bits_only_draw_different_paths() -> None:
    assert not torch.allclose(step_noise(LATENT, 3)(2.0, 1.0), step_noise(LATENT, 3 + 2**40)(2.0, 1.0))


def test_noise_levels_that_are_as_good_as_equal_draw_finite_noise() -> None:
    noise = step_noise(MANY, 3)(1.0, 1.0 - 1e-8)

    assert float(noise.std()) == pytest.approx(1, abs=0.02)


def test_step_noise_has_the_dtype_of_the_latent() -> None:
    assert step_noise(LATENT.half(), 1)(2.0, 1.0).dtype == torch.float16


def test_a_batch_index_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="names 2 items, the latent holds 3"):
        step_noise(LATENT, 9, batch_index=[0, 1])


def test_drawing_costs_little_beside_a_network() -> None:
    noise = step_noise(torch.zeros(1, 4, 64, 64), 1)
    levels = np.geomspace(14.6, 0.03, 21).tolist()
    started = time.process_time()
    for here, below in pairwise(levels):
        noise(here, below)

    assert (time.process_time() - started) / 20 < 0.02  # a forward of Stable Diffusion at this size takes 1 s of CPU
