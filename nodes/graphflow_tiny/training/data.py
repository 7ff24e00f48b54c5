"""The training set on disk: pictures, their captions, and the captions' tokens."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from graphflow_tiny.training.tokens import learn_merges, write_tokenizer
from graphflow_tiny.world import (
    Caption,
    Group,
    Pair,
    Scene,
    Single,
    Spec,
    describe,
    describe_briefly,
    held_out,
    make_spec,
    render,
    reword,
)

SIDE = 64
WORDED = 12_000
"""Pictures whose captions are said in other words too, for the tokenizer to know these."""
CAPTIONS = 3
"""Captions per picture that say most of it."""
BRIEF = 0.15
"""Share of the pictures whose brief caption is drawn instead: people's first prompt is "a tree"."""
POSITIONS = 77
SORTS: Mapping[str, type[Spec]] = {"singles": Single, "groups": Group, "pairs": Pair, "scenes": Scene}
HELD_OUT_FROM = 10_000_000
"""Pictures with these seeds and above are for scores and probes, never for training."""


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Pictures (n, 64, 64, 3) uint8 and, for each, rows of `tokens` (captions, 77) int64 that describe it."""

    pictures: NDArray[np.uint8]
    caption_ids: Tensor  # (n, CAPTIONS + 1) rows of `tokens`, the brief caption last
    tokens: Tensor
    sorts: tuple[type[Spec], ...] = ()
    favoured: Tensor | None = None
    """The numbers of pictures of these sorts, to which every third picture drawn belongs."""

    def draw(self, count: int, random: torch.Generator, below: int | None = None) -> Tensor:
        """Draw numbers of pictures, all `below` the number given or that of all."""
        most = below or len(self.pictures)
        index = torch.randint(most, (count,), generator=random)
        if self.favoured is not None:
            places = int(torch.searchsorted(self.favoured, most))
            index[::3] = self.favoured[torch.randint(places, index[::3].shape, generator=random)]
        return index

    def draw_captions(self, index: Tensor, random: torch.Generator) -> Tensor:
        """Draw a caption for each of these pictures: rows of `tokens`."""
        pick = torch.randint(CAPTIONS, (len(index),), generator=random)
        pick[torch.rand(len(index), generator=random) < BRIEF] = CAPTIONS
        return self.caption_ids[index, pick]

    def batch(self, index: Tensor, side: int = SIDE) -> Tensor:
        """Give pictures as (batch, 3, side, side) in -1..1."""
        pixels = torch.from_numpy(self.pictures[index.numpy()]).permute(0, 3, 1, 2).float()
        if side != SIDE:
            pixels = torch.nn.functional.avg_pool2d(pixels, SIDE // side)
        return pixels / 127.5 - 1


def training_caption(spec: Spec, number: int) -> Caption:
    """Give caption `number` of a picture, passing over those that are held out."""
    return describe(spec, training_number(spec, number))


def training_number(spec: Spec, number: int) -> int:
    """Give what `describe` takes to say caption `number` of a picture, passing over those that are held out."""
    numbers = range(number, number + 1000 * CAPTIONS, CAPTIONS)
    return next(each for each in numbers if not held_out(describe(spec, each)))


def brief_caption(spec: Spec) -> Caption:
    """Give the brief caption of a picture, passing over those that are held out; if all are, one that says more."""
    captions = (describe_briefly(spec, number) for number in range(20))
    return next((caption for caption in captions if not held_out(caption)), training_caption(spec, CAPTIONS))


def held_out_examples(count: int, start: int = HELD_OUT_FROM) -> list[tuple[Spec, Caption]]:
    """Give the first `count` pictures from seed `start` on whose first caption is held out of training."""
    found: list[tuple[Spec, Caption]] = []
    seed = start
    while len(found) < count:
        spec = make_spec(seed)
        caption = describe(spec, 0)
        if held_out(caption):
            found.append((spec, caption))
        seed += 1
    return found


def make_training_set(folder: Path, count: int, begin: Sequence[tuple[str, str]] = ()) -> None:
    """Draw `count` pictures, say each in `CAPTIONS` ways and once in brief, and learn the tokenizer from what was said.

    The byte pairs `begin` come first: those of finished weights, which are to learn more words.
    """
    specs = [make_spec(seed) for seed in range(count)]
    pictures = np.lib.format.open_memmap(folder / "pictures.npy", "w+", np.uint8, (count, SIDE, SIDE, 3))
    for place, spec in enumerate(specs):
        pictures[place] = render(spec, SIDE)
    pictures.flush()
    texts = [_texts(spec) for spec in specs]
    rows = {text: row for row, text in enumerate(dict.fromkeys(itertools.chain.from_iterable(texts)))}
    merges = learn_merges(itertools.chain.from_iterable(texts), begin=begin)
    others = map(_in_other_words, range(WORDED), specs, texts)
    write_tokenizer(folder / "tokenizer", learn_merges(others, begin=merges))
    ids = np.asarray([[rows[text] for text in own] for own in texts], dtype=np.int64)
    np.save(folder / "caption_ids.npy", ids)
    (folder / "captions.json").write_text(json.dumps(list(rows), indent=0) + "\n", encoding="utf-8")
    np.save(folder / "tokens.npy", tokenize(load_tokenizer(folder), list(rows)).numpy().astype(np.int16))


def _in_other_words(number: int, spec: Spec, texts: Sequence[str]) -> str:
    random = Random(f"wordings {number}")
    return reword(texts[random.randrange(len(texts))], spec, random, unknown=False)


def _texts(spec: Spec) -> list[str]:
    return [*(training_caption(spec, number).text for number in range(CAPTIONS)), brief_caption(spec).text]


def load_training_set(folder: Path, favour: Sequence[str] = ()) -> TrainingSet:
    """Open what `make_training_set` wrote; pictures stay on disk until they are read.

    Those of the `SORTS` to favour are drawn more often. Raises ValueError where there are none of these, and where
    an older version wrote the captions.
    """
    pictures = np.load(folder / "pictures.npy", mmap_mode="r")
    sorts = tuple(SORTS[name] for name in favour)
    favoured = [number for number in range(len(pictures)) if sorts and isinstance(make_spec(number), sorts)]
    if sorts and not favoured:
        raise ValueError(
            f"there are no {' or '.join(favour)} among the pictures: draw more (--pictures) in the stage `data`"
        )
    caption_ids = torch.from_numpy(np.load(folder / "caption_ids.npy"))
    if caption_ids.shape[1] != CAPTIONS + 1:
        raise ValueError(
            f"{folder / 'caption_ids.npy'} has {caption_ids.shape[1]} captions for each picture, and {CAPTIONS + 1} are "
            "wanted: remove tokens.npy and states.npy beside it, and run the stages `data` and `states`"
        )
    return TrainingSet(
        pictures,
        caption_ids,
        torch.from_numpy(np.load(folder / "tokens.npy").astype(np.int64)),
        sorts,
        torch.tensor(favoured) if sorts else None,
    )


def load_tokenizer(folder: Path) -> Any:
    """Load the tokenizer that lies in a work or model folder."""
    from transformers import CLIPTokenizer

    return CLIPTokenizer.from_pretrained(folder / "tokenizer")


def tokenize(tokenizer: Any, texts: list[str]) -> Tensor:
    """Turn texts into token ids, (texts, 77)."""
    ids: Tensor = tokenizer(
        texts, padding="max_length", max_length=POSITIONS, truncation=True, return_tensors="pt"
    ).input_ids
    return ids
