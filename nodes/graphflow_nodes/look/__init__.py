"""A look inside diffusion: schedules, noise, latents, tokens, guidance, as pictures."""

from graphflow.api import AnyNode

NODES: tuple[AnyNode, ...] = ()
