"""What the nodes make with the default model, judged by the pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from graphflow.api import Context, File
from graphflow_nodes.conditioning.encode import clip_encode
from graphflow_nodes.latent.inpaint import set_latent_noise_mask
from graphflow_nodes.latent.vae import empty_latent, vae_decode, vae_encode
from graphflow_nodes.loaders import Parts, load_checkpoint
from graphflow_nodes.sampling.ksampler import ksampler
from graphflow_nodes.values import Conditioning, Entry, Image, Latent, Mask
from graphflow_tiny import MODEL_ROOTS
from graphflow_tiny.looking import judge, look_at_single
from graphflow_tiny.training.data import held_out_examples
from graphflow_tiny.world import Caption, Scene
from tests.nodes.example_pictures import MEADOW, example_pictures
from tests.nodes.latents import samples

Pictures = NDArray[np.uint8]


@dataclass(frozen=True)
class Studio:
    """The default model, ready to make pictures."""

    parts: Parts
    ctx: Context

    def encode(self, texts: Sequence[str]) -> Conditioning:
        """One prompt per picture of a batch."""
        states = [clip_encode(text, self.parts.clip, ctx=self.ctx).entries[0].context for text in texts]
        return Conditioning((Entry(torch.cat(states)),))

    def sample(
        self, texts: Sequence[str], latent: Latent | None = None, negative: Sequence[str] = ("",), **inputs: Any
    ) -> Latent:
        given: dict[str, Any] = {"seed": 1, "steps": 10, "cfg": 4.5, "sampler_name": "dpmpp_2m", "scheduler": "karras"}
        return ksampler(
            self.parts.model,
            positive=self.encode(texts),
            negative=self.encode(negative),
            latent_image=latent or empty_latent(64, 64, len(texts)),
            ctx=self.ctx,
            **(given | inputs),
        )

    def show(self, latent: Latent) -> Pictures:
        """Decode to bytes, (batch, height, width, 3)."""
        pixels: Pictures = (vae_decode(latent, self.parts.vae, ctx=self.ctx).tensor * 255).round().byte().numpy()
        return pixels

    def read(self, picture: Pictures) -> Latent:
        return vae_encode(Image(torch.from_numpy(picture / np.float32(255))[None]), self.parts.vae, ctx=self.ctx)


@pytest.fixture(scope="module")
def studio(cpu: Context) -> Studio:
    path = MODEL_ROOTS["checkpoints"] / "graphflow-tiny"
    digest = sha256((path / "unet" / "diffusion_pytorch_model.safetensors").read_bytes()).hexdigest()
    return Studio(load_checkpoint(File("graphflow-tiny", path, digest)), cpu)


def shows(scene: Scene, picture: Pictures, *facts: str) -> dict[str, bool]:
    """Judge some facts of a landscape."""
    return judge(scene, Caption("", tuple((fact, str(getattr(scene, fact))) for fact in facts)), picture)


def far_from(mask: NDArray[np.bool_], pixels: float) -> NDArray[np.bool_]:
    """Where every pixel of the mask is further away than this."""
    places = np.argwhere(np.ones_like(mask)).reshape(*mask.shape, 2)  # row and column
    distance = np.linalg.norm(places[:, :, None] - np.argwhere(mask), axis=-1).min(axis=-1)
    far: NDArray[np.bool_] = distance > pixels
    return far


def test_a_red_circle_on_a_blue_background_is_red_on_blue(studio: Studio) -> None:
    pictures = studio.show(studio.sample(["a large red circle on a blue background"] * 8))

    seen = [look_at_single(picture) for picture in pictures]
    assert sum(each["background"] == "blue" for each in seen) >= 7
    assert sum(each["colour"] == "red" for each in seen) >= 7


def test_the_prompt_decides_and_not_the_noise(studio: Studio) -> None:
    prompts = ["a large yellow square on a purple background", "a large green heart on a white background"]

    first, second = (look_at_single(picture) for picture in studio.show(studio.sample(prompts)))

    assert (first["background"], first["colour"]) == ("purple", "yellow")
    assert (second["background"], second["colour"]) == ("white", "green")


def test_a_negative_prompt_steers_away(studio: Studio) -> None:
    landscapes = ["a landscape"] * 4

    no_night, no_day = (
        studio.show(studio.sample(landscapes, negative=[f"a landscape {when}"] * 4)).mean()
        for when in ("at night", "by day")
    )

    assert no_night > no_day + 40


def test_low_strength_keeps_a_picture_and_high_strength_remakes_it(studio: Studio) -> None:
    start = studio.read(example_pictures()["meadow.png"])
    before = studio.show(start)[0]
    prompt = ["a meadow with a red house and mountains at night"]

    low, high = (studio.show(studio.sample(prompt, start, denoise=d, cfg=3.0))[0] for d in (0.25, 0.9))

    night = replace(MEADOW, time="night")
    assert shows(MEADOW, low, "time", "ground", "house") == {"time": True, "ground": True, "house": True}
    assert shows(night, high, "time") == {"time": True}
    change = [np.abs(picture.astype(float) - before).mean() for picture in (low, high)]
    assert change[0] < 0.35 * change[1]


def test_inpainting_follows_the_prompt_inside_and_keeps_the_outside(studio: Studio) -> None:
    pictures = example_pictures()
    hole = pictures["meadow-mask.png"] > 0
    start = studio.read(pictures["meadow.png"])
    masked = set_latent_noise_mask(start, Mask(torch.from_numpy(hole.astype(np.float32))[None]))

    made = studio.sample(["a meadow with a blue house and mountains"], masked)

    cell = 64 // samples(start).shape[-1]
    kept = ~torch.from_numpy(hole.reshape(64 // cell, cell, 64 // cell, cell).any(axis=(1, 3)))
    assert torch.equal(samples(made)[..., kept], samples(start)[..., kept])
    before, after = studio.show(start)[0], studio.show(made)[0]
    far = far_from(hole, 16)
    assert np.abs(after - pictures["meadow.png"].astype(int))[far].mean() <= 4
    # The decoder's norms and its attention see the whole picture, so what is repainted shows elsewhere a little.
    moved = np.abs(after.astype(int) - before)[far]
    assert moved.mean() <= 4
    assert moved.max() <= 20
    assert shows(replace(MEADOW, house="blue"), after, "house") == {"house": True}


def test_guidance_makes_pictures_follow_their_captions(studio: Studio) -> None:
    examples = held_out_examples(40)
    texts = [caption.text for _, caption in examples]

    def score(cfg: float) -> float:
        pictures = studio.show(studio.sample(texts, cfg=cfg, steps=12, sampler_name="euler", scheduler="normal"))
        checks = [judge(spec, caption, picture) for (spec, caption), picture in zip(examples, pictures, strict=True)]
        return float(np.mean([right for each in checks for right in each.values()]))

    scores = [score(cfg) for cfg in (1.0, 2.0, 3.0)]  # 4 overshoots
    best = scores.index(max(scores))
    print(f"share of facts to be seen at CFG 1, 2 and 3: {scores}")
    assert all(weaker < stronger for weaker, stronger in pairwise(scores[: best + 1]))
    assert scores[best] > scores[0] + 0.03
