from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from graphflow_nodes.models.header import ModelFileError
from graphflow_nodes.models.tokenizer import (
    BOS,
    CLIP_SIZE,
    END,
    EOS,
    Tokenizer,
    byte_alphabet,
    find_tokenizer,
    from_files,
)
from tests.models.checkpoints import write_json, write_tokenizer

TEXTS = [
    "a dog wearing hat",
    "A  Dog, wearing\nhat's\t3d!",
    "naïve café ÄÖ",
    "日本語 🎈",
    "don't I'll we've",
    "",
    "  ",
    "(red:1.2)",
]


@pytest.fixture(autouse=True)
def empty_hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test may find what the machine happens to have."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def learnt(folder: Path) -> Path:
    """Write a vocabulary with some merges, as CLIP's is built."""
    pairs = [("t", f"h{END}"), ("d", "o"), ("do", f"g{END}"), ("h", "a"), ("ha", f"t{END}"), ("w", "e")]
    alphabet = byte_alphabet()
    signs = [*alphabet, *(sign + END for sign in alphabet), *("".join(pair) for pair in pairs), BOS, EOS]
    write_json(folder / "vocab.json", {sign: number for number, sign in enumerate(signs)})
    lines = ["#version: 0.2", *(f"{left} {right}" for left, right in pairs)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def load(folder: Path, size: int = 520) -> Tokenizer:
    return from_files(folder / "vocab.json", folder / "merges.txt", size)


@pytest.mark.parametrize("text", TEXTS)
def test_token_ids_are_those_of_transformers(text: str, tmp_path: Path) -> None:
    from transformers.models.clip.tokenization_clip import CLIPTokenizer

    theirs = CLIPTokenizer.from_pretrained(str(learnt(tmp_path / "tokenizer")))

    ids = [token for word in load(tmp_path / "tokenizer").words(text) for token in word]

    assert ids == theirs(text, add_special_tokens=False)["input_ids"]


def test_words_are_kept_apart(tmp_path: Path) -> None:
    words = load(learnt(tmp_path)).words("dog, hat's")

    assert [len(word) for word in words] == [1, 1, 1, 2]


def test_the_marks_are_the_last_two_tokens(tmp_path: Path) -> None:
    tokenizer = load(learnt(tmp_path))

    assert (tokenizer.bos, tokenizer.eos) == (518, 519)


@pytest.mark.parametrize("size", [519, 521, 49_408])
def test_a_vocabulary_of_another_size_is_never_taken(size: int, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="not that of the text encoder"):
        load(learnt(tmp_path), size)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("vocab.json", "{", "cannot be read"),
        ("vocab.json", "[1]", "not that of the text encoder"),
        ("merges.txt", "one two three\n", "cannot be read"),
        ("merges.txt", "no such\n", "damaged"),
    ],
)
def test_a_damaged_tokenizer_is_refused(file: str, content: str, message: str, tmp_path: Path) -> None:
    (learnt(tmp_path) / file).write_text(content, encoding="utf-8")

    with pytest.raises(ModelFileError, match=message):
        load(tmp_path)


@pytest.mark.parametrize("place", ["models/sd/tokenizer", "models/tokenizer", "tokenizer"])
def test_a_single_file_finds_its_tokenizer_near_it(place: str, tmp_path: Path) -> None:
    write_tokenizer(tmp_path / place)

    assert find_tokenizer(tmp_path / "models" / "sd.safetensors", 514).size == 514


def test_a_folder_brings_its_own_tokenizer(folder: Path) -> None:
    assert find_tokenizer(folder, 514).eos == 513


def test_the_local_hub_cache_is_a_source(empty_hub_cache: Path, tmp_path: Path) -> None:
    write_tokenizer(empty_hub_cache / "models--openai--clip-vit-large-patch14" / "snapshots" / "abc")

    assert find_tokenizer(tmp_path / "models" / "sd.safetensors", 514).size == 514


def test_without_a_tokenizer_the_error_names_the_ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphflow_nodes.models.tokenizer._from_package", lambda: None)
    monkeypatch.setattr("graphflow_nodes.models.tokenizer._from_open_clip", lambda: None)

    with pytest.raises(ModelFileError, match=r"vocab\.json.*beside the checkpoint.*instant-clip-tokenizer.*open_clip"):
        find_tokenizer(tmp_path / "models" / "sd.safetensors", CLIP_SIZE)


def test_clips_own_vocabulary_never_serves_another_model(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="its own vocabulary of 806 tokens"):
        find_tokenizer(tmp_path / "models" / "sd.safetensors", 806)


def test_the_package_that_carries_clips_vocabulary_is_a_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Engine:
        def encode(self, text: str) -> list[int]:
            return {"a dog": [320, 1929]}[text]

    package = ModuleType("instant_clip_tokenizer")
    package.Tokenizer = Engine  # type: ignore[attr-defined]  # the one class that the package has
    monkeypatch.setitem(sys.modules, "instant_clip_tokenizer", package)

    tokenizer = find_tokenizer(tmp_path / "models" / "sd.safetensors", CLIP_SIZE)

    assert tokenizer.words("a dog") == [[320], [1929]]
    assert (tokenizer.bos, tokenizer.eos) == (49406, 49407)
