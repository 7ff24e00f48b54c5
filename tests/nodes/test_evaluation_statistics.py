"""Formulas of scores, against closed forms and scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from torch import Tensor
from torch.testing import assert_close

from graphflow_nodes.evaluation.statistics import (
    class_probabilities,
    cosines,
    frechet_distance,
    gaussian_of,
    inception_score,
    square_root,
)


def numbers(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def covariance(size: int, seed: int, rank: int | None = None) -> Tensor:
    factor = numbers(size, rank or size, seed=seed)
    return factor @ factor.T


def test_mean_and_covariance_are_numpys() -> None:
    features = numbers(40, 6).float()

    mean, spread = gaussian_of(features)

    assert_close(mean.numpy(), features.double().numpy().mean(axis=0))
    assert_close(spread.numpy(), np.cov(features.double().numpy(), rowvar=False))


@pytest.mark.parametrize("rank", [7, 3])
def test_the_root_is_scipys_and_its_square_is_the_matrix(rank: int) -> None:
    matrix = covariance(7, seed=1, rank=rank)

    assert_close(square_root(matrix) @ square_root(matrix), matrix, rtol=0, atol=1e-10)
    if rank == 7:  # scipy's root of a singular matrix is not exact
        assert_close(square_root(matrix), torch.from_numpy(sqrtm(matrix.numpy()).real), rtol=1e-8, atol=1e-8)


def test_two_gaussians_that_do_not_share_axes_have_the_distance_that_scipy_gives() -> None:
    (mean1, mean2), (one, other) = (numbers(5, seed=3), numbers(5, seed=4)), (covariance(5, 5), covariance(5, 6))

    apart = float((mean1 - mean2).square().sum() + torch.trace(one + other))
    want = apart - 2 * float(np.trace(sqrtm((one @ other).numpy()).real))
    assert frechet_distance(mean1, one, mean2, other) == pytest.approx(want, rel=1e-9)
    assert frechet_distance(mean2, other, mean1, one) == pytest.approx(want, rel=1e-9)


def test_gaussians_along_the_axes_have_the_distance_of_their_deviations() -> None:
    """In one dimension: (m1 - m2)^2 + (s1 - s2)^2, and axes add up."""
    deviations = torch.tensor([[1.0, 2.0, 0.0], [3.0, 2.5, 1.0]], dtype=torch.float64)
    means = torch.tensor([[0.0, 1.0, 0.0], [2.0, 1.0, -1.0]], dtype=torch.float64)

    found = frechet_distance(means[0], deviations[0].square().diag(), means[1], deviations[1].square().diag())

    assert found == pytest.approx((4 + 0 + 1) + (4 + 0.25 + 1))


def test_the_distance_from_itself_is_nothing() -> None:
    assert frechet_distance(numbers(9), covariance(9, 1, 4), numbers(9), covariance(9, 1, 4)) == pytest.approx(
        0, abs=1e-5
    )


def test_samples_of_two_gaussians_come_near_their_distance() -> None:
    one, other = numbers(20_000, 3, seed=1), numbers(20_000, 3, seed=2) * 2 + 1

    assert frechet_distance(*gaussian_of(one), *gaussian_of(other)) == pytest.approx(3 * 1 + 3 * 1, rel=0.05)


@pytest.mark.parametrize(
    ("probabilities", "score"),
    [
        (torch.eye(4), 4.0),  # each sure, all classes: the number of classes
        (torch.full((8, 4), 0.25), 1.0),  # each unsure
        (torch.tensor([[1.0, 0, 0]] * 5), 1.0),  # all the same
        (torch.tensor([[1.0, 0], [0, 1], [0, 1], [0, 1]]), math.exp(-0.25 * math.log(0.25) - 0.75 * math.log(0.75))),
        (torch.tensor([[0.9, 0.1], [0.1, 0.9]]), math.exp(0.9 * math.log(1.8) + 0.1 * math.log(0.2))),
    ],
)
def test_the_inception_score_of_distributions_made_by_hand(probabilities: Tensor, score: float) -> None:
    assert inception_score(probabilities)[0] == pytest.approx(score)


def test_splits_are_scored_alone() -> None:
    probabilities = torch.cat([torch.eye(2), torch.tensor([[1.0, 0.0], [1.0, 0.0]])])

    assert inception_score(probabilities, 2) == pytest.approx((1.5, 0.5))


def test_cosines_and_their_softmax() -> None:
    one, other = torch.tensor([[2.0, 0.0], [1.0, 1.0]]), torch.tensor([[0.0, 3.0], [5.0, 0.0]])

    alike = cosines(one, other)

    half = math.sqrt(0.5)
    assert_close(alike, torch.tensor([[0.0, 1.0], [half, half]], dtype=torch.float64))
    sure = 1 / (1 + math.exp(-1 / 0.5))
    assert_close(class_probabilities(alike, 0.5)[0], torch.tensor([1 - sure, sure], dtype=torch.float64))
