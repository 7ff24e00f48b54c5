"""What steers a sampler: prompts, and where, when and how strongly they hold."""

from graphflow_nodes.conditioning.encode import clip_encode

NODES = (clip_encode,)
