"""The default model, sampled by our nodes and by diffusers' own pipeline from the same noise."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from graphflow.api import Context, File
from graphflow_nodes.conditioning.encode import clip_encode
from graphflow_nodes.loaders import Parts, load_checkpoint
from graphflow_nodes.models.pool import ModelPool
from graphflow_nodes.sampling.ksampler import ksampler
from graphflow_nodes.values import Blank, Latent
from graphflow_tiny import MODEL_ROOTS

PROMPT = "a large red circle on a blue background"


@pytest.fixture(scope="module")
def parts() -> Parts:
    return load_checkpoint(File("graphflow-tiny", MODEL_ROOTS["checkpoints"] / "graphflow-tiny", "d0" * 32))


def sample(parts: Parts, ctx: Context, **inputs: Any) -> Tensor:
    positive, negative = (clip_encode(text, parts.clip, ctx=ctx) for text in (PROMPT, ""))
    made = ksampler(
        parts.model, positive=positive, negative=negative, latent_image=Latent(Blank(64, 64)), ctx=ctx, **inputs
    )
    assert isinstance(made.samples, Tensor)
    return made.samples


def pipeline_of(parts: Parts, scheduler: str) -> Any:
    import diffusers

    folder = parts.model.recipe.checkpoint.location
    made = diffusers.StableDiffusionPipeline(
        vae=diffusers.AutoencoderKL.from_pretrained(folder / "vae"),
        unet=diffusers.UNet2DConditionModel.from_pretrained(folder / "unet"),
        scheduler=getattr(diffusers, scheduler).from_pretrained(folder / "scheduler", timestep_spacing="linspace"),
        text_encoder=None,
        tokenizer=None,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    made.set_progress_bar_config(disable=True)
    return made


@pytest.mark.parametrize(
    ("sampler", "scheduler"), [("euler", "EulerDiscreteScheduler"), ("lms", "LMSDiscreteScheduler")]
)
def test_51_steps_end_where_diffusers_pipeline_ends(sampler: str, scheduler: str, parts: Parts, cpu: Context) -> None:
    ours = sample(parts, cpu, seed=3, steps=51, cfg=3.0, sampler_name=sampler, scheduler="normal")
    pipeline = pipeline_of(parts, scheduler)

    # The pipeline multiplies its latents by sigma_max; the model's own x_T, which counts the picture in, has one more.
    sigma = cpu.use(ModelPool).model(parts.model.recipe).sampling.sigma_max
    noise = torch.randn(1, 4, *ours.shape[-2:], generator=torch.Generator().manual_seed(3))
    theirs = pipeline(
        prompt_embeds=clip_encode(PROMPT, parts.clip, ctx=cpu).entries[0].context,
        negative_prompt_embeds=clip_encode("", parts.clip, ctx=cpu).entries[0].context,
        num_inference_steps=51,
        guidance_scale=3.0,
        latents=noise * math.sqrt(sigma**2 + 1) / sigma,
        output_type="latent",
    ).images

    theirs = theirs / pipeline.vae.config.scaling_factor  # in the autoencoder's own scale, as latents travel here
    print(f"{sampler}: largest difference {float((ours - theirs).abs().max()):.2g} of {float(theirs.std()):.2g}")
    assert_close(ours, theirs, rtol=0, atol=1e-3)


@pytest.mark.parametrize(("cfg", "rows"), [(1.0, 1), (3.0, 2)])
def test_the_negative_prompt_is_not_computed_at_cfg_1(cfg: float, rows: int, parts: Parts, cpu: Context) -> None:
    batches: list[int] = []
    module = cpu.use(ModelPool).model(parts.model.recipe).module
    hook = module.register_forward_pre_hook(lambda _module, args: batches.append(len(args[0])))

    sample(parts, cpu, steps=5, cfg=cfg)

    hook.remove()
    assert batches == [rows] * 5
