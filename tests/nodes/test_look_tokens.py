from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from transformers import CLIPTokenizer

from graphflow.api import Context, File, NodeError, Text
from graphflow_nodes.drawing import INK
from graphflow_nodes.look.token_sheet import STRONG, WEAK, WIDTH
from graphflow_nodes.look.tokens import Tokenised, tokens
from graphflow_nodes.models.pool import ModelPool
from graphflow_tiny import MODEL_ROOTS
from tests.nodes.default_model import default_parts

FOLDER = MODEL_ROOTS["checkpoints"] / "graphflow-tiny" / "tokenizer"


def shown(text: str, cpu: Context) -> tuple[Tokenised, list[list[dict[str, Any]]]]:
    made = tokens(text, default_parts().clip, ctx=cpu)
    return made, json.loads(made.json)["chunks"]


def has(picture: torch.Tensor, colour: str) -> bool:
    wanted = torch.tensor([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    return bool(((picture - wanted).abs().amax(dim=-1) < 0.02).any())


def test_the_ids_are_those_of_transformers_and_the_pieces_spell_the_prompt(cpu: Context) -> None:
    text = "a quixotic meadow, with two red houses"

    made, (chunk,) = shown(text, cpu)

    theirs = CLIPTokenizer.from_pretrained(str(FOLDER))(text)["input_ids"][1:-1]
    assert [token["id"] for token in chunk] == theirs
    assert [token["position"] for token in chunk] == list(range(1, len(theirs) + 1))
    assert (
        "".join(token["text"] + " " * token["ends_word"] for token in chunk)
        == "a quixotic meadow , with two red houses "
    )
    assert made.total == len(theirs)


def test_each_token_has_its_weight(cpu: Context) -> None:
    made, (chunk,) = shown("a (red:1.5) house, (by ((night)):0.5)", cpu)

    weights = {token["text"]: token["weight"] for token in chunk}
    assert weights["a"] == weights["house"] == 1
    assert weights["red"] == 1.5
    assert weights["by"] == 0.5
    assert weights["night"] == pytest.approx(0.5 * 1.1**2)
    assert has(made.figure.tensor, STRONG)
    assert has(made.figure.tensor, WEAK)


def test_a_long_prompt_is_read_in_chunks_of_75(cpu: Context) -> None:
    made, chunks = shown("red " * 80, cpu)
    short, _ = shown("red " * 5, cpu)

    assert [len(chunk) for chunk in chunks] == [75, 5]
    assert [token["position"] for token in chunks[1]] == [1, 2, 3, 4, 5]
    assert made.total == 80
    assert made.figure.tensor.shape[2] == WIDTH
    assert made.figure.tensor.shape[1] > 2 * short.figure.tensor.shape[1]
    assert not has(made.figure.tensor, STRONG)


def test_an_empty_prompt_is_one_chunk_of_marks(cpu: Context) -> None:
    made, chunks = shown("", cpu)

    assert chunks == [[]]
    assert made.total == 0
    assert has(made.figure.tensor, INK)


def test_each_vector_of_an_embedding_is_a_token_beyond_the_vocabulary(tmp_path: Path, cpu: Context) -> None:
    width = cpu.use(ModelPool).clip(default_parts().clip.recipe).width
    path = tmp_path / "sparkle.safetensors"
    save_file({"emb_params": torch.zeros(3, width)}, path)

    _, (chunk,) = shown(Text("a embedding:sparkle house", {"sparkle": File("sparkle", path, "0" * 64)}), cpu)

    assert [token["text"] for token in chunk] == ["a", "embedding", "embedding", "embedding", "house"]
    words = len(json.loads((FOLDER / "vocab.json").read_text()))
    assert [token["id"] - words for token in chunk][1:4] == [0, 1, 2]


def test_an_embedding_that_nobody_knows_is_named(cpu: Context) -> None:
    with pytest.raises(NodeError, match="never-heard-of"):
        shown("a house, embedding:never-heard-of", cpu)
