"""The weights that ship: an ordinary Stable Diffusion folder that draws what it is asked for, offline."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import graphflow_tiny
from graphflow_tiny.everyday import everyday_examples
from graphflow_tiny.looking import background_of, judge, look_at_single, object_mask, things_in
from graphflow_tiny.score import ALL, draw, load_pipeline, round_trip, score
from graphflow_tiny.training.data import held_out_examples
from graphflow_tiny.world import COUNTS, KINDS, POSITIONS, RELATIONS, Caption, Pair, render

MODEL = graphflow_tiny.MODEL_ROOTS["checkpoints"] / "graphflow-tiny"


@pytest.fixture(scope="module")
def pipeline() -> Any:
    return load_pipeline(MODEL)


def test_importing_the_pack_loads_no_torch() -> None:
    code = "import sys, graphflow_tiny; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert graphflow_tiny.NODES == ()


def test_the_folder_is_small_and_in_half_precision() -> None:
    from safetensors import safe_open

    files = [path for path in MODEL.rglob("*") if path.is_file()]

    assert sum(path.stat().st_size for path in files) <= 20_000_000
    for path in (path for path in files if path.suffix == ".safetensors"):
        with safe_open(path, "pt") as weights:
            kinds = {weights.get_slice(name).get_dtype() for name in weights.keys()}  # noqa: SIM118 (not a dict)
        assert kinds <= {"F16", "I64"}
    index = json.loads((MODEL / "model_index.json").read_text())
    assert index["_class_name"] == "StableDiffusionPipeline"


def test_its_own_sampler_begins_at_the_last_trained_moment(pipeline: Any) -> None:
    pipeline.scheduler.set_timesteps(20)

    assert pipeline.scheduler.timesteps[:3].tolist() == [999, 949, 899]


def test_its_latents_have_a_quarter_of_the_side_and_unit_size(pipeline: Any) -> None:
    import torch

    pictures = np.stack([render(spec, 64) for spec, _ in held_out_examples(40)])
    with torch.no_grad():
        pixels = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1
        latents = pipeline.vae.encode(pixels).latent_dist.mean * pipeline.vae.config.scaling_factor

    assert latents.shape == (40, 4, 16, 16)
    assert latents.std().item() == pytest.approx(1, abs=0.15)


def test_a_red_circle_on_blue_is_red_on_blue(pipeline: Any) -> None:
    pictures = draw(pipeline, ["a red circle on a blue background"] * 4, steps=20, cfg=3.0, seed=1)

    seen = [look_at_single(picture) for picture in pictures]
    assert [(look["colour"], look["background"]) for look in seen].count(("red", "blue")) >= 3


def test_the_prompt_decides_and_not_the_noise(pipeline: Any) -> None:
    prompts = ["a large yellow square on a black background", "a large black square on a yellow background"]

    (first, second) = (look_at_single(draw(pipeline, [prompt], steps=12, cfg=3.0, seed=3)[0]) for prompt in prompts)

    assert (first["colour"], first["background"]) == ("yellow", "black")
    assert (second["colour"], second["background"]) == ("black", "yellow")


def test_the_autoencoder_is_no_bottleneck(pipeline: Any) -> None:
    examples = held_out_examples(100)
    renders = [render(spec, 64) for spec, _ in examples]

    back = round_trip(pipeline, renders)

    scores = {name: value for name, (value, _) in score(examples, back).items()}
    assert scores["position"] >= 95
    assert scores["kind"] >= 90
    errors = [np.mean((a.astype(float) - b) ** 2) for a, b in zip(renders, back, strict=True)]
    flat = [error for error, (spec, _) in zip(errors, examples, strict=True) if getattr(spec, "style", "") == "flat"]
    assert decibels(flat) >= 34  # single things without outlines
    assert decibels(errors) >= 32


def decibels(errors: Sequence[Any]) -> float:
    return float(10 * np.log10(255**2 / np.mean(errors)))


@pytest.mark.parametrize("style", ["", "outlined "])
def test_a_thing_stands_where_the_prompt_puts_it(pipeline: Any, style: str) -> None:
    things = [("heart", "yellow", "black"), ("square", "blue", "white"), ("house", "red", "yellow")]
    asked = [(thing, place) for thing in things for place in POSITIONS]
    prompts = [
        f"a {colour} {style}{kind} on a {background} background {'in the middle' if place == 'centre' else f'at the {place}'}"
        for (kind, colour, background), place in asked
    ]

    pictures = draw(pipeline, prompts, steps=20, cfg=3.0, seed=0)

    seen = [look_at_single(picture) for picture in pictures]
    right = [look["position"] == place for look, (_, place) in zip(seen, asked, strict=True)]
    assert sum(right) >= len(right) - 1  # with the text encoder of 23,000 steps one in seven was a mirror image
    assert [look["style"] for look in seen].count("outline" if style else "flat") >= 0.8 * len(seen)


def test_a_bare_noun_is_drawn_in_colours_that_show_it(pipeline: Any) -> None:
    asked = [kind for kind in KINDS for _ in range(4)]

    pictures = draw(pipeline, [f"a {kind}" for kind in asked], steps=20, cfg=3.0, seed=0)

    seen = [look_at_single(picture) for picture in pictures]
    shown = [bool(object_mask(picture, background_of(picture)).sum() >= 30) for picture in pictures]
    assert sum(shown) >= len(shown) - 2
    assert sum(look["kind"] == kind for look, kind in zip(seen, asked, strict=True)) >= 0.85 * len(asked)


def test_prompts_of_people_who_know_none_of_its_captions_are_drawn(pipeline: Any) -> None:
    examples = everyday_examples()[::2]

    pictures = draw(pipeline, [caption.text for _, caption in examples], steps=20, cfg=3, seed=0)

    assert score(examples, pictures)[ALL][0] > 76


def test_as_many_things_are_drawn_as_one_asks_for(pipeline: Any) -> None:
    prompts = [f"{count} {colour} {kind} on a {background} background" for count, colour, kind, background in GROUPS]

    pictures = draw(pipeline, prompts, steps=20, cfg=3.0, seed=0)

    found = [len(things_in(object_mask(picture, background_of(picture)))) for picture in pictures]
    right = [number == COUNTS[count] for number, (count, *_) in zip(found, GROUPS, strict=True)]
    assert sum(right) >= 0.6 * len(right)  # a quarter would be right by chance
    assert np.corrcoef(found, [COUNTS[count] for count, *_ in GROUPS])[0, 1] > 0.8


def test_the_order_of_words_says_which_thing_stands_where(pipeline: Any) -> None:
    pairs = [
        Pair(kind, colour, other, other_colour, relation, background, seed=0)
        for relation in RELATIONS
        for kind, colour, other, other_colour, background in TWO_THINGS
    ]
    prompts = [f"{a(pair.colour, pair.kind)} {pair.relation} {a(pair.other_colour, pair.other_kind)}" for pair in pairs]
    prompts = [f"{text} on {a(pair.background)} background" for text, pair in zip(prompts, pairs, strict=True)]

    pictures = draw(pipeline, prompts, steps=20, cfg=3.0, seed=0)

    said = Caption("", (("relation", ""), ("colour", "")))
    seen = [judge(pair, said, picture)["relation"] for pair, picture in zip(pairs, pictures, strict=True)]
    assert sum(seen) >= 0.8 * len(seen)  # half would be right by chance, where things stand on the right line at all


def a(*words: str) -> str:
    return f"a{'n' if words[0][0] in 'aeiou' else ''} {' '.join(words)}"


TWO_THINGS = [
    (kind, colour, other, other_colour, background)
    for one, two, background in (
        (("circle", "red"), ("square", "blue"), "white"),
        (("heart", "yellow"), ("tree", "green"), "black"),
        (("star", "white"), ("house", "orange"), "purple"),
        (("ring", "black"), ("triangle", "purple"), "yellow"),
    )
    for (kind, colour), (other, other_colour) in ((one, two), (two, one))
]


GROUPS = [
    (count, colour, kind, background)
    for count in COUNTS
    for colour, kind, background in (
        ("red", "circles", "white"),
        ("yellow", "stars", "blue"),
        ("black", "crosses", "yellow"),
        ("white", "hearts", "purple"),
        ("blue", "squares", "orange"),
    )
]


@pytest.mark.parametrize(("width", "height"), [(96, 64), (64, 96), (96, 96)])
def test_other_sizes_show_one_thing_once(pipeline: Any, width: int, height: int) -> None:
    prompts = [
        f"a large {colour} {kind} on a white background" for colour in ("red", "blue") for kind in ("circle", "heart")
    ]
    noise = [torch_generator(seed) for seed in range(len(prompts))]

    out = pipeline(
        prompts,
        num_inference_steps=20,
        guidance_scale=3.0,
        generator=noise,
        height=height,
        width=width,
        output_type="np",
    )

    pictures = (out.images * 255).round().astype(np.uint8)
    found = [len(things_in(object_mask(picture, background_of(picture)))) for picture in pictures]
    assert found.count(1) >= 3


def torch_generator(seed: int) -> Any:
    import torch

    return torch.Generator().manual_seed(seed)
