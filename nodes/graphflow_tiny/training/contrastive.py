"""The text encoder, trained to tell which caption belongs to which picture (CLIP, Radford et al. 2021)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from graphflow_nodes.diffusion.average import Ema
from graphflow_nodes.models.tower import FEATURES as WIDTH
from graphflow_nodes.models.tower import PictureEncoder, Towers
from graphflow_tiny.training.data import (
    CAPTIONS,
    TrainingSet,
    held_out_examples,
    load_tokenizer,
    tokenize,
    training_number,
)
from graphflow_tiny.training.loop import (
    Log,
    generator,
    learning_rate,
    load_checkpoint,
    save_atomic,
    set_learning_rate,
)
from graphflow_tiny.training.questions import Questions, Reader
from graphflow_tiny.world import Spec, false_caption, make_spec, render

SHORT = 24
"""No caption has more tokens: training feeds only so many positions (attention is causal, so the states are the same)."""


ANCHOR_WEIGHT = 5.0
ROUNDS = 4
"""Steps of asking `QUESTIONS`, between two of matching captions and pictures; they cost an eighth of those."""


def make_text_encoder(vocabulary: int) -> Any:
    """Build the text encoder with random weights: 128 wide, 3 layers."""
    from transformers import CLIPTextConfig, CLIPTextModel

    config = CLIPTextConfig(
        vocab_size=vocabulary,
        hidden_size=WIDTH,
        intermediate_size=4 * WIDTH,
        projection_dim=WIDTH,
        num_hidden_layers=3,
        num_attention_heads=4,
        max_position_embeddings=77,
        hidden_act="quick_gelu",
        bos_token_id=vocabulary - 2,
        eos_token_id=vocabulary - 1,
        pad_token_id=vocabulary - 1,
    )
    return CLIPTextModel(config)


class Matcher(nn.Module):
    """Both encoders, and the temperature of their likeness."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.text = make_text_encoder(vocabulary)
        self.words = nn.Linear(WIDTH, WIDTH, bias=False)
        self.picture = PictureEncoder()
        self.scale = nn.Parameter(torch.tensor(2.65))  # log(1 / 0.07), CLIP's start

    def likeness(self, pictures: Tensor, pooled: Tensor) -> Tensor:
        """Give cosine likeness times the learnt scale, (pictures, captions); `pooled`: (captions, width)."""
        seen = nn.functional.normalize(self.picture(pictures), dim=1)
        said = nn.functional.normalize(self.words(pooled), dim=1)
        return self.scale.clamp(max=4.6).exp() * seen @ said.T


def contrastive_loss(likeness: Tensor, false: Tensor) -> Tensor:
    """Ask of each picture for its caption and of each caption for its picture: CLIP, figure 3.

    `likeness`: (pictures, captions), of which captions beyond the number of pictures belong to none: they are said of
    picture `false[i]`, but for one fact. Without such captions the words alone tell the right caption, and their order
    is never learnt (Yuksekgonul et al. 2023, whose remedy this is).
    """
    count = len(likeness)
    own = torch.arange(count, device=likeness.device)
    right, wrong = likeness.diagonal()[false], likeness[false, torch.arange(count, likeness.shape[1])]
    both = nn.functional.cross_entropy(likeness, own) + nn.functional.cross_entropy(likeness[:, :count].T, own)
    return both / 2 + nn.functional.softplus(wrong - right).mean()


class Anchor:
    """The text encoder as it was before it learnt more words: what it said of the old ones shall stay.

    The finished UNet reads these states, and so has little to learn anew.
    """

    def __init__(self, weights: Mapping[str, Tensor], known: int) -> None:
        self.weights, self.known = dict(weights), known
        self.text = make_text_encoder(len(weights["embeddings.token_embedding.weight"]))
        self.text.load_state_dict(self.weights)
        self.text.eval().requires_grad_(False)

    def loss(self, states: Tensor, tokens: Tensor) -> Tensor:
        """Compare the states of captions whose words are all old; `tokens`: (captions, positions)."""
        count = len(self.weights["embeddings.token_embedding.weight"])
        old = ((tokens < self.known) | (tokens >= count - 2)).all(dim=1)
        if not old.any():
            return torch.zeros((), device=tokens.device)
        self.text.to(tokens.device)
        return nn.functional.mse_loss(states[old], self.text(tokens[old]).last_hidden_state)


class Course:
    """What a run trains and keeps: both encoders, the questions' reader, their averages, and the anchor if there is one."""

    def __init__(self, vocabulary: int, rate: float, device: str) -> None:
        torch.manual_seed(0)
        self.matcher, self.reader = Matcher(vocabulary).to(device), Reader(WIDTH).to(device)
        self.trained = [*self.matcher.parameters(), *self.reader.parameters()]
        self.optimizer = torch.optim.AdamW(self.trained, lr=rate, betas=(0.9, 0.98), weight_decay=0.01)
        self.ema = Ema(self.matcher, 0.99)
        self.anchor: Anchor | None = None

    def resume(self, path: Path) -> int:
        """Go on from a checkpoint, if there is one; return how many steps are done."""
        if (state := load_checkpoint(path)) is None:
            return 0
        self.matcher.load_state_dict(state["model"])
        self.ema.load_state_dict(state["ema"])
        if "reader" in state:  # there are neither where only finished weights were left
            self.optimizer.load_state_dict(state["optimizer"])
            self.reader.load_state_dict(state["reader"])
        if "anchor" in state:
            self.anchor = Anchor(state["anchor"], state["known"])
        return int(state["step"])

    def keep(self, path: Path, step: int) -> None:
        """Write a checkpoint."""
        state = {"model": self.matcher.state_dict(), "optimizer": self.optimizer.state_dict()}
        held = {} if self.anchor is None else {"anchor": self.anchor.weights, "known": self.anchor.known}
        rest = {"reader": self.reader.state_dict(), "ema": self.ema.state_dict(), **held}
        save_atomic({"step": step, **state, **rest}, path)

    def descend(self, loss: Tensor) -> None:
        """Take one step."""
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
        self.optimizer.step()


def train_contrastive(
    data: TrainingSet, folder: Path, *, steps: int, batch: int = 256, rate: float = 1e-3, device: str = "cpu"
) -> None:
    """Train both encoders to `steps`, going on from the checkpoint.

    Where an anchor holds what finished weights said, captions of the sorts that the data favour are free of it.
    """
    log, path, tokenizer = Log(folder / "log.jsonl", "contrastive"), folder / "contrastive.pt", load_tokenizer(folder)
    course = Course(len(tokenizer), rate, device)
    matcher, reader, first = course.matcher, course.reader, course.resume(path)
    quiz, questions = _quiz(tokenizer), Questions(data)
    began = time.monotonic()
    for step in range(first, steps):
        random = generator("contrastive", 0, step)
        drawn = _draw_pairs(data, tokenizer, batch, random)
        pictures, tokens, false = (part.to(device) for part in (drawn.pictures, drawn.tokens, drawn.false))
        set_learning_rate(course.optimizer, learning_rate(step, steps, rate, decay=0.6))
        said = matcher.text(tokens)
        loss = contrastive_loss(matcher.likeness(pictures, said.pooler_output), false)
        if course.anchor is not None:
            held = [place for place, spec in enumerate(drawn.specs) if not isinstance(spec, data.sorts)]
            loss = loss + ANCHOR_WEIGHT * course.anchor.loss(said.last_hidden_state[held], tokens[held])
        course.descend(loss)
        for _ in range(ROUNDS):
            asked_of, answers = (part.to(device) for part in questions.draw(batch // 2, SHORT, random))
            asked = reader.loss(matcher.text(asked_of).last_hidden_state, asked_of, answers, random)
            course.descend(asked)
        course.ema.update(matcher)
        if (step + 1) % 50 == 0:
            pace = (step + 1 - first) / (time.monotonic() - began)
            log(step=step + 1, loss=float(loss.detach()), asked=float(asked.detach()), per_second=pace)
        if (step + 1) % 200 == 0 or step + 1 == steps:
            log(step=step + 1, top1=_top1(matcher, quiz, device))
            course.keep(path, step + 1)


class Drawn(NamedTuple):
    """Pictures, (batch, 3, 32, 32), tokens of one caption of each and then of false ones, and whose these are."""

    pictures: Tensor
    tokens: Tensor
    false: Tensor
    specs: list[Spec]


def _draw_pairs(data: TrainingSet, tokenizer: Any, batch: int, random: torch.Generator) -> Drawn:
    index = data.draw(batch, random)
    pick = torch.randint(CAPTIONS, (batch,), generator=random)
    luck = Random(int(torch.randint(2**62, (), generator=random)))
    specs = [make_spec(number) for number in index.tolist()]
    numbers = [training_number(spec, number) for spec, number in zip(specs, pick.tolist(), strict=True)]
    false = {
        place: caption.text
        for place, (spec, number) in enumerate(zip(specs, numbers, strict=True))
        if (caption := false_caption(spec, number, luck)) is not None
    }
    said = tokenize(tokenizer, list(false.values()))
    tokens = torch.cat([data.tokens[data.caption_ids[index, pick]], said])[:, :SHORT]
    return Drawn(data.batch(index, 32), tokens, torch.tensor(list(false)), specs)


def load_text_encoder(folder: Path) -> Any:
    """Load the averaged text encoder, frozen."""
    state = load_checkpoint(folder / "contrastive.pt")
    if state is None:
        raise FileNotFoundError(f"{folder / 'contrastive.pt'} is missing: run the stage `contrastive` first")
    text = make_text_encoder(len(load_tokenizer(folder)))
    prefix = "text."
    weights = state["ema"]["weights"]
    text.load_state_dict({name.removeprefix(prefix): weights[name] for name in weights if name.startswith(prefix)})
    return text.eval().requires_grad_(False)


def load_towers(folder: Path) -> Towers | None:
    """Load the averaged tower of the pictures, and the projection of the text encoder's states, frozen.

    None where the checkpoint was restored from finished weights, which hold the text encoder alone.
    """
    state = load_checkpoint(folder / "contrastive.pt")
    if state is None:
        raise FileNotFoundError(f"{folder / 'contrastive.pt'} is missing: run the stage `contrastive` first")
    towers, weights = Towers(), state["ema"]["weights"]
    if "words.weight" not in weights:
        return None
    towers.load_state_dict({name: weights[name] for name in towers.state_dict()})
    return towers.eval().requires_grad_(False)


def _quiz(tokenizer: Any, count: int = 512) -> tuple[Tensor, Tensor]:
    examples = held_out_examples(count)
    pictures = torch.stack([torch.from_numpy(render(spec, 32).copy()) for spec, _ in examples])
    tokens = tokenize(tokenizer, [caption.text for _, caption in examples])[:, :SHORT]
    return pictures.permute(0, 3, 1, 2).float() / 127.5 - 1, tokens


@torch.no_grad()
def _top1(matcher: Matcher, quiz: tuple[Tensor, Tensor], device: str) -> float:
    pictures, tokens = (part.to(device) for part in quiz)
    likeness = matcher.likeness(pictures, matcher.text(tokens).pooler_output)
    return float((likeness.argmax(1) == torch.arange(len(likeness), device=device)).float().mean())
