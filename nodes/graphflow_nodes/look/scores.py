"""Wishes for pictures as nodes: what ClassifierGuidance steers by."""

from __future__ import annotations

from typing import Annotated, Final

from graphflow.api import Choice, NodeError, Range, node
from graphflow_nodes.facts import pass_on
from graphflow_nodes.scores import PICTURES, Score, guided_by
from graphflow_nodes.values import Model

SHARE: Final = Range(0, 1, step=0.01)
TOLERANCE: Final = Range(0.01, 10, step=0.01)


@node("ScoreColour", category="look/scores")
def score_colour(
    colour: str = "red",
    *,
    tolerance: Annotated[float, TOLERANCE] = 0.3,
    picture: Annotated[str, Choice(PICTURES)] = "latent",
    width: Annotated[float, SHARE] = 1.0,
    height: Annotated[float, SHARE] = 1.0,
    x: Annotated[float, SHARE] = 0.0,
    y: Annotated[float, SHARE] = 0.0,
) -> Score:
    """Wish for a mean colour of a region: a name such as `red`, or `#d9482b`.

    log p = -n / 2 |mean - colour|^2 / tolerance^2, where n is the number of latent cells in the region: the smaller
    the tolerance, the stronger the pull. The region is given in shares of the picture. `latent` judges the colours of
    the latent by one linear map and is quick; `decoded` judges the decoded picture, and costs a pass through the
    decoder and back at each step.
    """
    from PIL import ImageColor

    try:
        red, green, blue = (level / 255 for level in ImageColor.getrgb(colour)[:3])
    except ValueError as error:
        raise NodeError(
            f"{colour!r} is no colour", input="colour", hint="write a name such as red, or #d9482b"
        ) from error
    where = {"width": width, "height": height, "x": x, "y": y}
    return Score.of("colour", picture=picture, red=red, green=green, blue=blue, tolerance=tolerance, **where)


@node("ScoreBrightness", category="look/scores")
def score_brightness(
    brightness: Annotated[float, SHARE] = 0.2,
    *,
    tolerance: Annotated[float, TOLERANCE] = 0.3,
    picture: Annotated[str, Choice(PICTURES)] = "latent",
    width: Annotated[float, SHARE] = 1.0,
    height: Annotated[float, SHARE] = 1.0,
    x: Annotated[float, SHARE] = 0.0,
    y: Annotated[float, SHARE] = 0.0,
) -> Score:
    """Wish for a mean brightness of a region, 0 black to 1 white.

    log p = -n / 2 (mean - brightness)^2 / tolerance^2 with the luminance of ITU-R BT.709; the rest as in ScoreColour.
    """
    where = {"width": width, "height": height, "x": x, "y": y}
    return Score.of("brightness", picture=picture, brightness=brightness, tolerance=tolerance, **where)


@node("ClassifierGuidance", category="look", check=pass_on("model"))
def classifier_guidance(
    model: Model, score: Score, *, scale: Annotated[float, Range(-100, 100, step=0.1)] = 1.0
) -> Model:
    """Make every sampler of this model follow a score as well as the prompt.

    At each step x0 becomes x0 + scale sigma^2 grad_x log p(wish | x) (Dhariwal and Nichol 2021, algorithm 1, where
    sigma is the noise level). The score judges the picture that is to be seen, x0, so it needs no training on noise,
    and dx0/dx is taken as 1 / (sigma^2 + 1). A scale of 1 is Bayes' rule, more exaggerates, and far more overshoots;
    below 0 it goes away from the wish. Several of these nodes in a row act one after the other.
    """
    return Model(guided_by(model.recipe, score, scale))
