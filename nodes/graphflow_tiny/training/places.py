"""What stands where: a question asked of the text encoder while it learns, so that its states hold the answer.

Matching captions with pictures teaches which words are there, hardly what their order means: "red left of green" and
"green left of red" stayed alike through all of that training, and a network that reads such states puts things anywhere.
Asked outright, the encoder learns it within 200 steps (docs/training.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from graphflow_tiny.training.data import TrainingSet, training_number
from graphflow_tiny.world import COLOURS, KINDS, Caption, Pair, Spec, describe, make_spec

SIDES: Mapping[str, tuple[int, int]] = {"above": (0, 1), "below": (1, 0), "left of": (2, 3), "right of": (3, 2)}
"""Where the first and the second thing stand: top, bottom, left and right are 0 to 3."""
NAMES = (tuple(COLOURS), KINDS)
UNASKED = -100
"""What cross-entropy passes over: the caption does not say."""


class Places(nn.Module):
    """Read from one state of a caption, at its end or behind it, which colour and which kind stand on each side."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = nn.ModuleList([nn.Linear(width, 4 * (len(names) + 1)) for names in NAMES])

    def loss(self, states: Tensor, tokens: Tensor, answers: Tensor, random: torch.Generator) -> Tensor:
        """Compare with the `answers`, (captions, 2, 4), at one position of each caption from its end on.

        `states`: (captions, positions, width), of `tokens`, (captions, positions). The network reads all positions.
        """
        end = (tokens == tokens.max()).int().argmax(dim=1)  # the last word of the vocabulary ends a caption
        luck = torch.rand(len(end), generator=random).to(states.device)
        state = states[torch.arange(len(end)), end + (luck * (tokens.shape[1] - end)).long()]
        parts = [
            nn.functional.cross_entropy(head(state).view(-1, len(names) + 1), answers[:, row].flatten())
            for row, (head, names) in enumerate(zip(self.heads, NAMES, strict=True))
            if (answers[:, row] != UNASKED).any()
        ]
        return torch.stack(parts).sum() if parts else states.new_zeros(())


class Questions:
    """All captions of a training set that say how two things stand, and where these then are."""

    def __init__(self, data: TrainingSet) -> None:
        rows, answers = [], []
        for number, own in enumerate(data.caption_ids.tolist()):
            spec = make_spec(number)
            for place, row in enumerate(own):
                if isinstance(spec, Pair):
                    answer = answers_of(spec, describe(spec, training_number(spec, place)))
                    if (answer != UNASKED).any():
                        rows.append(row)
                        answers.append(answer)
        if not rows:
            raise ValueError(
                "no caption says how two things stand: draw more pictures (--pictures) in the stage `data`"
            )
        self.tokens = data.tokens[rows]
        self.answers = torch.stack(answers)

    def draw(self, count: int, positions: int, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """Draw tokens of captions, (count, positions), and their answers, (count, 2, 4)."""
        index = torch.randint(len(self.tokens), (count,), generator=random)
        return self.tokens[index, :positions], self.answers[index]


def answers_of(spec: Spec, caption: Caption) -> Tensor:
    """Give the numbers of the colours and of the kinds on the four sides, (2, 4), as far as the caption tells."""
    answers = torch.full((2, 4), UNASKED)
    stated = dict(caption.facts)
    if isinstance(spec, Pair) and "relation" in stated:
        sides = list(SIDES[spec.relation])
        if "colour" in stated:
            answers[0] = _row(sides, [NAMES[0].index(name) for name in (spec.colour, spec.other_colour)], NAMES[0])
        answers[1] = _row(sides, [NAMES[1].index(name) for name in (spec.kind, spec.other_kind)], NAMES[1])
    return answers


def _row(sides: Sequence[int], numbers: Sequence[int], names: Sequence[str]) -> Tensor:
    row = torch.full((4,), len(names))  # nothing
    row[list(sides)] = torch.tensor(numbers)
    return row
