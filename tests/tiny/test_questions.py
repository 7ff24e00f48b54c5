"""What the text encoder is asked while it learns: which thing stands where, and how many there are."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from graphflow_tiny.training.data import load_training_set, make_training_set
from graphflow_tiny.training.questions import ANSWERS, NOTHING, QUESTIONS, UNASKED, Questions, Reader, answers_of
from graphflow_tiny.world import COLOURS, COUNTS, KINDS, POSITIONS, Caption, Group, Pair, Single, Spec, make_spec

PAIR = Pair("star", "yellow", "tree", "green", "below", "black", seed=1)
ALL = tuple((name, str(getattr(PAIR, name))) for name in ("kind", "colour", "other_kind", "other_colour", "relation"))


def answers(name: str, spec: Spec, caption: Caption) -> list[str | None]:
    """Give the answers to one question in words; None where it is not asked."""
    columns, choices = QUESTIONS[name]
    numbers = answers_of(spec, caption)[columns].tolist()
    return [None if number == UNASKED else choices[number] for number in numbers]


def test_the_answer_is_where_the_pixels_of_a_pair_have_it() -> None:
    caption = Caption("a yellow star below a green tree", ALL)

    assert answers("colours on the sides", PAIR, caption) == ["green", "yellow", NOTHING, NOTHING]
    assert answers("kinds on the sides", PAIR, caption) == ["tree", "star", NOTHING, NOTHING]


def test_of_a_single_thing_its_position_is_asked_and_of_a_group_its_number() -> None:
    single = Single("heart", "red", "white", "bottom left", "small", seed=1)
    group = Group("heart", "red", "four", "white", seed=1)
    told = Caption("", (("kind", "heart"), ("position", "bottom left"), ("count", "four")))

    assert answers("position", single, told) == ["bottom left"]
    assert answers("count", single, told) == [None]
    assert answers("count", group, told) == ["four"]
    assert answers("position", group, told) == [None]


def test_what_the_caption_leaves_out_is_not_asked() -> None:
    without_colours = Caption("a star below a tree", tuple(fact for fact in ALL if "colour" not in fact[0]))
    single = Single("heart", "red", "white", "bottom left", "small", seed=1)

    assert answers("colours on the sides", PAIR, without_colours) == [None] * 4
    assert None not in answers("kinds on the sides", PAIR, without_colours)
    assert (answers_of(PAIR, Caption("a yellow star and a green tree", ALL[:-1])) == UNASKED).all()
    assert (answers_of(single, Caption("a heart", (("kind", "heart"),))) == UNASKED).all()


def test_every_choice_is_a_word_of_the_world_and_no_column_is_asked_twice() -> None:
    named = {*COLOURS, *KINDS, *POSITIONS, *COUNTS, NOTHING}
    columns = [column for question in QUESTIONS.values() for column in range(ANSWERS)[question.columns]]

    assert all(set(question.choices) <= named for question in QUESTIONS.values())
    assert columns == list(range(ANSWERS))


def test_sorts_are_asked_alike_often_though_there_are_more_singles(tmp_path: Path) -> None:
    make_training_set(tmp_path, 60)
    data = load_training_set(tmp_path)
    assert Counter(type(make_spec(number)) for number in range(60)).most_common(1)[0][0] is Single

    tokens, drawn = Questions(data).draw(30, 24, torch.Generator().manual_seed(0))

    assert tokens.shape == (30, 24)
    for name in ("position", "count", "kinds on the sides"):
        assert int((drawn[:, QUESTIONS[name].columns] != UNASKED).any(dim=1).sum()) == 10, name


def test_a_training_set_that_answers_nothing_is_refused(tmp_path: Path) -> None:
    make_training_set(tmp_path, 1)
    data = load_training_set(tmp_path)
    silent = replace(data, caption_ids=torch.zeros(0, 3, dtype=torch.long))

    with pytest.raises(ValueError, match="--pictures"):
        Questions(silent)


def test_the_answer_is_read_at_the_end_of_the_caption_or_behind_it() -> None:
    torch.manual_seed(0)
    tokens = torch.tensor([[7, 3, 4, 9, 9, 9], [7, 3, 4, 5, 9, 9]]).repeat(64, 1)  # 9 ends a caption
    states = torch.randn(128, 6, 16, requires_grad=True)
    right = answers_of(PAIR, Caption("", ALL)).expand(128, -1)

    Reader(16).loss(states, tokens, right, torch.Generator().manual_seed(0)).backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped

    assert states.grad is not None
    read = states.grad.abs().sum(dim=2) > 0
    assert (read.sum(dim=1) == 1).all()
    assert not read[0::2, :3].any()
    assert not read[1::2, :4].any()
    assert read[0::2, 3:].any(dim=0).all()
    assert read[1::2, 4:].any(dim=0).all()


def test_a_caption_that_is_not_asked_about_has_no_loss() -> None:
    nothing = torch.full((2, ANSWERS), UNASKED)

    loss = Reader(16).loss(torch.randn(2, 5, 16), torch.tensor([[7, 3, 9, 9, 9]] * 2), nothing, torch.Generator())

    assert float(loss) == 0
