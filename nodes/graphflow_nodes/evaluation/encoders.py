"""A contrastive pair of encoders, and how alike pictures and captions are to it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Annotated, NamedTuple

from graphflow.api import SILENT, Context, File, Folder, Multiline, NodeError, node
from graphflow_nodes.drawing import INK, RED, draw
from graphflow_nodes.evaluation.sockets import Encoders
from graphflow_nodes.models.header import ModelFileError
from graphflow_nodes.models.recipes import EncodersRecipe, Source
from graphflow_nodes.tables import write_rows
from graphflow_nodes.values import Clip, Image

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from torch import Tensor

PAIRS = Folder("clip_vision", (), bundle="config.json")
LINE, WRAP = 64, 17
"""Characters of a caption that are shown, and of each of its lines."""
NARROWEST = 380
"""Pixels that the title takes."""
CROWDED = 24
CROWDED_SIZE = (900, 900)
"""Rows or columns from which on a heat map has colours only, and its size in pixels."""


class Similarity(NamedTuple):
    """How alike every picture is to every caption: picture by picture, as a table, and as a picture."""

    values: list[float]
    table: str
    image: Image


# Never kept: a kept recipe would name a place that its file may have left.
@node("LoadContrastive", category="evaluation", keep="never")
def load_contrastive(clip_name: Annotated[File, PAIRS], *, clip: Clip | None = None) -> Encoders:
    """Load a contrastive pair of encoders: a CLIP folder as transformers saves it (config.json, model.safetensors).

    The folder lies in models/clip_vision. A pair whose text tower is the text encoder of a checkpoint, such as
    graphflow-tiny-clip, needs that checkpoint's `clip`; a whole CLIP has its own and takes none.
    """
    from graphflow_nodes.models.contrastive import needs_text

    try:
        lacking = clip is None and needs_text(clip_name.path)
    except ModelFileError as error:
        raise NodeError(str(error), code="model-unfit", input="clip_name") from error
    if lacking:
        raise NodeError(
            f"{clip_name.name} has no text tower of its own",
            input="clip",
            hint="link the clip of the checkpoint that it belongs to",
        )
    return Encoders(EncodersRecipe(Source.of(clip_name), "contrastive", text=clip.recipe if clip else None))


@node("CLIPSimilarity", category="evaluation", revision=2)
def clip_similarity(
    images: Image, encoders: Encoders, *, captions: Annotated[str, Multiline()], ctx: Context = SILENT
) -> Similarity:
    """Compare every picture with every caption, one a line: the cosine of the angle between what is seen and said.

    Radford et al. 2021. `values` go picture by picture.
    """
    from graphflow_nodes.evaluation.statistics import cosines
    from graphflow_nodes.models.pool import ModelPool

    lines = lines_of(captions, "captions")
    pair = ctx.use(ModelPool).encoders(encoders.recipe)
    alike = cosines(pair.pictures(images.tensor), pair.captions(lines))
    table = write_rows(["picture", *lines], ([number, *row] for number, row in enumerate(alike.tolist(), 1)))
    return Similarity(alike.flatten().tolist(), table, Image(_draw(alike, images.tensor, lines)))


def lines_of(text: str, input: str) -> list[str]:
    """Return the lines that are not empty; raise NodeError when there is none."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise NodeError("there is no line to compare with", input=input, hint="write one caption per line")
    return lines


def _draw(alike: Tensor, pictures: Tensor, captions: list[str]) -> Tensor:
    """Draw a heat map with the pictures at its left and the captions below it; the best of a row is framed.

    A large matrix is drawn without pictures and numbers, which nobody could make out.
    """
    rows, columns = alike.shape
    crowded = max(rows, columns) > CROWDED

    def paint(figure: Figure) -> None:
        if crowded:
            _heat(figure.add_subplot(), alike)
            return
        grid = figure.add_gridspec(rows, 2, width_ratios=(0.8, columns), wspace=0.02, hspace=0.06)
        for row in range(rows):
            thumb = figure.add_subplot(grid[row, 0])
            thumb.imshow(pictures[row, :, :, :3].clamp(0, 1).numpy())
            thumb.set_axis_off()
        axes = figure.add_subplot(grid[:, 1])
        _heat(axes, alike)
        _number(axes, alike)
        axes.set_xticks(range(columns), [_wrapped(caption) for caption in captions], fontsize=8)
        axes.tick_params(length=0)

    return draw(paint, *(CROWDED_SIZE if crowded else (max(NARROWEST, 140 + 120 * columns), 150 + 110 * rows)))


def _wrapped(caption: str) -> str:
    return textwrap.fill(textwrap.shorten(caption, LINE, placeholder=" …"), WRAP)


def _heat(axes: Axes, alike: Tensor) -> None:
    axes.imshow(alike.numpy(), cmap="Blues", aspect="auto")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(visible=False)
    # Over a single column there is no room for it in one line.
    axes.set_title("Cosine of pictures and captions" if alike.shape[1] > 1 else "Cosine of pictures\nand captions")


def _number(axes: Axes, alike: Tensor) -> None:
    """Write each number into its cell and frame the best of a row."""
    from matplotlib.patches import Rectangle

    middle = float(alike.min() + alike.max()) / 2
    for row, values in enumerate(alike.tolist()):
        best = values.index(max(values))
        axes.add_patch(Rectangle((best - 0.47, row - 0.47), 0.94, 0.94, fill=False, linewidth=2, edgecolor=RED))
        for column, value in enumerate(values):
            ink = "white" if value > middle else INK
            axes.text(column, row, f"{round(value, 2) + 0.0:.2f}", ha="center", va="center", color=ink)
