"""What steers a sampler."""

from __future__ import annotations

from typing import Annotated

from graphflow.api import SILENT, Context, Multiline, node
from graphflow_nodes.facts import pass_on
from graphflow_nodes.values import Clip, Conditioning, Entry


@node("CLIPEncode", category="conditioning", also=("CLIPTextEncode",), check=pass_on("clip"))
def clip_encode(text: Annotated[str, Multiline()], clip: Clip, *, ctx: Context = SILENT) -> Conditioning:
    """Read a prompt the way the model does."""
    from graphflow_nodes.models.pool import ModelPool

    context, pooled = ctx.use(ModelPool).clip(clip.recipe).encode(text)
    return Conditioning((Entry(context, pooled),))
