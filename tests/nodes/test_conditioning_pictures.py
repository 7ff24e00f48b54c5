"""Areas, masks and times of prompts on the default model, judged by the pixels."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from graphflow.api import Context, File, NodeError
from graphflow_nodes.conditioning.encode import clip_encode
from graphflow_nodes.conditioning.mix import conditioning_combine
from graphflow_nodes.conditioning.place import (
    conditioning_set_area,
    conditioning_set_area_percentage,
    conditioning_set_mask,
    conditioning_set_timestep_range,
)
from graphflow_nodes.latent.vae import empty_latent, vae_decode
from graphflow_nodes.loaders import Parts, load_checkpoint
from graphflow_nodes.sampling.ksampler import ksampler
from graphflow_nodes.values import MASK_BOUNDS, Conditioning, Mask
from graphflow_tiny import MODEL_ROOTS

Pixels = NDArray[np.float32]
RED, BLUE = "a red circle on a white background", "a blue square on a white background"


@pytest.fixture(scope="module")
def parts() -> Parts:
    path = MODEL_ROOTS["checkpoints"] / "graphflow-tiny"
    digest = sha256((path / "unet" / "diffusion_pytorch_model.safetensors").read_bytes()).hexdigest()
    return load_checkpoint(File("graphflow-tiny", path, digest))


def picture(positive: Conditioning, parts: Parts, ctx: Context, width: int = 128) -> Pixels:
    negative = clip_encode("", parts.clip, ctx=ctx)
    latent = ksampler(
        parts.model,
        seed=3,
        steps=10,
        cfg=3.0,
        sampler_name="dpmpp_2m",
        scheduler="karras",
        positive=positive,
        negative=negative,
        latent_image=empty_latent(width, 64, 1),
        ctx=ctx,
    )
    pixels: Pixels = vae_decode(latent, parts.vae, ctx=ctx).tensor[0].numpy()
    return pixels


def share(pixels: Pixels, channel: int) -> float:
    """How much of a picture shows a strong colour: one channel far above the others."""
    others = np.delete(pixels, channel, axis=2).max(axis=2)
    return float((pixels[..., channel] - others > 0.25).mean())


def test_each_half_shows_what_its_prompt_says(parts: Parts, cpu: Context) -> None:
    red, blue = (clip_encode(text, parts.clip, ctx=cpu) for text in (RED, BLUE))
    left = conditioning_set_area_percentage(red, width=0.5, height=1.0, x=0.0, y=0.0)
    right = conditioning_set_area(blue, width=64, height=64, x=64, y=0)

    found = picture(conditioning_combine(left, right), parts, cpu)

    assert share(found[:, :64], 0) > 0.03 > share(found[:, 64:], 0)
    assert share(found[:, 64:], 2) > 0.03 > share(found[:, :64], 2)


def test_the_halves_change_places_with_their_prompts(parts: Parts, cpu: Context) -> None:
    red, blue = (clip_encode(text, parts.clip, ctx=cpu) for text in (RED, BLUE))
    left = conditioning_set_area_percentage(blue, width=0.5, height=1.0, x=0.0, y=0.0)
    right = conditioning_set_area_percentage(red, width=0.5, height=1.0, x=0.5, y=0.0)

    found = picture(conditioning_combine(left, right), parts, cpu)

    assert share(found[:, :64], 2) > 0.03 > share(found[:, 64:], 2)
    assert share(found[:, 64:], 0) > 0.03 > share(found[:, :64], 0)


def test_a_mask_with_its_bounds_paints_inside_of_the_mask(parts: Parts, cpu: Context) -> None:
    mask = torch.zeros(1, 64, 128)
    mask[:, :, 64:] = 1
    blue = conditioning_set_mask(clip_encode(BLUE, parts.clip, ctx=cpu), Mask(mask), set_cond_area=MASK_BOUNDS)
    red = conditioning_set_mask(clip_encode(RED, parts.clip, ctx=cpu), Mask(1 - mask), set_cond_area=MASK_BOUNDS)

    found = picture(conditioning_combine(red, blue), parts, cpu)

    assert share(found[:, :64], 0) > 0.03 > share(found[:, 64:], 0)
    assert share(found[:, 64:], 2) > 0.03 > share(found[:, :64], 2)


def test_a_prompt_that_holds_first_decides_the_colour(parts: Parts, cpu: Context) -> None:
    red, blue = (clip_encode(text, parts.clip, ctx=cpu) for text in (RED, BLUE))

    def swap(first: Conditioning, then: Conditioning, at: float) -> Pixels:
        early = conditioning_set_timestep_range(first, start=0.0, end=at)
        late = conditioning_set_timestep_range(then, start=at, end=1.0)
        return picture(conditioning_combine(early, late), parts, cpu, width=64)

    assert share(swap(red, blue, 0.9), 0) > 0.03 > share(swap(red, blue, 0.9), 2)
    assert share(swap(red, blue, 0.0), 2) > 0.03 > share(swap(red, blue, 0.0), 0)


def test_an_area_outside_of_the_picture_is_refused_where_it_is_used(parts: Parts, cpu: Context) -> None:
    far = conditioning_set_area(clip_encode(RED, parts.clip, ctx=cpu), width=64, height=64, x=128, y=0)

    with pytest.raises(NodeError, match="outside of the picture of 128 x 64 pixels") as caught:
        picture(far, parts, cpu)

    assert caught.value.input == "positive"
