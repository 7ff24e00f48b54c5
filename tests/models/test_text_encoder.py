from __future__ import annotations

import threading
from pathlib import Path

import pytest
import torch
from torch import Tensor

from graphflow_nodes.models import load
from graphflow_nodes.models.header import ModelFileError
from graphflow_nodes.models.text_encoder import TextEncoder
from graphflow_nodes.models.tokenizer import find_tokenizer

CPU = torch.device("cpu")
BOS, EOS = 512, 513
CAT = torch.randn(3, 24, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def encoder(folder: Path) -> TextEncoder:
    module = load.load_text_encoder(folder, "sd15", CPU, torch.float32)
    return TextEncoder(module, CPU, find_tokenizer(folder, 514))


def states(encoder: TextEncoder, text: str, **vectors: Tensor) -> Tensor:
    return encoder.encode(text, vectors)[0]


def close(ours: Tensor, theirs: Tensor) -> None:
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


def theirs(folder: Path, text: str, **options: bool) -> dict[str, Tensor]:
    from transformers.models.clip.modeling_clip import CLIPTextModel
    from transformers.models.clip.tokenization_clip import CLIPTokenizer

    ids = CLIPTokenizer.from_pretrained(str(folder / "tokenizer"))(text, padding="max_length", max_length=77)
    model = CLIPTextModel.from_pretrained(folder / "text_encoder").eval()
    with torch.no_grad():
        answer = model(input_ids=torch.tensor([ids["input_ids"]]), **options)
        return {
            "last": answer.last_hidden_state,
            **{f"-{n}": model.final_layer_norm(answer.hidden_states[-n]) for n in (1, 2) if options},
        }


def test_a_prompt_gives_the_states_of_the_library_on_the_same_tokens(encoder: TextEncoder, folder: Path) -> None:
    context, pooled = encoder.encode("a red house")

    close(context, theirs(folder, "a red house")["last"])
    assert pooled is None
    assert not context.requires_grad


@pytest.mark.parametrize("layer", [-1, -2])
def test_an_earlier_layer_is_read_through_the_last_norm(layer: int, encoder: TextEncoder, folder: Path) -> None:
    ours = encoder.encode("a red house", last_layer=layer)[0]

    close(ours, theirs(folder, "a red house", output_hidden_states=True)[str(layer)])


def test_a_layer_that_is_not_there_is_refused(encoder: TextEncoder) -> None:
    with pytest.raises(ModelFileError, match="has 2 layers, so it cannot be read at -3"):
        encoder.encode("a", last_layer=-3)


def test_an_empty_prompt_is_one_chunk_of_marks(encoder: TextEncoder) -> None:
    assert encoder.chunks("") == [[BOS, *[EOS] * 76]]
    assert encoder.encode("")[0].shape == (1, 77, 24)


@pytest.mark.parametrize(("words", "chunks"), [(1, 1), (75, 1), (76, 2), (150, 2), (151, 3)])
def test_long_prompts_are_read_in_chunks_of_75_tokens(words: int, chunks: int, encoder: TextEncoder) -> None:
    pieces = encoder.chunks("a " * words)

    assert [len(piece) for piece in pieces] == [77] * chunks
    assert sum(token not in (BOS, EOS) for piece in pieces for token in piece) == words
    assert states(encoder, "a " * words).shape == (1, 77 * chunks, 24)


def test_the_chunks_of_a_long_prompt_are_read_apart(encoder: TextEncoder) -> None:
    both = states(encoder, "a " * 75 + "b c d")

    close(both[:, 77:], states(encoder, "b c d"))


def test_no_token_of_a_prompt_is_lost_or_moved(encoder: TextEncoder) -> None:
    text = "one two-three, naïve 日本 " * 40 + "x" * 300

    tokens = [token for piece in encoder.chunks(text) for token in piece if token not in (BOS, EOS)]

    assert tokens == [token for word in encoder.tokenizer.words(text) for token in word]


def test_a_weight_moves_states_away_from_those_of_the_empty_prompt(encoder: TextEncoder) -> None:
    plain, empty = states(encoder, "a red house"), states(encoder, "")
    red = slice(1 + 1, 1 + 1 + len(encoder.tokenizer.words("red")[0]))

    weighted = states(encoder, "a (red:1.7) house")

    close(weighted[:, red], empty[:, red] + 1.7 * (plain[:, red] - empty[:, red]))
    close(weighted[:, : red.start], plain[:, : red.start])
    close(weighted[:, red.stop :], plain[:, red.stop :])


def test_the_weight_0_leaves_the_empty_prompt(encoder: TextEncoder) -> None:
    weighted, empty = states(encoder, "(a:0)"), states(encoder, "")

    close(weighted[:, 1], empty[:, 1])


def test_each_chunk_is_weighted_from_the_empty_prompt(encoder: TextEncoder) -> None:
    last, empty = states(encoder, "b"), states(encoder, "")

    weighted = states(encoder, "a " * 75 + "(b:2)")

    close(weighted[:, 78], 2 * last[:, 1] - empty[:, 1])


def test_the_weight_1_changes_nothing(encoder: TextEncoder) -> None:
    assert torch.equal(states(encoder, "a (red:1.0) house"), states(encoder, "a red house"))


def test_the_vectors_of_words_as_an_embedding_say_the_same_as_the_words(encoder: TextEncoder) -> None:
    ids = [token for word in encoder.tokenizer.words("red") for token in word]
    red = encoder.module.get_parameter(encoder._words_name)[ids].detach()

    close(states(encoder, "a embedding:red house", red=red), states(encoder, "a red house"))


def test_an_embedding_can_be_weighted_and_followed_by_a_comma(encoder: TextEncoder) -> None:
    plain, empty = states(encoder, "embedding:cat, a", cat=CAT), states(encoder, "")

    weighted = states(encoder, "(embedding:cat:1.5), a", cat=CAT)

    close(weighted[:, 1:4], empty[:, 1:4] + 1.5 * (plain[:, 1:4] - empty[:, 1:4]))
    close(weighted[:, 4:], plain[:, 4:])
    assert (plain - states(encoder, ", a")).abs().max() > 1e-3


def test_a_long_embedding_is_cut_and_a_short_one_moved_on(encoder: TextEncoder) -> None:
    long = torch.randn(20, 24, generator=torch.Generator().manual_seed(1))

    assert states(encoder, "a " * 73 + "embedding:cat", cat=CAT).shape[1] == 154
    close(states(encoder, "a " * 73 + "embedding:cat", cat=CAT)[:, 77:], states(encoder, "embedding:cat", cat=CAT))
    close(
        states(encoder, "a " * 73 + "embedding:long", long=long)[:, 77:],
        states(encoder, "embedding:rest", rest=long[2:]),
    )


def test_an_unknown_embedding_is_never_dropped(encoder: TextEncoder) -> None:
    with pytest.raises(ModelFileError, match="the embedding 'dog' was not given"):
        states(encoder, "a embedding:dog, b", cat=CAT)


def test_an_embedding_of_another_model_is_refused(encoder: TextEncoder) -> None:
    with pytest.raises(ModelFileError, match="768 numbers wide, and the text encoder reads 24"):
        states(encoder, "embedding:cat", cat=torch.zeros(1, 768))


def test_embeddings_of_one_thread_never_reach_another(encoder: TextEncoder) -> None:
    expected = states(encoder, "embedding:cat", cat=CAT), states(encoder, "a red house")
    found: list[Tensor] = []
    threads = [
        threading.Thread(target=lambda: found.extend(states(encoder, "embedding:cat", cat=CAT) for _ in range(10))),
        threading.Thread(target=lambda: found.extend(states(encoder, "a red house") for _ in range(10))),
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 20
    assert all(min((each - one).abs().max() for one in expected) < 1e-5 for each in found)
