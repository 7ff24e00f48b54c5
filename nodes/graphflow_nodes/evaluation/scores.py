"""Scores of sets of pictures."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from graphflow.api import SILENT, Context, NodeError, Range, node
from graphflow_nodes.evaluation.sockets import Features

SUM_OFF = 1e-3
"""How far the sum of probabilities may be from 1."""


class Distance(NamedTuple):
    """The distance, and what it was measured on."""

    distance: float
    report: str


class Score(NamedTuple):
    """The score, its deviation over the splits, and what it was measured on."""

    score: float
    deviation: float
    report: str


@node("FrechetDistance", category="evaluation")
def frechet_distance(features: Features, reference: Features, *, ctx: Context = SILENT) -> Distance:
    """Measure how far apart two sets of pictures are: the squared Fréchet distance of Gaussians around their features.

    Heusel et al. 2017 (FID, where the features are those of an Inception network; here they are the extractor's that
    is linked, so numbers of different extractors cannot be compared). 0 is the same mean and covariance. It needs more
    pictures than features have dimensions on both sides, better ten times as many: fewer give too large a distance,
    and the report says so.
    """
    from graphflow_nodes.evaluation import statistics

    _same_extractor(features, reference)
    for input, each in (("features", features), ("reference", reference)):
        if len(each.rows) < 2:
            raise NodeError("one picture has no covariance", input=input, hint="give at least two, better thousands")
    gaussians = [number for each in (features, reference) for number in statistics.gaussian_of(each.rows)]
    distance = statistics.frechet_distance(*gaussians)
    dimensions, fewest = features.rows.shape[1], min(len(features.rows), len(reference.rows))
    lines = [
        f"distance: {distance:.6g}",
        f"extractor: {features.extractor}, {dimensions} dimensions",
        f"pictures: {len(features.rows)} and {len(reference.rows)}",
    ]
    if fewest <= dimensions:
        note = f"too few pictures: {fewest} for {dimensions} dimensions, so the distance is too large and depends on the number"
        ctx.log(note)
        lines.append(note)
    return Distance(distance, "\n".join(lines))


@node("InceptionScore", category="evaluation")
def inception_score(
    probabilities: Features, *, splits: Annotated[int, Range(1, 100)] = 1, ctx: Context = SILENT
) -> Score:
    """Score pictures by how clearly each shows one class and how many classes all show: exp E KL(p(y|x) || p(y)).

    Salimans et al. 2016, with the class probabilities that are linked in place of an Inception network's. From 1 to
    the number of classes. Fewer pictures than classes cannot reach the top, and the report says so.
    """
    from graphflow_nodes.evaluation import statistics

    rows = probabilities.rows
    if (rows < -SUM_OFF).any() or (rows.sum(dim=1) - 1).abs().max() > SUM_OFF:
        raise NodeError(
            f"these are no probabilities: {probabilities.extractor}",
            input="probabilities",
            hint="link ClassifyPictures, or another node whose rows add up to 1",
        )
    if splits > len(rows):
        raise NodeError(f"{len(rows)} pictures cannot be split into {splits} parts", input="splits")
    score, deviation = statistics.inception_score(rows, splits)
    count, classes = len(rows) // splits, rows.shape[1]
    lines = [f"score: {score:.4f} of {classes}, deviation {deviation:.4f}", f"pictures: {len(rows)} in {splits} parts"]
    if count < classes:
        note = f"too few pictures: {count} in a part for {classes} classes, so the score cannot rise above {count}"
        ctx.log(note)
        lines.append(note)
    return Score(score, deviation, "\n".join(lines))


def _same_extractor(one: Features, other: Features) -> None:
    if one.extractor != other.extractor or one.rows.shape[1] != other.rows.shape[1]:
        raise NodeError(
            f"features of {one.extractor} cannot be compared with features of {other.extractor}",
            input="reference",
            hint="use the same extractor for both sets of pictures",
        )
