from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch
from torch import Tensor

from graphflow_nodes.diffusion.denoiser import Denoiser
from graphflow_nodes.diffusion.guidance import Guidance, Prompt, Rows
from graphflow_nodes.diffusion.windows import Window, feathered
from tests.diffusion.gaussian import SAMPLING, Gaussian, context, network

SIGMA = 2.0
X = torch.randn(2, 4, 16, 16, generator=torch.Generator().manual_seed(0)) * 2
LEFT, RIGHT, MIDDLE = Window(0, 0, 16, 8), Window(0, 8, 16, 8), Window(4, 4, 8, 8)


class Counting:
    """A network that notes the shape of every forward, and sees its rows only as a whole: it adds their mean."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def __call__(self, x: Tensor, t: Tensor, context: Tensor, added: Mapping[str, Tensor]) -> Tensor:
        self.shapes.append(tuple(x.shape))
        return network(x, t, context, added) + x.mean(dim=(1, 2, 3), keepdim=True)

    def answer(self, rows: Rows) -> Tensor:
        return self(*rows[:4])

    def x0(self, mean: float, x: Tensor) -> Tensor:
        """The estimate that this network gives for x alone: its extra answer is worth -sigma * mean(c_in * x)."""
        extra: Tensor = (x / (SIGMA**2 + 1) ** 0.5).mean(dim=(1, 2, 3), keepdim=True)
        return Gaussian(mean).denoise(x, SIGMA) - extra * SIGMA


def estimate(positive: list[Prompt], negative: list[Prompt], cfg: float = 1.0) -> tuple[Tensor, Counting]:
    seen = Counting()
    return Guidance(SAMPLING, positive, negative, cfg).estimate(X, SIGMA, seen.answer).x0, seen


def test_a_windows_weight_rises_over_a_quarter_of_its_side_but_not_at_the_pictures_edge() -> None:
    weights = feathered(Window(0, 4, 8, 12), torch.zeros(1, 4, 16, 32))[0, 0]

    assert weights[0].tolist() == pytest.approx([1 / 3, 2 / 3, *[1.0] * 8, 2 / 3, 1 / 3])
    assert weights[6:, 5].tolist() == [1.0, 0.5]


def test_a_large_window_fades_over_eight_cells() -> None:
    weights = feathered(Window(64, 0, 64, 128), torch.zeros(1, 4, 128, 128))[0, 0, :, 0]

    assert weights[:9].tolist() == [1 / 8, 2 / 8, 3 / 8, 4 / 8, 5 / 8, 6 / 8, 7 / 8, 1, 1]
    assert torch.equal(weights[8:], torch.ones(56))


def test_a_window_over_the_whole_picture_is_the_picture() -> None:
    whole, seen = estimate([Prompt(context(0.5), window=Window(0, 0, 16, 16))], [])

    torch.testing.assert_close(whole, seen.x0(0.5, X))
    assert seen.shapes == [(2, 4, 16, 16)]


def test_the_network_sees_nothing_but_the_window() -> None:
    x0, seen = estimate([Prompt(context(0.5), window=MIDDLE)], [])

    assert seen.shapes == [(2, 4, 8, 8)]
    torch.testing.assert_close(MIDDLE.cut(x0), seen.x0(0.5, MIDDLE.cut(X)))
    assert torch.equal(x0[..., :4, :], torch.zeros(2, 4, 4, 16))


def test_windows_are_averaged_with_the_rest_of_the_picture_by_weight() -> None:
    x0, seen = estimate([Prompt(context(-0.5)), Prompt(context(0.5), window=MIDDLE, strength=3.0)], [])

    ramp = torch.tensor([0.5, 1, 1, 1, 1, 1, 1, 0.5])
    weight = 3 * ramp[:, None] * ramp[None, :]
    expected = seen.x0(-0.5, X)
    inside = (seen.x0(0.5, MIDDLE.cut(X)) * weight + MIDDLE.cut(expected)) / (weight + 1)
    expected[..., 4:12, 4:12] = inside
    torch.testing.assert_close(x0, expected)


def test_halves_side_by_side_meet_in_one_forward() -> None:
    halves = [Prompt(context(0.5), window=LEFT), Prompt(context(-0.5), window=RIGHT)]

    x0, seen = estimate(halves, [])

    assert seen.shapes == [(4, 4, 16, 8)]
    torch.testing.assert_close(LEFT.cut(x0), seen.x0(0.5, LEFT.cut(X)))
    torch.testing.assert_close(RIGHT.cut(x0), seen.x0(-0.5, RIGHT.cut(X)))


def test_each_shape_costs_one_forward() -> None:
    positive = [Prompt(context(0.1), window=LEFT), Prompt(context(0.2), window=RIGHT), Prompt(context(0.3))]

    _, seen = estimate([*positive, Prompt(context(0.4), window=MIDDLE)], [Prompt(context(-1.0))], cfg=4.0)

    assert sorted(seen.shapes) == [(4, 4, 8, 8), (4, 4, 16, 16), (8, 4, 16, 8)]


def test_the_negative_is_asked_in_the_windows_of_the_positive_too() -> None:
    x0, seen = estimate([Prompt(context(0.5), window=LEFT), Prompt(context(0.2))], [Prompt(context(-1.0))], cfg=4.0)

    ramp = torch.tensor([1, 1, 1, 1, 1, 1, 1, 0.5])
    sides = []
    for inside, whole in ((0.5, 0.2), (-1.0, -1.0)):
        side = seen.x0(whole, X)
        side[..., :8] = (seen.x0(inside, LEFT.cut(X)) * ramp + LEFT.cut(side)) / (ramp + 1)
        sides.append(side)
    torch.testing.assert_close(x0, sides[1] + 4 * (sides[0] - sides[1]), rtol=1e-4, atol=1e-4)


def test_a_negative_with_a_window_of_its_own_is_asked_nothing_more_there() -> None:
    negative = [Prompt(context(-1.0)), Prompt(context(-0.5), window=LEFT)]

    _, seen = estimate([Prompt(context(0.5), window=LEFT)], negative, cfg=4.0)

    assert sorted(seen.shapes) == [(2, 4, 16, 16), (4, 4, 16, 8)]


def test_the_negative_follows_a_window_only_while_it_holds() -> None:
    positive = [Prompt(context(0.2)), Prompt(context(0.5), window=LEFT, end=0.3)]
    guidance = Guidance(SAMPLING, positive, [Prompt(context(-1.0))], 4.0)

    rows = [[len(group.x) for group in guidance.ask(X, sigma).groups] for sigma in (14.0, 0.1)]

    assert rows == [[4, 4], [4]]


def test_a_denoiser_answers_each_shape_in_one_forward() -> None:
    denoiser = Denoiser(network)
    prompts = [Prompt(context(0.5)), Prompt(context(0.5), window=LEFT), Prompt(context(-0.5), window=RIGHT)]
    guidance = Guidance(SAMPLING, prompts, [Prompt(context(0.0))], 3.0)

    with denoiser.join() as answer:
        guidance.estimate(X, SIGMA, answer)

    assert denoiser.forwards == 2


def test_the_same_text_at_the_same_place_is_asked_once_and_counts_for_both() -> None:
    same, other = context(0.5), context(-0.5)
    left_half = (torch.arange(16) < 8).float().expand(16, 16)

    x0, seen = estimate([Prompt(same, mask=left_half), Prompt(same, strength=2.0), Prompt(other)], [Prompt(same)], 2.0)

    assert seen.shapes == [(4, 4, 16, 16)]
    uncond, apart = seen.x0(0.5, X), seen.x0(-0.5, X)
    cond = torch.where(left_half > 0, (3 * uncond + apart) / 4, (2 * uncond + apart) / 3)
    torch.testing.assert_close(x0, uncond + 2 * (cond - uncond), rtol=1e-4, atol=1e-4)


def test_equal_numbers_in_another_tensor_are_another_text() -> None:
    _, seen = estimate([Prompt(context(0.5))], [Prompt(context(0.5))], 2.0)

    assert seen.shapes == [(4, 4, 16, 16)]


def test_a_prompt_without_strength_costs_nothing() -> None:
    x0, seen = estimate([Prompt(context(0.5)), Prompt(context(9.0), strength=0.0, window=LEFT)], [])

    assert seen.shapes == [(2, 4, 16, 16)]
    torch.testing.assert_close(x0, seen.x0(0.5, X))


def test_a_mask_inside_a_window_is_cut_from_the_mask_of_the_picture_and_takes_the_place_of_the_ramp() -> None:
    mask = torch.rand(16, 16, generator=torch.Generator().manual_seed(1))

    x0, seen = estimate([Prompt(context(-0.5)), Prompt(context(0.5), mask=mask, window=MIDDLE)], [])

    weight = mask[4:12, 4:12]
    inside = (seen.x0(0.5, MIDDLE.cut(X)) * weight + MIDDLE.cut(seen.x0(-0.5, X))) / (weight + 1)
    torch.testing.assert_close(MIDDLE.cut(x0), inside)
