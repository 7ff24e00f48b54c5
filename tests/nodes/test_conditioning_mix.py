from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from graphflow.api import Checked, Context, NodeError
from graphflow_nodes.conditioning.mix import (
    conditioning_average,
    conditioning_combine,
    conditioning_concat,
    conditioning_zero_out,
)
from graphflow_nodes.values import Area, Conditioning, Entry


class Listening(Context):
    """Keeps what a node tells people."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def log(self, message: str) -> None:
        self.heard.append(message)


def numbers(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def one(tokens: int = 77, *, seed: int = 0, width: int = 8) -> Conditioning:
    return Conditioning((Entry(numbers(1, tokens, width, seed=seed), strength=0.5, start=0.1),))


def test_combining_keeps_both_prompts_as_they_are() -> None:
    first, second = one(seed=1), one(154, seed=2)

    assert conditioning_combine(first, second).entries == first.entries + second.entries


def test_one_text_is_read_behind_the_other() -> None:
    first, second = one(seed=1), one(154, seed=2)

    (entry,) = conditioning_concat(first, second).entries

    assert_close(entry.context, torch.cat([first.entries[0].context, second.entries[0].context], dim=1))
    assert (entry.strength, entry.start) == (0.5, 0.1)


def test_every_prompt_gets_the_text_behind_it_and_of_several_only_the_first_counts() -> None:
    ctx = Listening()
    both = conditioning_combine(one(seed=1), one(seed=2))

    joined = conditioning_concat(both, conditioning_combine(one(seed=3), one(seed=4)), ctx=ctx)

    assert [len(joined.entries), *(entry.context.shape[1] for entry in joined.entries)] == [2, 154, 154]
    assert_close(joined.entries[1].context[:, 77:], one(seed=3).entries[0].context)
    assert ctx.heard == ["conditioning_from holds 2 prompts; only the first is used"]


@pytest.mark.parametrize(("strength", "share"), [(1.0, 1.0), (0.0, 0.0), (0.25, 0.25)])
def test_averaging_goes_from_one_text_to_the_other(strength: float, share: float) -> None:
    to, other = one(seed=1), one(seed=2)

    (entry,) = conditioning_average(to, other, conditioning_to_strength=strength).entries

    assert_close(entry.context, share * to.entries[0].context + (1 - share) * other.entries[0].context)
    assert (entry.strength, entry.start) == (0.5, 0.1)


def test_a_shorter_text_is_filled_up_with_zeros_and_a_longer_one_cut() -> None:
    short, long = one(77, seed=1), one(154, seed=2)

    (longer,) = conditioning_average(long, short, conditioning_to_strength=0.5).entries
    (shorter,) = conditioning_average(short, long, conditioning_to_strength=0.5).entries

    assert_close(longer.context[:, 77:], long.entries[0].context[:, 77:] / 2)
    assert_close(shorter.context, (short.entries[0].context + long.entries[0].context[:, :77]) / 2)


def test_pooled_states_are_averaged_where_both_have_one() -> None:
    with_pooled = Conditioning((replace(one(seed=1).entries[0], pooled=numbers(1, 16)),))

    assert conditioning_average(with_pooled, one(), conditioning_to_strength=0.5).entries[0].pooled is not None
    assert_close(
        conditioning_average(with_pooled, with_pooled, conditioning_to_strength=0.5).entries[0].pooled, numbers(1, 16)
    )
    assert_close(conditioning_average(one(), with_pooled).entries[0].pooled, numbers(1, 16))


def test_batches_of_different_sizes_meet_in_turn() -> None:
    several = Conditioning((Entry(numbers(3, 77, 8, seed=1)),))
    single = one(seed=2)

    (joined,) = conditioning_concat(several, single).entries
    (mixed,) = conditioning_average(single, several, conditioning_to_strength=0.5).entries

    assert joined.context.shape == (3, 154, 8)
    assert_close(mixed.context, (several.entries[0].context + single.entries[0].context) / 2)


def test_nothing_is_said_with_zeros_where_there_was_a_text() -> None:
    entry = Entry(numbers(1, 77, 8), numbers(1, 16), area=Area(0, 0, 64, 64))

    (silent,) = conditioning_zero_out(Conditioning((entry,))).entries

    assert silent.pooled is not None
    assert not silent.context.any()
    assert not silent.pooled.any()
    assert silent.area == entry.area
    assert entry.context.any()


@pytest.mark.parametrize("node", [conditioning_concat, conditioning_average])
def test_texts_of_two_models_are_refused(node: object) -> None:
    with pytest.raises(NodeError, match="8 numbers a token here, 16 there") as caught:
        node(one(), one(width=16))  # type: ignore[operator]  # one of two nodes

    assert caught.value.input == "conditioning_from"


@pytest.mark.parametrize(
    ("node", "names"),
    [
        (conditioning_combine, ("conditioning_1", "conditioning_2")),
        (conditioning_concat, ("conditioning_to", "conditioning_from")),
        (conditioning_average, ("conditioning_to", "conditioning_from")),
    ],
)
def test_texts_of_two_models_are_found_before_anything_runs(node: object, names: tuple[str, str]) -> None:
    facts = {name: {"context_width": width} for name, width in zip(names, (768, 128), strict=True)}

    checked: Checked = node.check({}, facts)  # type: ignore[attr-defined]  # one of three nodes

    assert [problem.input for problem in checked.problems] == [names[1]]
    assert checked.facts == {"out": {"context_width": 768}}


def test_what_is_known_of_one_side_is_enough() -> None:
    check = conditioning_combine.check
    assert check is not None

    assert check({}, {"conditioning_2": {"context_width": 768}}).facts == {"out": {"context_width": 768}}
