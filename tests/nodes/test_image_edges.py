from __future__ import annotations

import pytest
import torch

from graphflow.api import NodeError
from graphflow_nodes.image.edges import canny_edges
from graphflow_nodes.values import Image


def square(channels: int) -> Image:
    picture = torch.zeros(2, 24, 24, channels)
    picture[:, 6:18, 6:18] = 1
    picture[..., 3:] = 1
    return Image(picture)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_edges_are_white_on_black_in_three_channels(channels: int) -> None:
    edges = canny_edges(square(channels)).tensor

    assert edges.shape == (2, 24, 24, 3)
    assert torch.unique(edges).tolist() == [0, 1]
    rows, columns = edges[0, :, :, 0].nonzero().unbind(1)
    # As far from the middle as the sides of the square, or rounded off at its corners.
    assert 10 * 4 <= len(rows) <= 13 * 4
    assert torch.maximum((rows - 11.5).abs(), (columns - 11.5).abs()).sub(6).abs().max() <= 1.5


def test_two_colours_that_are_equally_bright_have_no_edge_between_them() -> None:
    picture = torch.zeros(1, 20, 20, 3)
    picture[:, :, :10, 0], picture[:, :, 10:, 1] = 0.587, 0.299

    assert not canny_edges(Image(picture), low_threshold=0.01, high_threshold=0.01).tensor.any()


def test_thresholds_in_the_wrong_order_are_refused_before_and_while_running() -> None:
    assert canny_edges.check is not None

    (problem,) = canny_edges.check({"low_threshold": 0.9, "high_threshold": 0.5}, {}).problems
    with pytest.raises(NodeError) as caught:
        canny_edges(square(3), low_threshold=0.9, high_threshold=0.5)

    assert (problem.code, problem.input) == (caught.value.code, caught.value.input)
    assert problem.code == "thresholds-reversed"
