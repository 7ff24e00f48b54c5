"""The text encoder, taught other words for what it knows, so that the finished network understands them too."""

from __future__ import annotations

import copy
import json
import time
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from graphflow_nodes.diffusion.average import Ema
from graphflow_tiny.training.cache import NATIVE, Cache, load_cache
from graphflow_tiny.training.contrastive import load_text_encoder, make_text_encoder
from graphflow_tiny.training.data import POSITIONS, TrainingSet, load_tokenizer, tokenize
from graphflow_tiny.training.loop import (
    Log,
    averaged,
    generator,
    learning_rate,
    load_checkpoint,
    save_atomic,
    set_learning_rate,
)
from graphflow_tiny.training.lora import diamond
from graphflow_tiny.training.processes import Meeting, run_processes
from graphflow_tiny.training.unet import make_unet, noised
from graphflow_tiny.world import make_spec, reword

BATCH = 64
SEEN = 24
"""Captions of a batch that the network reads as well; the rest are compared as texts alone."""
LENGTH = 48
"""Hardly a wording has more tokens. Every eighth step sees all positions, which are full of ends of text when one draws."""
MEET_EVERY = 8
SAVE_EVERY = 200
OTHER = 0.75
"""Share of captions that are said in other words; the network's answer to the rest shall stay what it is, too."""
KEPT = 20.0
"""Weight of what was said of the old captions: all that was trained beside this text encoder has read it."""
FOREIGN = 400
"""Captions with a word that a LoRA teaches: they keep their states, too, though the world does not know it."""


class Said(NamedTuple):
    """Tokens of captions and of other words for each, (batch, positions); the first `SEEN` belong to these pictures.

    The states of `foreign`, (8, positions), shall stay, too: words that LoRAs teach, and the empty caption.
    """

    plain: Tensor
    free: Tensor
    foreign: Tensor
    pictures: Tensor


class Wordings:
    """Draws captions of the training set and says each in other words."""

    def __init__(self, data: TrainingSet, folder: Path) -> None:
        self.data, self.tokenizer = data, load_tokenizer(folder)
        self.texts: list[str] = json.loads((folder / "captions.json").read_text(encoding="utf-8"))
        foreign = [diamond(number)[1] for number in range(FOREIGN)]
        self.foreign, self.nothing = tokenize(self.tokenizer, foreign), tokenize(self.tokenizer, [""])

    def draw(self, cache: Cache, positions: int, random: torch.Generator) -> Said:
        """Draw a batch of pictures whose latents are kept, and say one caption of each in other words.

        As many positions as asked for, or as the longest needs.
        """
        index = self.data.draw(BATCH, random, below=len(cache.latents[NATIVE]))
        rows = self.data.draw_captions(index, random)
        luck = Random(int(torch.randint(2**62, (), generator=random)))
        free = [
            reword(self.texts[row], make_spec(number), luck) if luck.random() < OTHER else self.texts[row]
            for row, number in zip(rows.tolist(), index.tolist(), strict=True)
        ]
        some = self.foreign[torch.randint(len(self.foreign), (7,), generator=random)]
        tokens = self.data.tokens[rows], tokenize(self.tokenizer, free), torch.cat([some, self.nothing])
        positions = max(positions, *(int((~_behind(each)).sum(dim=1).max()) + 1 for each in tokens))
        plain, other, foreign = (each[:, :positions] for each in tokens)
        return Said(plain, other, foreign, index[:SEEN])


class Lesson:
    """Compares what the student says of other words with what the teacher says of the captions."""

    def __init__(self, folder: Path, cache: Cache, wordings: Wordings) -> None:
        self.cache, self.wordings = cache, wordings
        self.teacher = load_text_encoder(folder)
        self.student = copy.deepcopy(self.teacher).train().requires_grad_(True)
        self.unet = make_unet().eval().requires_grad_(False)
        self.unet.load_state_dict(averaged(folder / "unet.pt"))

    def loss(self, positions: int, random: torch.Generator) -> dict[str, Tensor]:
        """Give the parts of one batch's loss.

        `seen`: how far the network's answers to both are apart, as a share of how far the caption moves them from its
        answer to none; `read`: how far the states are apart behind the last word, where positions agree, and pooled;
        `kept`: how far the student's states of the captions themselves are from what they were.
        """
        said = self.wordings.draw(self.cache, positions, random)
        with torch.no_grad():
            right = self.teacher(torch.cat([said.plain, said.foreign]))
        mine = self.student(torch.cat([said.plain, said.foreign, said.free]))
        count, own = BATCH, BATCH + len(said.foreign)
        states, pooled = right.last_hidden_state, right.pooler_output
        free, free_pooled = mine.last_hidden_state[own:], mine.pooler_output[own:]
        behind = _behind(said.plain) & _behind(said.free)
        read = (free - states[:count])[behind].square().mean() + (free_pooled - pooled[:count]).square().mean()
        kept = nn.functional.mse_loss(mine.last_hidden_state[:own], states) + nn.functional.mse_loss(
            mine.pooler_output[:own], pooled
        )
        return {"seen": self._seen(said.pictures, states[:SEEN], free[:SEEN], random), "read": read, "kept": kept}

    def _seen(self, pictures: Tensor, right: Tensor, free: Tensor, random: torch.Generator) -> Tensor:
        x_t, t, _, _ = noised(self.cache.draw(NATIVE, pictures, random), 0.2, random)
        with torch.no_grad():
            wanted = self.unet(x_t, t, right).sample
            nothing = self.unet(x_t, t, self.cache.nothing[: right.shape[1]].expand_as(right)).sample
        apart = (self.unet(x_t, t, free).sample - wanted).square().mean(dim=(1, 2, 3))
        moved = (nothing - wanted).square().mean(dim=(1, 2, 3))
        moved = (moved + moved.mean()).clamp(min=1e-8) / 2  # a network may be deaf to all text
        return torch.as_tensor((apart / moved).mean())


def _behind(tokens: Tensor) -> Tensor:
    """Mark the positions behind the first end-of-text, (batch, positions)."""
    end = tokens == tokens.max()
    return end.cumsum(dim=1) > 1


def train_wordings(data: TrainingSet, folder: Path, *, steps: int, processes: int = 2, rate: float = 1e-3) -> None:
    """Train to `steps` in several processes, going on from the checkpoint; the network stays as it is."""
    lesson = Lesson(folder, load_cache(folder, data.tokens), Wordings(data, folder))
    if (state := load_checkpoint(folder / "wordings.pt")) is not None:
        lesson.student.load_state_dict(state["model"])
    meeting = Meeting(lesson.student, processes)
    run_processes(_train, processes, (lesson, folder, meeting, steps, rate))


def _train(rank: int, lesson: Lesson, folder: Path, meeting: Meeting, steps: int, rate: float) -> None:
    torch.set_num_threads(1)
    student = lesson.student
    optimizer = torch.optim.AdamW(student.parameters(), lr=rate, betas=(0.9, 0.98), weight_decay=0.0)
    ema, first = Ema(student, 0.99**MEET_EVERY), 0
    if (state := load_checkpoint(folder / "wordings.pt")) is not None:
        first = state["step"]
        ema.load_state_dict(state["ema"])
        if "optimizer" in state:  # there is none where only finished weights were left
            optimizer.load_state_dict(state["optimizer"])
    log, began, sums = Log(folder / "log.jsonl", "wordings"), time.monotonic(), dict[str, float]()
    for step in range(first, steps):
        set_learning_rate(optimizer, learning_rate(step, steps, rate, decay=0.5))
        parts = lesson.loss(LENGTH if step % 8 else POSITIONS, generator("wordings", 0, step, rank))
        optimizer.zero_grad(set_to_none=True)
        (parts["seen"] + parts["read"] + KEPT * parts["kept"]).backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        optimizer.step()
        for name, value in parts.items():
            sums[name] = sums.get(name, 0.0) + float(value.detach())
        done = step + 1
        if done % MEET_EVERY == 0 or done == steps:
            meeting.average(student, rank)
            ema.update(student)
        if done % 50 == 0 and rank == 0:
            log(
                step=done, **{name: value / 50 for name, value in sums.items()}, seconds_so_far=time.monotonic() - began
            )
            sums = {}
        if (done % SAVE_EVERY == 0 or done == steps) and rank == 0:
            own = {"model": student.state_dict(), "ema": ema.state_dict(), "optimizer": optimizer.state_dict()}
            save_atomic({"step": done, **own}, folder / "wordings.pt")


def load_worded(folder: Path) -> Any:
    """Load the averaged text encoder that knows other words, frozen; raise FileNotFoundError where there is none."""
    text = make_text_encoder(len(load_tokenizer(folder)))
    text.load_state_dict(averaged(folder / "wordings.pt"))
    return text.eval().requires_grad_(False)


def worded_step(folder: Path) -> int:
    """Return how far the stage has come."""
    state = load_checkpoint(folder / "wordings.pt")
    return 0 if state is None else int(state["step"])
