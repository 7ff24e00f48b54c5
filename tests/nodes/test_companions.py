"""What the default model's companions make, judged by the pixels."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from graphflow.api import Context, File
from graphflow_nodes.conditioning.encode import clip_encode
from graphflow_nodes.latent.vae import empty_latent, vae_decode
from graphflow_nodes.loaders import Parts, load_checkpoint
from graphflow_nodes.loras import load_lora
from graphflow_nodes.sampling.inpaint import inpaint_model_conditioning
from graphflow_nodes.sampling.ksampler import ksampler
from graphflow_nodes.values import Conditioning, Entry, Image, Mask
from graphflow_tiny import MODEL_ROOTS
from graphflow_tiny.looking import background_of, box_of, judge, object_mask
from graphflow_tiny.training.data import HELD_OUT_FROM, held_out_examples
from graphflow_tiny.world import Scene, make_spec, render
from tests.nodes.default_model import default_parts

Pictures = NDArray[np.uint8]
DIAMONDS = (
    "a large yellow diamond on a purple background",
    "a red diamond on a white background",
    "a large blue diamond on a yellow background",
    "a large green diamond on a black background",
)
SCENES = ("a large red circle on a blue background", "a meadow with a red house and mountains", "a red house at night")


def with_loras(*loras: tuple[str, float]) -> Parts:
    parts = default_parts()
    for name, strength in loras:
        path = MODEL_ROOTS["loras"] / f"graphflow-tiny-{name}.safetensors"
        file = File(path.name, path, sha256(path.read_bytes()).hexdigest())
        changed = load_lora(parts.model, parts.clip, file, strength_model=strength)
        parts = parts._replace(model=changed.model, clip=changed.clip)
    return parts


def said(parts: Parts, ctx: Context, texts: Sequence[str]) -> Conditioning:
    states = [clip_encode(text, parts.clip, ctx=ctx).entries[0].context for text in texts]
    return Conditioning((Entry(torch.cat(states)),))


def draw(parts: Parts, ctx: Context, texts: Sequence[str], **inputs: Any) -> Pictures:
    given: dict[str, Any] = {
        "positive": said(parts, ctx, texts),
        "negative": clip_encode("", parts.clip, ctx=ctx),
        "latent_image": empty_latent(64, 64, len(texts)),
        "steps": 12,
        "cfg": 3.0,
    }
    latent = ksampler(parts.model, seed=1, ctx=ctx, **(given | inputs))
    pixels: Pictures = (vae_decode(latent, parts.vae, ctx=ctx).tensor * 255).round().byte().numpy()
    return pixels


def likeness_to_a_diamond(picture: Pictures) -> float:
    """How far the thing in a picture and the diamond in its box cover each other: 1 is wholly."""
    mask = object_mask(picture, background_of(picture))
    if mask.sum() < 8:
        return 0.0
    left, top, right, bottom = box_of(mask)
    y, x = np.mgrid[: len(mask), : len(mask)] + 0.5
    inside = abs((x - (left + right) / 2) / (right - left)) + abs((y - (top + bottom) / 2) / (bottom - top)) <= 0.5
    return float((mask & inside).sum() / (mask | inside).sum())


def test_a_lora_teaches_the_model_a_thing_that_it_did_not_know(cpu: Context) -> None:
    knowing = [likeness_to_a_diamond(each) for each in draw(with_loras(("diamond", 1.0)), cpu, DIAMONDS)]
    plain = [likeness_to_a_diamond(each) for each in draw(default_parts(), cpu, DIAMONDS)]

    assert min(knowing) > 0.66
    assert max(plain) < 0.6


def colourfulness(picture: Pictures) -> float:
    """The mean distance between the largest and the smallest of red, green and blue."""
    return float(np.ptp(picture.astype(float), axis=-1).mean())


def test_a_lora_teaches_the_model_a_style_that_all_pictures_take(cpu: Context) -> None:
    pencilled, plain = draw(with_loras(("pencil", 1.0)), cpu, SCENES), draw(default_parts(), cpu, SCENES)

    assert max(map(colourfulness, pencilled)) < 30
    assert min(map(colourfulness, plain)) > 36
    assert min(float(np.median(each)) for each in pencilled) > 195  # paper, at night too
    assert max(float(np.percentile(each.mean(axis=-1), 2)) for each in pencilled) < 150  # and lines


def test_a_thing_and_a_style_go_together(cpu: Context) -> None:
    pictures = draw(with_loras(("diamond", 1.0), ("pencil", 1.0)), cpu, DIAMONDS)

    assert max(map(colourfulness, pictures)) < 40


def test_a_lora_makes_four_steps_without_guidance_enough(cpu: Context) -> None:
    examples = held_out_examples(80)
    texts = [caption.text for _, caption in examples]

    def followed(parts: Parts) -> float:
        pictures = draw(parts, cpu, texts, steps=4, cfg=1.0, sampler_name="euler", scheduler="simple")
        right = [judge(spec, caption, picture) for (spec, caption), picture in zip(examples, pictures, strict=True)]
        return float(np.mean([fact for each in right for fact in each.values()]))

    taught, plain = followed(with_loras(("4steps", 1.0))), followed(default_parts())

    assert taught > 0.92
    assert 1 - taught < 0.5 * (1 - plain)  # of the facts that are wrong without it half at least come right


@pytest.fixture(scope="module")
def painter() -> Parts:
    path = MODEL_ROOTS["checkpoints"] / "graphflow-tiny-inpaint"
    digest = sha256((path / "unet" / "diffusion_pytorch_model.safetensors").read_bytes()).hexdigest()
    return load_checkpoint(File("graphflow-tiny-inpaint", path, digest))


def landscapes(count: int) -> Pictures:
    """Pictures of landscapes that no training has seen."""
    specs = (make_spec(HELD_OUT_FROM + number) for number in range(1000))
    return np.stack([render(spec, 64) for spec in specs if isinstance(spec, Scene)][:count])


HOLE = torch.zeros(1, 64, 64)
HOLE[:, 20:52, 16:48] = 1
"""It hides the horizon, and what stands before it."""


def filled(
    parts: Parts, ctx: Context, pictures: Pictures, texts: Sequence[str], *, noise_mask: bool = True
) -> Pictures:
    """Show a model pictures with a hole; without the noise mask nothing but what it sees keeps the rest as it is."""
    pixels, prompt = Image(torch.from_numpy(pictures / np.float32(255))), said(parts, ctx, texts)
    nothing = clip_encode("", parts.clip, ctx=ctx)
    shown = inpaint_model_conditioning(prompt, nothing, parts.vae, pixels, Mask(HOLE), noise_mask=noise_mask, ctx=ctx)
    return draw(parts, ctx, texts, positive=shown.positive, negative=shown.negative, latent_image=shown.latent)


def test_a_model_that_sees_around_a_hole_repeats_what_it_sees_and_another_cannot(painter: Parts, cpu: Context) -> None:
    pictures = landscapes(6)
    outside = ~HOLE[0].bool().numpy()

    def error(parts: Parts) -> float:
        made = filled(parts, cpu, pictures, [""] * len(pictures), noise_mask=False)
        return float(np.abs(made.astype(float) - pictures)[:, outside].mean())

    seeing = error(painter)
    assert seeing < 15
    assert error(default_parts()) > 2.5 * seeing


def test_a_model_that_sees_around_a_hole_puts_there_what_it_is_told_and_keeps_the_rest(
    painter: Parts, cpu: Context
) -> None:
    meadow = np.stack([render(Scene("day", "grass", False, False, False, False, False, None, 5), 64)] * 2)

    red, blue = filled(painter, cpu, meadow, ["a meadow with a red house", "a meadow with a blue house"]).astype(float)

    inside, far = HOLE[0].bool().numpy(), np.ones((64, 64), dtype=bool)
    far[8:, 4:60] = False
    assert (red - blue)[inside][:, 0].max() > 90
    assert (blue - red)[inside][:, 2].max() > 90
    assert np.abs(red - blue)[far].mean() < 3
    assert np.abs(red - meadow[0])[far].mean() < 10  # of which 6 are the autoencoder's
