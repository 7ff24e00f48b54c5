from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphflow_nodes.models.tokenizer import byte_alphabet, find_tokenizer, spelled
from graphflow_tiny import MODEL_ROOTS

TINY = MODEL_ROOTS["checkpoints"] / "graphflow-tiny"


def test_the_tokens_of_a_text_spell_it_again() -> None:
    tokenizer = find_tokenizer(TINY, len(json.loads((TINY / "tokenizer" / "vocab.json").read_text())))

    tokens = [token for word in tokenizer.words("A quixotic, large house") for token in word]

    assert "".join(map(tokenizer.spell, tokens)) == "a quixotic , large house "
    assert len(tokens) > 5  # the rare word is pieced together


def test_clips_own_vocabulary_spells_too(tmp_path: Path) -> None:
    pytest.importorskip("instant_clip_tokenizer")

    tokenizer = find_tokenizer(tmp_path / "model.safetensors", 49_408)

    assert [tokenizer.spell(token) for token in (320, 1912, 87, 9671)] == ["a ", "qui", "x", "otic "]


@pytest.mark.parametrize(("sign", "text"), [("cat</w>", "cat "), ("Ġ", " "), ("Ã©", "é"), ("Ã", "\ufffd"), ("!", "!")])
def test_signs_are_bytes_in_disguise(sign: str, text: str) -> None:
    assert spelled(sign) == text


def test_the_stand_ins_of_the_bytes_are_all_different_and_begin_as_in_clip() -> None:
    alphabet = byte_alphabet()

    assert len(set(alphabet)) == 256
    assert alphabet[:3] == ["!", '"', "#"]
