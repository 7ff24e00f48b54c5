from __future__ import annotations

import pytest
from torch.testing import assert_close

from graphflow.api import Context, File, NodeError
from graphflow.api.resources import R
from graphflow_nodes.conditioning.encode import clip_encode, clip_set_last_layer
from graphflow_nodes.loaders import load_checkpoint
from graphflow_nodes.models.pool import ModelPool
from graphflow_nodes.values import Clip


def test_an_earlier_layer_is_read_by_what_encodes(folder: File, cpu: Context) -> None:
    clip = load_checkpoint(folder).clip

    (earlier,) = clip_encode("a red house", clip_set_last_layer(clip, stop_at_clip_layer=-2), ctx=cpu).entries
    (last,) = clip_encode("a red house", clip_set_last_layer(clip, stop_at_clip_layer=-1), ctx=cpu).entries
    (plain,) = clip_encode("a red house", clip, ctx=cpu).entries

    assert_close(last.context, plain.context)
    assert_close(earlier.context, cpu.use(ModelPool).clip(clip.recipe).encode("a red house", last_layer=-2)[0])
    assert (earlier.context - plain.context).abs().max() > 1e-3


def test_all_layers_share_one_encoder_in_memory(folder: File, cpu: Context) -> None:
    clip = load_checkpoint(folder).clip
    pool = cpu.use(ModelPool)

    assert pool.clip(clip_set_last_layer(clip, stop_at_clip_layer=-2).recipe) is pool.clip(clip.recipe)


def test_a_layer_that_the_encoder_has_not_is_refused(folder: File, cpu: Context) -> None:
    clip = clip_set_last_layer(load_checkpoint(folder).clip, stop_at_clip_layer=-24)

    with pytest.raises(NodeError, match="has 2 layers, so it cannot be read at -24"):
        clip_encode("a", clip, ctx=cpu)


def test_the_layer_survives_the_cache(folder: File) -> None:
    clip = clip_set_last_layer(load_checkpoint(folder).clip, stop_at_clip_layer=-2)

    assert Clip.restore(clip.store()) == clip
    assert Clip.restore(clip.store()) != load_checkpoint(folder).clip


def test_alternatives_are_read_as_they_stand_and_the_way_out_is_told(folder: File, cpu: Context) -> None:
    class Listening(Context):
        heard: list[str] = []  # noqa: RUF012 - one context, made once

        def log(self, message: str) -> None:
            self.heard.append(message)

        def use(self, kind: type[R]) -> R:
            return cpu.use(kind)

    clip = load_checkpoint(folder).clip
    ctx = Listening()

    (found,) = clip_encode("a {red|blue} house", clip, ctx=ctx).entries

    assert_close(found.context, cpu.use(ModelPool).clip(clip.recipe).encode("a {red|blue} house")[0])
    assert ["Wildcards" in message for message in ctx.heard] == [True]
