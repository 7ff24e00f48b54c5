"""The one look of all plots and sheets: sizes, colours and fonts, and the same bytes for the same numbers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from PIL.ImageFont import FreeTypeFont
    from torch import Tensor

DPI: Final = 120
INK: Final = "#20242c"
PALE: Final = "#dde1e8"
BLUE: Final = "#2f6fdb"
RED: Final = "#d9482b"
GREEN: Final = "#24946a"
VIOLET: Final = "#8355c9"
AMBER: Final = "#c58500"

STYLE: Final[dict[str, Any]] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so it is the same everywhere
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": PALE,
    "grid.linewidth": 0.8,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "lines.linewidth": 1.8,
    "lines.markersize": 4.5,
    "legend.frameon": False,
    "image.interpolation": "nearest",
    "figure.titlesize": 12,
    "figure.titleweight": "bold",
    "figure.constrained_layout.h_pad": 0.1,
    "figure.constrained_layout.w_pad": 0.1,
}

_DRAWING: Final = threading.Lock()
"""Matplotlib's settings belong to the process: one figure at a time, however many jobs draw."""


def draw(paint: Callable[[Figure], None], width: int, height: int) -> Tensor:
    """Return what `paint` puts on an empty figure as a picture of so many pixels, (1, height, width, 3) in 0..1.

    Settings of the user's own are left out, so that the same numbers give the same picture on every machine.
    """
    import matplotlib
    import numpy as np
    import torch
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with _DRAWING, matplotlib.rc_context():
        matplotlib.rcdefaults()
        settings: Any = matplotlib.rcParams  # typed by the names that one version knows
        settings.update(STYLE)
        figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, layout="constrained")
        canvas: Any = FigureCanvasAgg(figure)  # not typed everywhere
        paint(figure)
        canvas.draw()
        pixels = np.array(canvas.buffer_rgba())[:, :, :3]
    return torch.from_numpy(pixels.astype(np.float32) / np.float32(255))[None]


def plot_font(size: int, *, bold: bool = False) -> FreeTypeFont:
    """Return the font of the plots for Pillow: it comes with matplotlib, and has accents, Greek and Cyrillic.

    Pillow's own font lacks even `ä`. Without kerning by Raqm, which not every machine has, all draw the same sheet.
    """
    from pathlib import Path

    import matplotlib
    from PIL import ImageFont

    path = Path(matplotlib.get_data_path(), "fonts", "ttf", f"DejaVuSans{'-Bold' if bold else ''}.ttf")
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


def show_picture(axes: Axes, pixels: Any, title: str, **how: Any) -> Any:
    """Put a picture, (height, width) or (height, width, 3), on axes without ticks, and return matplotlib's image."""
    shown = axes.imshow(pixels, **how)
    axes.set_title(title, loc="center", fontsize=9, fontweight="normal")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_color(PALE)
    return shown
