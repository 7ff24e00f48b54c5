from __future__ import annotations

import torch
from torch.testing import assert_close

from graphflow.api import Context, File
from graphflow_nodes.conditioning.encode import clip_encode
from graphflow_nodes.loaders import load_checkpoint


def states(text: str, folder: File, ctx: Context) -> torch.Tensor:
    (entry,) = clip_encode(text, load_checkpoint(folder).clip, ctx=ctx).entries
    return entry.context


def test_a_prompt_becomes_77_states_of_the_encoders_width(folder: File, cpu: Context) -> None:
    assert states("a red house", folder, cpu).shape == (1, 77, 24)


def test_other_words_give_other_states_and_the_same_words_the_same(folder: File, cpu: Context) -> None:
    red, again, blue = (states(text, folder, cpu) for text in ("a red house", "A  red house", "a blue house"))

    assert_close(red, again)
    assert (red - blue).abs().max() > 1e-3


def test_a_text_longer_than_the_encoder_reads_is_read_in_pieces(folder: File, cpu: Context) -> None:
    assert states("house " * 40, folder, cpu).shape[1] > 77
    assert states("", folder, cpu).shape == (1, 77, 24)
