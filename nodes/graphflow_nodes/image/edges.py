"""Pictures to their edges, for ControlNets that follow them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from graphflow.api import Checked, Facts, NodeError, Problem, Range, node
from graphflow_nodes.channels import with_channels
from graphflow_nodes.values import Image

THRESHOLD = Range(0.01, 0.99, step=0.01)
SWAP = "lines start where the edge is stronger than high_threshold and go on down to low_threshold"


def _check(values: Mapping[str, Any], _facts: Mapping[str, Facts]) -> Checked:
    low, high = values.get("low_threshold"), values.get("high_threshold")
    if low is None or high is None or low <= high:
        return Checked()
    return Checked((Problem("thresholds-reversed", _reversed(low, high), input="low_threshold", hint=SWAP),))


@node("Canny", category="image/preprocessors", check=_check)
def canny_edges(
    image: Image,
    *,
    low_threshold: Annotated[float, THRESHOLD] = 0.4,
    high_threshold: Annotated[float, THRESHOLD] = 0.8,
) -> Image:
    """Draw the edges of pictures as white lines on black, one pixel thick (Canny 1986).

    Lines start where an edge is stronger than the high threshold and go on while it is stronger than the low one. A
    step from black to white has the strength 2.5 to 2.8, so the thresholds 0.4 and 0.8 are about a sixth and a third
    of that. Edges are those of the grey picture: where two colours are equally bright there is none.
    """
    from graphflow_nodes.diffusion.edges import canny

    if low_threshold > high_threshold:
        raise NodeError(
            _reversed(low_threshold, high_threshold), code="thresholds-reversed", input="low_threshold", hint=SWAP
        )
    lines = canny(with_channels(image.tensor, 3), low_threshold, high_threshold)
    return Image(with_channels(lines.float()[..., None], 3).contiguous())


def _reversed(low: float, high: float) -> str:
    return f"low_threshold {low:g} is above high_threshold {high:g}"
