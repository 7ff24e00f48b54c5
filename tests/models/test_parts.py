from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from graphflow_nodes.models import load
from graphflow_nodes.models.parts import Autoencoder, Space, TextEncoder
from graphflow_nodes.models.tokenizer import find_tokenizer

CPU = torch.device("cpu")
BOS, EOS = 512, 513


@pytest.fixture(scope="module")
def encoder(folder: Path) -> TextEncoder:
    module = load.load_text_encoder(folder, "sd15", CPU, torch.float32)
    return TextEncoder(module, CPU, find_tokenizer(folder, 514))


@pytest.fixture(scope="module")
def autoencoder(folder: Path) -> Autoencoder:
    return Autoencoder(load.load_vae(folder, "sd15", CPU, torch.float32), CPU, Space(4, 4, 0.5))


def pictures(*shape: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0))


# --- text -----------------------------------------------------------------------------------------------------


def test_a_prompt_gives_the_states_of_the_library_on_the_same_tokens(encoder: TextEncoder, folder: Path) -> None:
    from transformers.models.clip.modeling_clip import CLIPTextModel
    from transformers.models.clip.tokenization_clip import CLIPTokenizer

    ids = CLIPTokenizer.from_pretrained(str(folder / "tokenizer"))("a red house", padding="max_length", max_length=77)
    theirs = CLIPTextModel.from_pretrained(folder / "text_encoder").eval()(input_ids=torch.tensor([ids["input_ids"]]))[
        0
    ]

    context, pooled = encoder.encode("a red house")

    torch.testing.assert_close(context, theirs, rtol=1e-5, atol=1e-5)
    assert pooled is None
    assert not context.requires_grad


def test_an_empty_prompt_is_one_chunk_of_marks(encoder: TextEncoder) -> None:
    assert encoder.chunks("") == [[BOS, *[EOS] * 76]]
    assert encoder.encode("")[0].shape == (1, 77, 24)


@pytest.mark.parametrize(("words", "chunks"), [(1, 1), (75, 1), (76, 2), (150, 2), (151, 3)])
def test_long_prompts_are_read_in_chunks_of_75_tokens(words: int, chunks: int, encoder: TextEncoder) -> None:
    pieces = encoder.chunks("a " * words)

    assert [len(piece) for piece in pieces] == [77] * chunks
    assert all(piece[0] == BOS and piece[76] == EOS for piece in pieces)
    assert sum(token not in (BOS, EOS) for piece in pieces for token in piece) == words
    assert encoder.encode("a " * words)[0].shape == (1, 77 * chunks, 24)


def test_the_chunks_of_a_long_prompt_are_read_apart(encoder: TextEncoder) -> None:
    both, _ = encoder.encode("a " * 75 + "b c d")

    torch.testing.assert_close(both[:, 77:], encoder.encode("b c d")[0], rtol=1e-5, atol=1e-5)


def test_a_word_is_not_cut_in_two_unless_it_is_very_long(encoder: TextEncoder) -> None:
    moved = encoder.chunks("a " * 73 + "word")  # four tokens, room for two
    cut = encoder.chunks("a " * 73 + "extraordinarily")

    assert moved[0][74:] == [EOS] * 3
    assert len([token for token in moved[1] if token not in (BOS, EOS)]) == 4
    assert EOS not in cut[0][:76]
    assert len([token for token in cut[1] if token not in (BOS, EOS)]) == 13


def test_no_token_of_a_prompt_is_lost_or_moved(encoder: TextEncoder) -> None:
    text = "one two-three, naïve 日本 " * 40 + "x" * 300

    tokens = [token for piece in encoder.chunks(text) for token in piece if token not in (BOS, EOS)]

    assert tokens == [token for word in encoder.tokenizer.words(text) for token in word]


# --- pictures --------------------------------------------------------------------------------------------------


def test_encoding_gives_the_mean_of_the_posterior(autoencoder: Autoencoder) -> None:
    picture = pictures(2, 16, 24, 3)
    pixels = picture.movedim(-1, 1) * 2 - 1

    latent = autoencoder.encode(picture)

    expected = autoencoder.module.encode(pixels).latent_dist.mean  # type: ignore[operator]  # diffusers' AutoencoderKL
    assert latent.shape == (2, 4, 4, 6)
    torch.testing.assert_close(latent, expected)


def test_decoding_gives_pixels_between_0_and_1_at_the_factor_of_the_model(autoencoder: Autoencoder) -> None:
    latent = torch.randn(2, 4, 5, 3, generator=torch.Generator().manual_seed(0)) * 20

    picture = autoencoder.decode(latent)

    expected = autoencoder.module.decode(latent).sample  # type: ignore[operator]  # diffusers' AutoencoderKL
    assert picture.shape == (2, 20, 12, 3)
    assert picture.is_contiguous()
    torch.testing.assert_close(picture, (expected.movedim(1, -1) / 2 + 0.5).clamp(0, 1))


def test_edges_that_fill_no_cell_are_cut_off_evenly(autoencoder: Autoencoder) -> None:
    picture = pictures(1, 19, 22, 3)

    assert torch.equal(autoencoder.encode(picture), autoencoder.encode(picture[:, 1:17, 1:21]))


def test_alpha_is_left_out(autoencoder: Autoencoder) -> None:
    picture = pictures(1, 16, 16, 4)

    assert torch.equal(autoencoder.encode(picture), autoencoder.encode(picture[..., :3]))


def test_many_pictures_go_through_in_groups_with_the_same_result(
    autoencoder: Autoencoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = pictures(5, 16, 16, 3)
    whole = autoencoder.decode(autoencoder.encode(batch))
    monkeypatch.setattr("graphflow_nodes.models.parts.PIXELS", 2 * 16 * 16)

    torch.testing.assert_close(autoencoder.decode(autoencoder.encode(batch)), whole, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "use", [lambda vae: vae.encode(pictures(1, 8, 8, 3)), lambda vae: vae.decode(pictures(1, 4, 2, 2))]
)
def test_results_are_ordinary_tensors_that_need_no_gradient(
    use: Callable[[Autoencoder], Tensor], autoencoder: Autoencoder
) -> None:
    made = use(autoencoder)

    made.add_(1)
    assert not made.requires_grad
    assert not made.is_inference()


def test_a_part_knows_its_bytes_and_its_users(autoencoder: Autoencoder) -> None:
    assert autoencoder.bytes == sum(each.numel() * 4 for each in autoencoder.module.parameters())
    with autoencoder.in_use(1), autoencoder.in_use(1):
        assert autoencoder.users == 2
    assert autoencoder.users == 0
