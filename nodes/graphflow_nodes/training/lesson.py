"""What a network learns from: latents of pictures with the states of their captions, on the network's own scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphflow.api import Check, Checked, Context, Facts, NodeError
from graphflow_nodes.facts import SPACE, TEXT, mismatches
from graphflow_nodes.values import Clip, Image, Model, Vae

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """`latents` (n, channels, height, width) of unit variance; `contexts` (n, tokens, width); `nothing` (1, tokens, width)."""

    latents: Tensor
    contexts: Tensor
    nothing: Tensor


def make_lesson(clip: Clip, vae: Vae, images: Image, captions: str, ctx: Context) -> Lesson:
    """Encode pictures and captions, one line each, or one line for all; raise NodeError when their numbers differ.

    A picture's latent is the mean of its posterior. Captions that take more than one reading of 77 tokens make all
    states that long by repeating them, which changes no answer of attention.
    """
    import torch

    from graphflow_nodes.diffusion.guidance import one_length
    from graphflow_nodes.models.cells import whole_cells
    from graphflow_nodes.models.pool import ModelPool

    lines = caption_lines(captions, len(images.tensor))
    pool = ctx.use(ModelPool)
    autoencoder, encoder = pool.vae(vae.recipe), pool.clip(clip.recipe)
    pictures = whole_cells(images.tensor, autoencoder.space.factor, input="images")
    latents = autoencoder.encode(pictures) * autoencoder.space.scale
    layer = clip.recipe.last_layer
    known = {text: encoder.encode(text, last_layer=layer)[0] for text in dict.fromkeys((*lines, ""))}
    states = torch.cat(one_length([*(known[line] for line in lines), known[""]]))
    return Lesson(latents, states[:-1], states[-1:])


def caption_lines(captions: str, count: int) -> list[str]:
    """Return one caption per picture."""
    lines = captions.strip("\n").split("\n")
    if len(lines) == 1:
        return lines * count
    if len(lines) != count:
        raise NodeError(
            f"there are {count} pictures and {len(lines)} captions",
            input="captions",
            hint="write one line per picture, in their order, or one line for all",
        )
    return lines


def own_network(model: Model, ctx: Context) -> nn.Module:
    """Load a copy of the network in single precision that nobody else uses, with its weights open to change."""
    import torch

    from graphflow_nodes.models.load import load_unet
    from graphflow_nodes.models.pool import ModelPool

    if model.recipe.loras:
        raise NodeError("a network with LoRAs cannot be trained", input="model", hint="link the checkpoint's own model")
    checkpoint = model.recipe.checkpoint
    device = ctx.use(ModelPool).device
    network = load_unet(checkpoint.location, model.recipe.family, device, torch.float32)
    # Torch 2.13 crashes on the CPU where a GroupNorm in channels last learns and what feeds it does not.
    contiguous: nn.Module = network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]  # torch's types do not know it
    return contiguous.requires_grad_()


def parts_of_one_model(*ports: str) -> Check:
    """Return a check that refuses an autoencoder or a text encoder of another model; `ports` are in its space."""

    def check(_values: Mapping[str, Any], facts: Mapping[str, Facts]) -> Checked:
        model = facts.get("model", {})
        hint = "link the model, the clip and the vae of one checkpoint"
        problems = [
            *mismatches(facts.get("vae", {}), model, SPACE, input="vae", hint=hint),
            *mismatches(facts.get("clip", {}), model, TEXT, input="clip", hint=hint),
        ]
        return Checked(tuple(problems), dict.fromkeys(ports, model))

    return check
