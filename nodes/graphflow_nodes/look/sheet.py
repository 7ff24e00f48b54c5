"""A batch of pictures on one sheet, each with its label."""

from __future__ import annotations

from math import ceil, sqrt
from typing import Annotated

from graphflow.api import Multiline, NodeError, Range, node
from graphflow_nodes.pictures import from_picture, to_bytes, to_picture
from graphflow_nodes.sheets import contact_sheet
from graphflow_nodes.values import Image


@node("ContactSheet", category="look")
def show_contact_sheet(
    images: Image,
    *,
    columns: Annotated[int, Range(0, 256)] = 0,
    labels: Annotated[str, Multiline()] = "",
) -> Image:
    """Lay a batch of pictures out on one sheet, row by row; 0 columns make it as square as possible.

    Each line of `labels` is written below the picture of its number; an empty line leaves one without.
    """
    lines, count = labels.rstrip().splitlines(), len(images.tensor)
    if len(lines) > count:
        raise NodeError(
            f"there are {len(lines)} labels for {count} pictures", input="labels", hint="write one label on each line"
        )
    pictures = [to_picture(each) for each in to_bytes(images.tensor)]
    across = min(columns or ceil(sqrt(count)), count)
    starts = range(0, count, across)
    sheet = contact_sheet(
        [pictures[start : start + across] for start in starts],
        captions=[lines[start : start + across] for start in starts],
    )
    return Image(from_picture(sheet))
