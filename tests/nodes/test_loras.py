"""LoRAs as nodes: what is drawn with one, and what they refuse before anything runs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.testing import assert_close

from graphflow.api import Context, Facts, File, NodeError
from graphflow_nodes.conditioning.encode import clip_encode
from graphflow_nodes.latent.vae import empty_latent
from graphflow_nodes.loaders import Parts, load_checkpoint
from graphflow_nodes.loras import load_lora, load_lora_model_only
from graphflow_nodes.sampling.ksampler import ksampler
from tests.models.lora_files import SHAPES, TEXT, difference, write_lora
from tests.nodes.latents import samples


@pytest.fixture(scope="module")
def lora(tmp_path_factory: pytest.TempPathFactory) -> File:
    return File("a.safetensors", write_lora(tmp_path_factory.mktemp("loras") / "a.safetensors"), "10" * 32)


@pytest.fixture(scope="module")
def merged_by_hand(folder: File, tmp_path_factory: pytest.TempPathFactory) -> File:
    """The checkpoint with the differences at half strength written into its files."""
    copy = Path(shutil.copytree(folder.path, tmp_path_factory.mktemp("merged") / "merged"))
    for part, layers in (("unet", set(SHAPES) - {TEXT}), ("text_encoder", {TEXT})):
        file = next((copy / part).glob("*.safetensors"))
        tensors = load_file(file)
        for layer in layers:
            name = next(each for each in tensors if each.endswith(f"{layer.removeprefix('text_model.')}.weight"))
            tensors[name] = tensors[name] + 0.5 * difference(layer).reshape(tensors[name].shape)
        save_file(tensors, file)
    return File("merged", copy, "11" * 32)


def draw(parts: Parts, ctx: Context) -> torch.Tensor:
    prompt, nothing = (clip_encode(text, parts.clip, ctx=ctx) for text in ("a red house", ""))
    latent = empty_latent(32, 32)
    return samples(
        ksampler(parts.model, seed=3, steps=3, cfg=4.0, positive=prompt, negative=nothing, latent_image=latent, ctx=ctx)
    )


def with_lora(folder: File, lora: File, model: float, clip: float) -> Parts:
    parts = load_checkpoint(folder)
    changed = load_lora(parts.model, parts.clip, lora, strength_model=model, strength_clip=clip)
    return parts._replace(model=changed.model, clip=changed.clip)


def test_what_is_drawn_with_a_lora_is_what_a_checkpoint_with_its_numbers_draws(
    folder: File, lora: File, merged_by_hand: File, cpu: Context
) -> None:
    made = draw(with_lora(folder, lora, 0.5, 0.5), cpu)

    assert_close(made, draw(load_checkpoint(merged_by_hand), cpu), rtol=1e-4, atol=1e-4)
    assert (made - draw(load_checkpoint(folder), cpu)).abs().max() > 0.1


def test_the_text_encoder_and_the_network_have_strengths_of_their_own(
    folder: File, lora: File, merged_by_hand: File, cpu: Context
) -> None:
    merged = load_checkpoint(merged_by_hand)

    network_only = draw(with_lora(folder, lora, 0.5, 0), cpu)
    encoder_only = draw(with_lora(folder, lora, 0, 0.5), cpu)

    plain = load_checkpoint(folder)
    assert_close(network_only, draw(merged._replace(clip=plain.clip), cpu), rtol=1e-4, atol=1e-4)
    assert_close(encoder_only, draw(merged._replace(model=plain.model), cpu), rtol=1e-4, atol=1e-4)


def test_a_lora_and_its_opposite_cancel(folder: File, lora: File, cpu: Context) -> None:
    parts = with_lora(folder, lora, 0.7, 0)
    back = load_lora_model_only(parts.model, lora, strength_model=-0.7)

    assert len(back.recipe.loras) == 2
    assert_close(draw(parts._replace(model=back), cpu), draw(load_checkpoint(folder), cpu), rtol=1e-3, atol=1e-3)


def test_strength_0_or_a_part_that_a_file_leaves_out_adds_nothing_to_the_recipe(folder: File, tmp_path: Path) -> None:
    path = write_lora(tmp_path / "network.safetensors", layers=dict.fromkeys(set(SHAPES) - {TEXT}))
    parts = load_checkpoint(folder)

    off = load_lora(parts.model, parts.clip, File(path.name, path, "12" * 32), strength_model=0.0)
    on = load_lora(parts.model, parts.clip, File(path.name, path, "12" * 32))

    assert off == (parts.model, parts.clip)
    assert on.model != parts.model
    assert on.clip == parts.clip


def test_recipes_with_loras_come_back_from_their_bytes(folder: File, lora: File) -> None:
    changed = with_lora(folder, lora, 0.5, -2.0)

    for part in (changed.model, changed.clip):
        assert type(part).restore(part.store()) == part
    assert json.loads(changed.clip.store())["loras"][0]["strength"] == -2.0


def test_a_lora_of_another_family_is_refused_before_anything_runs() -> None:
    known: dict[str, Facts] = {"model": {"family": "sd15", "context_width": 768}, "clip": {"family": "sd15"}}
    assert load_lora.check is not None
    assert load_lora_model_only.check is not None

    refused = load_lora.check({}, {**known, "lora_name": {"family": "sd15", "context_width": 128}})
    fits = load_lora_model_only.check({}, {**known, "lora_name": {"family": "sd15", "context_width": 768}})

    assert [(each.code, each.input) for each in refused.problems] == [("models-differ", "lora_name")]
    assert "context width 128" in refused.problems[0].message
    assert refused.facts == {"model": known["model"], "clip": known["clip"]}
    assert fits.problems == ()
    assert fits.facts == {"out": known["model"]}


def test_a_file_that_was_damaged_since_planning_is_named(folder: File, tmp_path: Path) -> None:
    (tmp_path / "gone.safetensors").write_bytes(b"<html>")
    parts = load_checkpoint(folder)

    with pytest.raises(NodeError, match="web page") as raised:
        load_lora(parts.model, parts.clip, File("gone.safetensors", tmp_path / "gone.safetensors", "13" * 32))

    assert raised.value.input == "lora_name"
