"""Real modules of random weights, from a file to a picture, held against diffusers' own pipeline."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.testing import assert_close

from graphflow.api import Context, Facts, File, NodeError, Resources
from graphflow_nodes.conditioning.encode import clip_encode
from graphflow_nodes.diffusion.noise import initial_noise
from graphflow_nodes.diffusion.schedules import ModelSampling
from graphflow_nodes.latent.vae import empty_latent, vae_decode, vae_encode
from graphflow_nodes.loaders import load_checkpoint, load_vae
from graphflow_nodes.models.inspect import inspect_vae
from graphflow_nodes.sampling.ksampler import ksampler
from graphflow_nodes.values import Image, Latent
from tests.nodes.latents import samples

STEPS = 6


def make(checkpoint: File, ctx: Context, **inputs: Any) -> tuple[Latent, Image]:
    model, clip, vae = load_checkpoint(checkpoint)
    latent = ksampler(
        model,
        seed=3,
        steps=STEPS,
        cfg=4.0,
        scheduler="normal",
        positive=clip_encode("a red house", clip, ctx=ctx),
        negative=clip_encode("", clip, ctx=ctx),
        latent_image=empty_latent(48, 64),
        ctx=ctx,
        **inputs,
    )
    return latent, vae_decode(latent, vae, ctx=ctx)


def test_a_checkpoint_is_taken_apart_into_recipes_of_one_file(folder: File) -> None:
    parts = load_checkpoint(folder)

    assert {part.recipe.checkpoint.sha256 for part in parts} == {folder.sha256}
    assert {part.recipe.family for part in parts} == {"sd15"}
    assert hash(parts.model) == hash(load_checkpoint(folder).model)


def test_recipes_come_back_from_their_bytes(folder: File) -> None:
    for part in load_checkpoint(folder):
        assert type(part).restore(part.store()) == part
        with pytest.raises(ValueError, match="no stored"):
            type(part).restore(b"{}")


def test_the_check_gives_every_part_what_the_file_says_of_the_whole() -> None:
    assert load_checkpoint.check is not None

    known: Facts = {"family": "sd15", "factor": 4}

    assert load_checkpoint.check({}, {"ckpt_name": known}).facts == {"model": known, "clip": known, "vae": known}


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lie.safetensors").write_bytes(b"<html>")

    with pytest.raises(NodeError, match="web page") as raised:
        load_checkpoint(File("lie.safetensors", tmp_path / "lie.safetensors", "cc" * 32))

    assert raised.value.input == "ckpt_name"


def test_the_nodes_make_what_diffusers_own_pipeline_makes(folder: File, cpu: Context) -> None:
    from diffusers import AutoencoderKL, EulerDiscreteScheduler, StableDiffusionPipeline, UNet2DConditionModel

    latent, picture = make(folder, cpu)
    clip = load_checkpoint(folder).clip
    pipeline = StableDiffusionPipeline(
        vae=AutoencoderKL.from_pretrained(folder.path / "vae"),
        unet=UNet2DConditionModel.from_pretrained(folder.path / "unet"),
        scheduler=EulerDiscreteScheduler(
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule="scaled_linear",
            timestep_spacing="linspace",
            steps_offset=1,  # linspace does not read it, but the pipeline wants it
        ),
        text_encoder=None,
        tokenizer=None,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.set_progress_bar_config(disable=True)

    # diffusers starts this spacing at sigma_max; the model's own x_T, which counts the picture in, has one more.
    sigma = ModelSampling.from_betas().sigma_max
    first = initial_noise(torch.zeros(1, 4, 16, 12), 3) * math.sqrt(sigma**2 + 1) / sigma

    def theirs(output_type: str) -> Any:
        return pipeline(
            prompt_embeds=clip_encode("a red house", clip, ctx=cpu).entries[0].context,
            negative_prompt_embeds=clip_encode("", clip, ctx=cpu).entries[0].context,
            num_inference_steps=STEPS,
            guidance_scale=4.0,
            latents=first,
            output_type=output_type,
        ).images

    assert_close(samples(latent) * pipeline.vae.config.scaling_factor, theirs("latent"), rtol=1e-3, atol=1e-3)
    assert_close(picture.tensor, torch.from_numpy(theirs("np")), rtol=0, atol=1e-3)


def test_a_folder_and_a_single_file_make_the_same_picture(folder: File, single: File, cpu: Context) -> None:
    assert_close(make(folder, cpu)[1].tensor, make(single, cpu)[1].tensor, rtol=0, atol=1e-5)


def test_a_batch_makes_what_its_items_make_alone(folder: File, cpu: Context) -> None:
    model, clip, _ = load_checkpoint(folder)
    prompt = clip_encode("a house", clip, ctx=cpu)

    def make_items(*numbers: int) -> Tensor:
        latent = Latent(torch.zeros(len(numbers), 4, 8, 8), batch_index=numbers)
        return samples(ksampler(model, seed=1, steps=3, positive=prompt, negative=prompt, latent_image=latent, ctx=cpu))

    assert_close(make_items(0, 1, 2)[2:], make_items(2), rtol=1e-4, atol=1e-4)


def test_encoding_gives_the_latent_in_the_autoencoders_own_scale(folder: File, cpu: Context) -> None:
    from diffusers import AutoencoderKL

    pictures = torch.rand(2, 32, 40, 3, generator=torch.Generator().manual_seed(2))

    ours = samples(vae_encode(Image(pictures), load_checkpoint(folder).vae, ctx=cpu))

    vae = AutoencoderKL.from_pretrained(folder.path / "vae")
    with torch.no_grad():
        theirs = vae.encode(pictures.movedim(-1, 1) * 2 - 1).latent_dist.mean
    assert_close(ours, theirs, rtol=1e-4, atol=1e-4)


def test_models_are_loaded_once_and_shared(folder: File) -> None:
    from graphflow_nodes.models.pool import ModelPool

    own = Context(Resources("cpu"))  # the shared one holds what other tests loaded
    pool = own.use(ModelPool)
    make(folder, own)
    held = pool.held()
    make(folder, own)

    assert len(held) == 3
    assert {each.name for each in pool.held()} == {each.name for each in held}
    pool.close()


def alone(folder: File, single: File, place: Path, form: str) -> File:
    """The checkpoint's autoencoder as a file or folder of its own."""
    if form == "folder":
        return File("vae", folder.path / "vae", "d0" * 32)
    path = place / f"{form}.safetensors"
    if form == "diffusers":
        shutil.copy(folder.path / "vae" / "diffusion_pytorch_model.safetensors", path)
        tensors = load_file(path)
    else:
        kept = "" if form == "bare" else "first_stage_model."
        whole = load_file(single.path)
        tensors = {
            kept + name.removeprefix("first_stage_model."): tensor
            for name, tensor in whole.items()
            if name.startswith("first_stage_model.")
        }
    stated = json.dumps({"vae": {"norm_num_groups": 4, "scaling_factor": 0.5}})
    save_file(tensors, path, metadata={"graphflow.configs": stated})
    return File(path.name, path, "d1" * 32)


@pytest.mark.parametrize("form", ["folder", "diffusers", "bare", "prefixed"])
def test_an_autoencoder_of_its_own_decodes_as_inside_its_checkpoint(
    form: str, folder: File, single: File, cpu: Context, tmp_path: Path
) -> None:
    latent = Latent(torch.randn(1, 4, 6, 5, generator=torch.Generator().manual_seed(1)))

    vae = load_vae(alone(folder, single, tmp_path, form))

    inside = vae_decode(latent, load_checkpoint(folder).vae, ctx=cpu).tensor
    own = Context(Resources("cpu"))  # all forms have one digest here
    assert_close(vae_decode(latent, vae, ctx=own).tensor, inside, rtol=0, atol=1e-5)
    assert inspect_vae(vae.recipe.checkpoint.location) == {"latent_channels": 4, "factor": 4}


def test_a_picture_is_drawn_with_an_autoencoder_of_its_own(folder: File, cpu: Context) -> None:
    latent, picture = make(folder, cpu)

    vae = load_vae(File("vae", folder.path / "vae", "d0" * 32))

    assert_close(vae_decode(latent, vae, ctx=cpu).tensor, picture.tensor, rtol=0, atol=1e-5)


def test_latents_of_other_channels_are_refused_before_anything_runs() -> None:
    assert load_vae.check is not None
    assert vae_decode.check is not None
    facts = load_vae.check({}, {"vae_name": {"latent_channels": 16, "factor": 8}}).facts["out"]

    refused = vae_decode.check({}, {"vae": facts, "samples": {"latent_channels": 4, "factor": 8, "family": "sd15"}})

    assert [(each.code, each.input) for each in refused.problems] == [("models-differ", "samples")]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["model.diffusion_model.input_blocks.0.0.weight"], "a whole checkpoint, which LoadCheckpoint takes apart"),
        (["lora_unet_x.lora_up.weight"], "lacks tensors of an autoencoder"),
    ],
)
def test_a_file_that_is_no_autoencoder_is_refused(names: list[str], words: str, tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file({name: torch.zeros(2, 2) for name in names}, path)

    with pytest.raises(NodeError, match=words) as raised:
        load_vae(File(path.name, path, "d2" * 32))

    assert raised.value.input == "vae_name"
