"""What the text encoder is asked while it learns: which thing stands where."""

from __future__ import annotations

import torch

from graphflow_tiny.training.places import NAMES, UNASKED, Places, answers_of
from graphflow_tiny.world import Caption, Pair, Single, describe, make_spec

PAIR = Pair("star", "yellow", "tree", "green", "below", "black", seed=1)
ALL = tuple((name, str(getattr(PAIR, name))) for name in ("kind", "colour", "other_kind", "other_colour", "relation"))
TOP, BOTTOM, LEFT, RIGHT = range(4)


def test_the_answer_is_where_the_pixels_have_it() -> None:
    colours, kinds = answers_of(PAIR, Caption("a yellow star below a green tree", ALL)).tolist()

    assert NAMES[0][colours[TOP]] == "green"
    assert NAMES[0][colours[BOTTOM]] == "yellow"
    assert NAMES[1][kinds[TOP]] == "tree"
    assert NAMES[1][kinds[BOTTOM]] == "star"
    assert colours[LEFT] == colours[RIGHT] == len(NAMES[0])


def test_what_the_caption_leaves_out_is_not_asked() -> None:
    without_colours = tuple(fact for fact in ALL if "colour" not in fact[0])

    colours, kinds = answers_of(PAIR, Caption("a star below a tree", without_colours))

    assert (colours == UNASKED).all()
    assert (kinds != UNASKED).all()
    assert (answers_of(PAIR, Caption("a yellow star and a green tree", ALL[:-1])) == UNASKED).all()


def test_single_things_are_not_asked_about() -> None:
    single = next(spec for seed in range(20) if isinstance(spec := make_spec(seed), Single))

    assert (answers_of(single, describe(single, 0)) == UNASKED).all()


def test_the_answer_is_read_at_the_end_of_the_caption_or_behind_it() -> None:
    torch.manual_seed(0)
    tokens = torch.tensor([[7, 3, 4, 9, 9, 9], [7, 3, 4, 5, 9, 9]]).repeat(64, 1)  # 9 ends a caption
    states = torch.randn(128, 6, 16, requires_grad=True)
    answers = answers_of(PAIR, Caption("", ALL)).expand(128, -1, -1)

    Places(16).loss(states, tokens, answers, torch.Generator().manual_seed(0)).backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped

    assert states.grad is not None
    read = states.grad.abs().sum(dim=2) > 0
    assert (read.sum(dim=1) == 1).all()
    assert not read[0::2, :3].any()
    assert not read[1::2, :4].any()
    assert read[0::2, 3:].any(dim=0).all()
    assert read[1::2, 4:].any(dim=0).all()


def test_a_caption_that_is_not_asked_about_has_no_loss() -> None:
    places = Places(16)
    nothing = torch.full((2, 2, 4), UNASKED)

    loss = places.loss(torch.randn(2, 5, 16), torch.tensor([[7, 3, 9, 9, 9]] * 2), nothing, torch.Generator())

    assert float(loss) == 0
