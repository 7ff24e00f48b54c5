"""From words to what steers a sampler."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated

from graphflow.api import SILENT, Context, Folder, Mentions, Multiline, NodeError, Range, Text, node
from graphflow_nodes.facts import pass_on
from graphflow_nodes.models.inspect import REFUSED
from graphflow_nodes.models.text import embedding_names
from graphflow_nodes.values import Clip, Conditioning, Entry

ALTERNATIVES = re.compile(r"\{[^{}]*\|[^{}]*\}")
NAMED = Mentions(Folder("embeddings", (".safetensors",), refuse=REFUSED), embedding_names)


@node("CLIPEncode", category="conditioning", also=("CLIPTextEncode",), revision=2, check=pass_on("clip"))
def clip_encode(text: Annotated[str, Multiline(), NAMED], clip: Clip, *, ctx: Context = SILENT) -> Conditioning:
    """Read a prompt the way the model does.

    `(words:1.3)` count 1.3 times as much, `(words)` 1.1 times. `embedding:name` stands for what a file in the folder
    `embeddings` has learnt.
    """
    from graphflow_nodes.models.embeddings import load_embedding
    from graphflow_nodes.models.header import ModelFileError
    from graphflow_nodes.models.pool import ModelPool

    if ALTERNATIVES.search(text):
        ctx.log("{a|b} is read as it stands here: to let a seed choose, put the text into a Wildcards node")
    encoder = ctx.use(ModelPool).clip(clip.recipe)
    named = text.files if isinstance(text, Text) else {}
    try:
        vectors = {name: load_embedding(file.path) for name, file in named.items()}
        context, pooled = encoder.encode(text, vectors, clip.recipe.last_layer)
    except ModelFileError as error:
        raise NodeError(str(error), code="model-unfit", input="text") from error
    return Conditioning((Entry(context, pooled),))


@node("CLIPSetLastLayer", category="conditioning", check=pass_on("clip"), keep="never")
def clip_set_last_layer(clip: Clip, *, stop_at_clip_layer: Annotated[int, Range(-24, -1)] = -1) -> Clip:
    """Read prompts at an earlier layer of the text encoder: -1 is the last, -2 the one before ("clip skip 2")."""
    return Clip(replace(clip.recipe, last_layer=stop_at_clip_layer))
