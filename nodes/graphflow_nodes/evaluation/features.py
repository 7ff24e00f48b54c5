"""Extractors: from pictures to the numbers by which sets of them are compared."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from graphflow.api import SILENT, Context, Multiline, Range, node
from graphflow_nodes.evaluation.encoders import lines_of
from graphflow_nodes.evaluation.sockets import Encoders, Features
from graphflow_nodes.values import Image


class Classified(NamedTuple):
    """The probability of every class for every picture, (pictures, classes), and the likeliest class of each."""

    probabilities: Features
    classes: str


@node("PixelFeatures", category="evaluation")
def pixel_features(images: Image, *, side: Annotated[int, Range(1, 64)] = 4) -> Features:
    """Take colours as features: pictures shrunk to side x side pixels, three numbers each. The baseline of extractors."""
    from torch.nn.functional import interpolate

    small = interpolate(images.tensor[..., :3].movedim(-1, 1), (side, side), mode="area")
    return Features(small.flatten(1), f"pixels {side} x {side}")


@node("ContrastiveFeatures", category="evaluation")
def contrastive_features(images: Image, encoders: Encoders, *, ctx: Context = SILENT) -> Features:
    """Take what the picture tower of a contrastive pair sees as features: unit vectors."""
    from graphflow_nodes.models.pool import ModelPool

    rows = ctx.use(ModelPool).encoders(encoders.recipe).pictures(images.tensor)
    return Features(rows, f"contrastive {encoders.recipe.checkpoint.sha256[:12]}")


@node("ClassifyPictures", category="evaluation")
def classify_pictures(
    images: Image,
    encoders: Encoders,
    *,
    classes: Annotated[str, Multiline()],
    temperature: Annotated[float, Range(0.001, 10, step=0.001)] = 0.01,
    ctx: Context = SILENT,
) -> Classified:
    """Sort pictures into classes that are said in words, one a line, without training: Radford et al. 2021, section 3.1.

    A class's probability is the softmax over the likeness to all lines, divided by a temperature; 0.01 is CLIP's.
    """
    from graphflow_nodes.evaluation.statistics import class_probabilities, cosines
    from graphflow_nodes.models.pool import ModelPool

    lines = lines_of(classes, "classes")
    pair = ctx.use(ModelPool).encoders(encoders.recipe)
    likely = class_probabilities(cosines(pair.pictures(images.tensor), pair.captions(lines)), temperature)
    found = "\n".join(lines[best] for best in likely.argmax(dim=1).tolist())
    return Classified(Features(likely.float(), f"probabilities of {len(lines)} classes"), found)
