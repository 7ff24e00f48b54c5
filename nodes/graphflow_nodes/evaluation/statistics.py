"""The formulas by which sets of pictures are compared: pure functions on features and probabilities, in doubles."""

from __future__ import annotations

import torch
from torch import Tensor

TINY = 1e-16
"""A probability below this counts as this one: 0 log 0 is 0."""


def gaussian_of(features: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean (d,) and unbiased covariance (d, d) of features (n, d), n at least 2."""
    features = features.double()
    mean = features.mean(dim=0)
    away = features - mean
    return mean, away.T @ away / (len(features) - 1)


def frechet_distance(mean1: Tensor, covariance1: Tensor, mean2: Tensor, covariance2: Tensor) -> float:
    """Return the squared Fréchet distance of two Gaussians; Dowson & Landau 1982, Heusel et al. 2017, equation 6.

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)). The trace of the root is that of (C1^(1/2) C2 C1^(1/2))^(1/2), whose
    matrix is symmetric, so its eigenvalues are real and never below 0 but by rounding.
    """
    root = square_root(covariance1)
    between = torch.linalg.eigvalsh(_symmetric(root @ covariance2.double() @ root)).clamp(min=0).sqrt().sum()
    away = (mean1.double() - mean2.double()).square().sum()
    distance = away + covariance1.double().trace() + covariance2.double().trace() - 2 * between
    return float(distance.clamp(min=0))


def square_root(matrix: Tensor) -> Tensor:
    """Return the root of a symmetric matrix without negative eigenvalues, (d, d)."""
    values, vectors = torch.linalg.eigh(_symmetric(matrix.double()))
    root: Tensor = (vectors * values.clamp(min=0).sqrt()) @ vectors.T
    return root


def inception_score(probabilities: Tensor, splits: int = 1) -> tuple[float, float]:
    """Return mean and deviation over splits of exp(E_x KL(p(y|x) || p(y))); Salimans et al. 2016, section 4.

    `probabilities` are p(y|x), (pictures, classes); p(y) is their mean within a split. The score lies between 1 and
    the number of classes.
    """
    scores = []
    for part in torch.tensor_split(probabilities.double(), splits):
        marginal = part.mean(dim=0, keepdim=True)
        gain = part * (part.clamp(min=TINY).log() - marginal.clamp(min=TINY).log())
        scores.append(gain.sum(dim=1).mean().exp())
    found = torch.stack(scores)
    return float(found.mean()), float(found.std(correction=0))


def cosines(one: Tensor, other: Tensor) -> Tensor:
    """Return the cosine of the angle between every row of one (n, d) and every row of the other (m, d): (n, m)."""
    one, other = (each / each.norm(dim=1, keepdim=True).clamp(min=1e-12) for each in (one.double(), other.double()))
    return one @ other.T


def class_probabilities(likeness: Tensor, temperature: float) -> Tensor:
    """Return the softmax over classes of likeness (pictures, classes) divided by a temperature."""
    return (likeness.double() / temperature).softmax(dim=1)


def _symmetric(matrix: Tensor) -> Tensor:
    return (matrix + matrix.T) / 2
