"""A batch of pictures on one sheet, each with its label."""

from __future__ import annotations

from math import ceil, sqrt
from typing import Annotated

from graphflow.api import Multiline, NodeError, Range, node
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
    import numpy as np
    import torch
    from PIL import Image as Pillow

    lines, count = labels.rstrip().splitlines(), len(images.tensor)
    if len(lines) > count:
        raise NodeError(
            f"there are {len(lines)} labels for {count} pictures", input="labels", hint="write one label on each line"
        )
    pixels = (images.tensor.nan_to_num().clamp(0, 1) * 255).round().to(torch.uint8).numpy()
    pictures = [Pillow.fromarray(each[:, :, 0] if each.shape[2] == 1 else each) for each in pixels]
    across = min(columns or ceil(sqrt(count)), count)
    starts = range(0, count, across)
    sheet = contact_sheet(
        [pictures[start : start + across] for start in starts],
        captions=[lines[start : start + across] for start in starts],
    )
    return Image(torch.from_numpy(np.array(sheet)).float()[None] / 255)
