from __future__ import annotations

import csv
from io import StringIO

import matplotlib
import torch
from matplotlib.figure import Figure
from torch.testing import assert_close

from graphflow_nodes.drawing import draw
from graphflow_nodes.tables import write_csv


def bar(figure: Figure) -> None:
    axes = figure.subplots()
    axes.set_title("a title")
    axes.axhspan(-2, 2, color=(1.0, 0.0, 0.0))
    axes.set(xlim=(0, 1), ylim=(-1, 1))
    axes.grid(visible=False)


def test_a_plot_is_a_picture_of_the_size_that_was_asked_for() -> None:
    picture = draw(bar, 240, 180)

    assert picture.shape == (1, 180, 240, 3)
    assert_close(picture[0, 90, 130], torch.tensor([1.0, 0.0, 0.0]))
    assert_close(picture[0, 1, 1], torch.ones(3))


def test_a_users_own_settings_change_no_plot_and_stay_as_they_were() -> None:
    before = draw(bar, 240, 180)
    with matplotlib.rc_context({"axes.facecolor": "black", "font.size": 30}):
        same = draw(bar, 240, 180)
        assert matplotlib.rcParams["font.size"] == 30

    assert torch.equal(before, same)


def test_a_table_is_read_back_number_by_number() -> None:
    text = write_csv({"step": [1, 2], "sigma": [0.1, 1 / 3]})

    rows = list(csv.DictReader(StringIO(text)))
    assert [row["step"] for row in rows] == ["1", "2"]
    assert [float(row["sigma"]) for row in rows] == [0.1, 1 / 3]
