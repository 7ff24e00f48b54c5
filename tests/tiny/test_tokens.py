"""The tokenizer: CLIP's byte pair encoding, learnt from captions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from graphflow_tiny.training.data import load_tokenizer, tokenize, training_caption
from graphflow_tiny.training.tokens import BOS, EOS, byte_alphabet, learn_merges, read_merges, write_tokenizer
from graphflow_tiny.world import make_spec

TEXTS = [training_caption(make_spec(seed), 0).text for seed in range(300)]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("words")
    write_tokenizer(folder / "tokenizer", learn_merges(TEXTS))
    return load_tokenizer(folder)


def test_the_alphabet_is_clips() -> None:
    alphabet = byte_alphabet()

    assert len(set(alphabet)) == 256
    assert alphabet[:3] == ["!", '"', "#"]
    assert alphabet[188:190] == ["Ā", "ā"]


def test_the_most_frequent_pair_is_merged_first() -> None:
    assert learn_merges(["ab ab ab", "cb"], limit=1) == [("a", "b</w>")]


def test_merges_that_go_on_behind_others_leave_old_words_as_they_were(tmp_path: Path) -> None:
    begin = learn_merges(["red circle", "blue ring"])
    more = learn_merges(["red circles", "blue rings and crosses"] * 9, begin=begin)

    assert more[: len(begin)] == begin
    for name, merges in (("old", begin), ("new", more)):
        write_tokenizer(tmp_path / name / "tokenizer", merges)
        assert read_merges(tmp_path / name / "tokenizer") == merges
    old, new = (load_tokenizer(tmp_path / name) for name in ("old", "new"))
    assert old("red circle blue ring").input_ids[1:-1] == new("red circle blue ring").input_ids[1:-1]
    assert new.tokenize("circles crosses") == ["circles</w>", "crosses</w>"]


def test_every_word_of_the_world_is_one_token(tokenizer: Any) -> None:
    for text in TEXTS[:50]:
        assert tokenizer.tokenize(text) == [
            f"{word}</w>" for word in text.replace(",", " ,").replace("-", " - ").split()
        ]


def test_captions_come_back_from_their_tokens(tokenizer: Any) -> None:
    text = "a red circle on a blue background"

    assert tokenizer.decode(tokenizer(text).input_ids, skip_special_tokens=True) == text


def test_words_outside_the_world_fall_apart_into_letters(tokenizer: Any) -> None:
    assert "".join(tokenizer.tokenize("Zebra é")) == "zebra</w>Ã©</w>"


def test_ids_are_framed_and_padded_as_clip_does(tokenizer: Any) -> None:
    ids = tokenize(tokenizer, ["a red circle", "word " * 100])

    last = len(tokenizer) - 1
    assert ids.shape == (2, 77)
    assert (tokenizer.convert_tokens_to_ids(BOS), tokenizer.convert_tokens_to_ids(EOS)) == (last - 1, last)
    assert ids[0, 0] == last - 1
    assert (ids[0, 4:] == last).all()
    assert ids[1, -1] == last


def test_the_shipped_tokenizer_is_what_its_merges_say(tokenizer: Any, tmp_path: Path) -> None:
    merges = learn_merges(TEXTS)
    write_tokenizer(tmp_path / "tokenizer", merges)

    lines = (tmp_path / "tokenizer" / "merges.txt").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "#version: 0.2"
    assert [tuple(line.split(" ")) for line in lines[1:]] == merges
    assert len(tokenizer) == 512 + len(merges) + 2
