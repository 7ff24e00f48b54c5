"""Questions that the text encoder is asked while it learns, so that its states hold the answers.

Matching captions with pictures teaches which words are there, hardly what their order means, and little of what
pictures' towers see badly: "red left of green" and "green left of red" stayed alike through all of that training, a
thing on the left was taken for one on the right in one caption of five, and a network that reads such states draws what
they say. Asked outright, the encoder learns it within 200 steps (docs/training.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from graphflow_tiny.training.data import CAPTIONS, TrainingSet, training_number
from graphflow_tiny.world import (
    COLOURS,
    COUNTS,
    KINDS,
    POSITIONS,
    Caption,
    Group,
    Pair,
    Single,
    Spec,
    describe,
    make_spec,
)

SIDES: Mapping[str, tuple[int, int]] = {"above": (0, 1), "below": (1, 0), "left of": (2, 3), "right of": (3, 2)}
"""Where the first and the second thing of a pair stand: top, bottom, left and right are 0 to 3."""
NOTHING = "nothing"


class Question(NamedTuple):
    """The columns of the answers that it fills, and what each may say."""

    columns: slice
    choices: Sequence[str]


QUESTIONS: Mapping[str, Question] = {
    "colours on the sides": Question(slice(0, 4), (*COLOURS, NOTHING)),
    "kinds on the sides": Question(slice(4, 8), (*KINDS, NOTHING)),
    "position": Question(slice(8, 9), tuple(POSITIONS)),
    "count": Question(slice(9, 10), tuple(COUNTS)),
}
ANSWERS = max(question.columns.stop for question in QUESTIONS.values())
"""Columns of all questions together."""
UNASKED = -100
"""What cross-entropy passes over: the caption does not say."""


class Reader(nn.Module):
    """Read the answers to all `QUESTIONS` from one state of a caption, at its end or behind it."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = nn.ModuleList(
            nn.Linear(width, (question.columns.stop - question.columns.start) * len(question.choices))
            for question in QUESTIONS.values()
        )

    def loss(self, states: Tensor, tokens: Tensor, answers: Tensor, random: torch.Generator) -> Tensor:
        """Compare with the `answers`, (captions, ANSWERS), at one position of each caption from its end on.

        `states`: (captions, positions, width), of `tokens`, (captions, positions). The network reads all positions.
        """
        end = (tokens == tokens.max()).int().argmax(dim=1)  # the last word of the vocabulary ends a caption
        luck = torch.rand(len(end), generator=random).to(states.device)
        state = states[torch.arange(len(end)), end + (luck * (tokens.shape[1] - end)).long()]
        parts = [
            nn.functional.cross_entropy(head(state).view(-1, len(choices)), answers[:, columns].flatten())
            for head, (columns, choices) in zip(self.heads, QUESTIONS.values(), strict=True)
            if (answers[:, columns] != UNASKED).any()
        ]
        return torch.stack(parts).sum() if parts else states.new_zeros(())


class Questions:
    """All captions of a training set that answer a question, by the sort of their pictures."""

    def __init__(self, data: TrainingSet) -> None:
        rows: dict[type[Spec], list[int]] = {}
        answers: dict[type[Spec], list[Tensor]] = {}
        for number, own in enumerate(data.caption_ids[:, :CAPTIONS].tolist()):
            spec = make_spec(number)
            for place, row in enumerate(own):
                answer = answers_of(spec, describe(spec, training_number(spec, place)))
                if (answer != UNASKED).any():
                    rows.setdefault(type(spec), []).append(row)
                    answers.setdefault(type(spec), []).append(answer)
        if not rows:
            raise ValueError("no caption answers a question: draw more pictures (--pictures) in the stage `data`")
        self.sorts = [(data.tokens[rows[sort]], torch.stack(answers[sort])) for sort in sorted(rows, key=str)]

    def draw(self, count: int, positions: int, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """Draw tokens of captions, (count, positions), as many of each sort, and their answers, (count, ANSWERS)."""
        tokens, answers = [], []
        for place, (all_tokens, all_answers) in enumerate(self.sorts):
            share = count * (place + 1) // len(self.sorts) - count * place // len(self.sorts)
            index = torch.randint(len(all_tokens), (share,), generator=random)
            tokens.append(all_tokens[index, :positions])
            answers.append(all_answers[index])
        return torch.cat(tokens), torch.cat(answers)


def answers_of(spec: Spec, caption: Caption) -> Tensor:
    """Give the numbers of the choices that are right, (ANSWERS,), as far as the caption tells."""
    answers = torch.full((ANSWERS,), UNASKED)

    def answer(name: str, right: Sequence[str]) -> None:
        columns, choices = QUESTIONS[name]
        answers[columns] = torch.tensor([choices.index(each) for each in right])

    stated = dict(caption.facts)
    if isinstance(spec, Pair) and "relation" in stated:
        if "colour" in stated:
            answer("colours on the sides", _on_sides(spec.relation, spec.colour, spec.other_colour))
        answer("kinds on the sides", _on_sides(spec.relation, spec.kind, spec.other_kind))
    if isinstance(spec, Single) and "position" in stated:
        answer("position", [spec.position])
    if isinstance(spec, Group) and "count" in stated:
        answer("count", [spec.count])
    return answers


def _on_sides(relation: str, first: str, second: str) -> Sequence[str]:
    sides = [NOTHING] * 4
    one, other = SIDES[relation]
    sides[one], sides[other] = first, second
    return sides
