"""Changes of weights against sums written out, entry by entry."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from graphflow_nodes.diffusion.low_rank import changed, difference_of


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed + sum(shape)))


def test_a_matrix_gains_the_product_of_its_two_thin_ones_by_strength_times_alpha_by_rank() -> None:
    weight, up, down = random(5, 7), random(5, 2, seed=1), random(2, 7, seed=2)

    made = changed(weight, {"up": up, "down": down, "alpha": torch.tensor(1.0)}, 0.5)

    for row in range(5):
        for column in range(7):
            product = sum(float(up[row, k] * down[k, column]) for k in range(2))
            assert float(made[row, column]) == pytest.approx(float(weight[row, column]) + 0.5 * 0.5 * product, abs=1e-5)


def test_without_alpha_the_product_counts_whole() -> None:
    up, down = random(5, 2), random(2, 7)

    assert_close(difference_of({"up": up, "down": down}, torch.Size((5, 7))), up @ down)


def test_a_convolutions_change_is_one_convolution_after_the_other() -> None:
    down, up, picture = random(2, 3, 3, 3), random(4, 2, 1, 1), random(1, 3, 6, 6)

    difference = difference_of({"up": up, "down": down}, torch.Size((4, 3, 3, 3)))

    conv = torch.nn.functional.conv2d
    assert_close(conv(picture, difference, padding=1), conv(conv(picture, down, padding=1), up), rtol=1e-4, atol=1e-5)


def test_a_core_between_both_is_a_third_convolution() -> None:
    down, mid, up, picture = random(2, 3, 1, 1), random(2, 2, 3, 3), random(4, 2, 1, 1), random(1, 3, 6, 6)

    difference = difference_of({"up": up, "mid": mid, "down": down}, torch.Size((4, 3, 3, 3)))

    conv = torch.nn.functional.conv2d
    chain = conv(conv(conv(picture, down), mid, padding=1), up)
    assert_close(conv(picture, difference, padding=1), chain, rtol=1e-4, atol=1e-5)


def test_linear_numbers_fit_a_convolution_of_one_pixel() -> None:
    up, down = random(4, 2), random(2, 3)

    assert_close(difference_of({"up": up, "down": down}, torch.Size((4, 3, 1, 1)))[..., 0, 0], up @ down)


def test_a_loha_multiplies_two_products_place_by_place() -> None:
    a, b, c, d = random(5, 2), random(2, 7), random(5, 2, seed=5), random(2, 7, seed=6)
    change = {"hada_w1_a": a, "hada_w1_b": b, "hada_w2_a": c, "hada_w2_b": d, "alpha": torch.tensor(4.0)}

    made = difference_of(change, torch.Size((5, 7)))

    for row in range(5):
        for column in range(7):
            one = sum(float(a[row, k] * b[k, column]) for k in range(2))
            other = sum(float(c[row, k] * d[k, column]) for k in range(2))
            assert float(made[row, column]) == pytest.approx(2 * one * other, abs=1e-4)


def test_a_loha_of_a_convolution_has_a_core() -> None:
    core, a, b = random(2, 2, 3, 3), random(2, 4), random(2, 5)
    ones = {"hada_w2_a": torch.ones(2, 4), "hada_w2_b": torch.ones(2, 5), "hada_t2": torch.full((2, 2, 3, 3), 0.25)}

    made = difference_of({"hada_w1_a": a, "hada_w1_b": b, "hada_t1": core, **ones}, torch.Size((4, 5, 3, 3)))

    entry = sum(float(core[i, j, 1, 2] * a[i, 3] * b[j, 4]) for i in range(2) for j in range(2))
    assert float(made[3, 4, 1, 2]) == pytest.approx(entry, abs=1e-4)


def test_a_lokr_puts_a_matrix_at_every_entry_of_another() -> None:
    outer, inner = random(2, 3), random(4, 5)

    made = difference_of({"lokr_w1": outer, "lokr_w2": inner, "alpha": torch.tensor(9.0)}, torch.Size((8, 15)))

    assert float(made[4 * 1 + 3, 5 * 2 + 4]) == pytest.approx(float(outer[1, 2] * inner[3, 4]), abs=1e-5)


def test_a_lokr_in_products_is_scaled_by_their_rank() -> None:
    change = {"lokr_w1": random(2, 3), "lokr_w2_a": random(4, 2), "lokr_w2_b": random(2, 5), "alpha": torch.tensor(1.0)}

    made = difference_of(change, torch.Size((8, 15)))

    inner = change["lokr_w2_a"] @ change["lokr_w2_b"]
    assert_close(made, torch.kron(change["lokr_w1"], inner) / 2)


@pytest.mark.parametrize("length", [random(5, 1).abs(), random(1, 7).abs(), random(5, seed=3).abs()])
def test_a_dora_brings_rows_or_columns_to_their_stated_length(length: Tensor) -> None:
    weight, up, down = random(5, 7), random(5, 2), random(2, 7)

    made = changed(weight, {"up": up, "down": down, "length": length}, 1.0)

    along = 0 if length.shape == (1, 7) else 1
    assert_close(made.norm(dim=along), length.flatten())
    assert_close(
        torch.nn.functional.cosine_similarity(made, weight + up @ down, dim=along), torch.ones(len(length.flatten()))
    )


def test_at_strength_0_nothing_changes_and_below_it_goes_the_other_way() -> None:
    weight, change = random(5, 7), {"up": random(5, 2), "down": random(2, 7)}

    assert_close(changed(weight, change, 0.0), weight, rtol=0, atol=0)
    assert_close(changed(weight, change, -1.0) + changed(weight, change, 1.0), 2 * weight)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"up": random(5, 2), "down": random(2, 6)}, "it is 5 x 6 and the layer 5 x 7"),
        ({"down": random(2, 7)}, "it holds only down"),
        ({"lokr_w1": random(2, 3), "lokr_w2_a": random(2, 2)}, "lokr_w2 is missing"),
        ({"up": random(5, 2), "down": random(3, 7)}, "do not go together"),
        ({"up": random(5), "down": random(2, 7)}, "do not go together"),
        ({"up": random(5, 0), "down": random(0, 7), "alpha": torch.tensor(1.0)}, "is empty"),
        ({"up": random(5, 2), "down": random(2, 7), "alpha": torch.ones(2)}, "only one element"),
    ],
)
def test_what_does_not_fit_or_is_not_complete_is_refused(change: dict[str, Tensor], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        difference_of(change, torch.Size((5, 7)))


@pytest.mark.parametrize(
    "change",
    [
        {"up": torch.ones(10**6, 1), "down": torch.ones(1, 10**6)},
        {"lokr_w1": torch.ones(10**3, 10**3), "lokr_w2": torch.ones(10**3, 10**3)},
        {"whole": torch.ones(1, 1), "length": torch.ones(10**6, 1, 1)},
    ],
    ids=["a product", "a Kronecker product", "lengths"],
)
def test_a_small_file_cannot_ask_for_more_memory_than_there_is(change: dict[str, Tensor]) -> None:
    with pytest.raises(ValueError, match="and the layer"):  # and no word of an allocator
        changed(torch.ones(1, 1), change, 1.0)
