"""Inpainting: by networks that see the picture around the hole, by those that do not, and through masks of grey."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from graphflow.api import Context, File, NodeError
from graphflow_nodes.conditioning.encode import clip_encode
from graphflow_nodes.diffusion.masks import fit_mask, grey_inside
from graphflow_nodes.loaders import Parts, load_checkpoint
from graphflow_nodes.models.parts import Unet
from graphflow_nodes.models.pool import ModelPool
from graphflow_nodes.sampling.differential import differential_diffusion
from graphflow_nodes.sampling.inpaint import inpaint_model_conditioning
from graphflow_nodes.sampling.ksampler import ksampler
from graphflow_nodes.values import Area, Blank, Conditioning, Entry, Image, Latent, Mask
from tests.models.checkpoints import UNET, write_folder, write_json, write_single
from tests.nodes.toy_models import MODEL, VAE, ToyRecorder, says

PIXELS = torch.rand(1, 32, 32, 3, generator=torch.Generator().manual_seed(1))
HOLE = torch.zeros(1, 32, 32)
HOLE[:, 8:24, 8:24] = 1


@pytest.fixture(scope="module")
def painter(tmp_path_factory: pytest.TempPathFactory) -> File:
    """A diffusers folder of random weights whose network takes nine channels."""
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

    folder = write_folder(tmp_path_factory.mktemp("models") / "painter")
    torch.manual_seed(1)
    UNet2DConditionModel(**(UNET | {"in_channels": 9})).save_pretrained(folder / "unet")
    write_json(folder / "model_index.json", {"_class_name": "StableDiffusionInpaintPipeline"})
    return File("painter", folder, "9a" * 32)


@pytest.fixture(scope="module")
def single_painter(painter: File, tmp_path_factory: pytest.TempPathFactory) -> File:
    path = write_single(painter.path, tmp_path_factory.mktemp("single") / "painter.safetensors")
    return File(path.name, path, "9b" * 32)


def unet_of(parts: Parts, ctx: Context) -> Unet:
    return ctx.use(ModelPool).model(parts.model.recipe)


def paint(parts: Parts, ctx: Context, *, mask: Tensor = HOLE, noise_mask: bool = True, **inputs: Any) -> Latent:
    text = clip_encode("a house", parts.clip, ctx=ctx)
    shown = inpaint_model_conditioning(text, text, parts.vae, Image(PIXELS), Mask(mask), noise_mask=noise_mask, ctx=ctx)
    given: dict[str, Any] = {"seed": 2, "steps": 3, "cfg": 3.0} | inputs
    return ksampler(
        parts.model, positive=shown.positive, negative=shown.negative, latent_image=shown.latent, ctx=ctx, **given
    )


def tensor(latent: Latent) -> Tensor:
    assert isinstance(latent.samples, Tensor)
    return latent.samples


def test_an_inpainting_network_makes_what_diffusers_own_pipeline_makes(painter: File, cpu: Context) -> None:
    from diffusers import AutoencoderKL, EulerDiscreteScheduler, StableDiffusionInpaintPipeline, UNet2DConditionModel

    parts = load_checkpoint(painter)
    ours = paint(parts, cpu, noise_mask=False, scheduler="normal", steps=4)
    vae = AutoencoderKL.from_pretrained(painter.path / "vae")
    pipeline = StableDiffusionInpaintPipeline(
        vae=vae,
        unet=UNet2DConditionModel.from_pretrained(painter.path / "unet"),
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
    text, nothing = (clip_encode("a house", parts.clip, ctx=cpu).entries[0].context for _ in range(2))
    sigma = unet_of(parts, cpu).sampling.sigma_max
    start = tensor(inpaint_start(parts, cpu)) * vae.config.scaling_factor
    noise = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(2))

    theirs = pipeline(
        prompt_embeds=text,
        negative_prompt_embeds=nothing,
        image=PIXELS.movedim(-1, 1),
        mask_image=HOLE[:, None],
        masked_image_latents=vae_latents(vae, grey_inside(PIXELS, HOLE)),
        height=32,
        width=32,
        num_inference_steps=4,
        guidance_scale=3.0,
        latents=(start + noise * (sigma**2 + 1) ** 0.5) / sigma,
        output_type="latent",
    ).images

    assert_close(tensor(ours) * vae.config.scaling_factor, theirs, rtol=1e-3, atol=1e-3)


def inpaint_start(parts: Parts, ctx: Context) -> Latent:
    text = clip_encode("", parts.clip, ctx=ctx)
    return inpaint_model_conditioning(text, text, parts.vae, Image(PIXELS), Mask(HOLE), ctx=ctx).latent


def vae_latents(vae: Any, pictures: Tensor) -> Tensor:
    with torch.no_grad():
        latents: Tensor = vae.encode(pictures.movedim(-1, 1) * 2 - 1).latent_dist.mean * vae.config.scaling_factor
    return latents


def test_folder_and_single_file_of_an_inpainting_network_paint_the_same(
    painter: File, single_painter: File, cpu: Context
) -> None:
    ours, single = (tensor(paint(load_checkpoint(file), cpu)) for file in (painter, single_painter))

    assert_close(ours, single, rtol=1e-4, atol=1e-4)


def test_the_picture_around_the_hole_matters_to_an_inpainting_network_only(
    painter: File, folder: File, cpu: Context
) -> None:
    for file, matters in ((painter, True), (folder, False)):
        parts = load_checkpoint(file)
        text = clip_encode("a house", parts.clip, ctx=cpu)
        made = [
            inpaint_model_conditioning(text, text, parts.vae, Image(pixels), Mask(HOLE), ctx=cpu)
            for pixels in (PIXELS, 1 - PIXELS)
        ]
        start = Latent(Blank(32, 32))
        one, other = (
            tensor(
                ksampler(parts.model, positive=m.positive, negative=m.negative, latent_image=start, steps=2, ctx=cpu)
            )
            for m in made
        )
        assert torch.equal(one, other) is not matters


def test_with_any_other_network_it_is_a_noise_mask_on_the_encoded_picture(folder: File, cpu: Context) -> None:
    parts = load_checkpoint(folder)
    text = clip_encode("a house", parts.clip, ctx=cpu)
    latent = cpu.use(ModelPool).vae(parts.vae.recipe).encode(PIXELS)

    plain = ksampler(
        parts.model,
        positive=text,
        negative=text,
        latent_image=Latent(latent, HOLE),
        seed=2,
        steps=3,
        cfg=3.0,
        ctx=cpu,
    )

    assert torch.equal(tensor(paint(parts, cpu)), tensor(plain))


def test_an_inpainting_network_without_a_picture_sees_grey_and_a_hole_everywhere(painter: File, cpu: Context) -> None:
    parts = load_checkpoint(painter)
    unet, given = unet_of(parts, cpu), list[Tensor]()
    text = clip_encode("a house", parts.clip, ctx=cpu)
    hook = unet.module.register_forward_pre_hook(lambda _module, args: given.append(args[0]))

    ksampler(parts.model, positive=text, negative=text, latent_image=Latent(Blank(32, 32)), steps=1, ctx=cpu)

    hook.remove()
    grey = cpu.use(ModelPool).vae(parts.vae.recipe).encode(torch.full((1, 32, 32, 3), 0.5)) * unet.space.scale
    assert given[0].shape[1] == 9
    assert torch.equal(given[0][:, 4], torch.ones(len(given[0]), 8, 8))
    assert_close(given[0][:1, 5:], grey)


def test_an_inpainting_network_sees_a_latents_own_noise_mask(painter: File, cpu: Context) -> None:
    parts = load_checkpoint(painter)
    unet, given = unet_of(parts, cpu), list[Tensor]()
    text, start = clip_encode("a house", parts.clip, ctx=cpu), torch.rand(2, 4, 8, 8)
    hook = unet.module.register_forward_pre_hook(lambda _module, args: given.append(args[0]))

    ksampler(parts.model, positive=text, negative=text, latent_image=Latent(start, HOLE * 0.7), steps=1, ctx=cpu)

    hook.remove()
    assert torch.equal(given[0][:2, 4:5], fit_mask(HOLE, start))
    assert_close(given[0][:2, 5:], start * unet.space.scale)


def test_a_prompt_with_an_area_sees_its_own_part_of_the_picture(painter: File, cpu: Context) -> None:
    parts = load_checkpoint(painter)
    unet, given = unet_of(parts, cpu), list[Tensor]()
    text = clip_encode("a house", parts.clip, ctx=cpu)
    shown = inpaint_model_conditioning(text, text, parts.vae, Image(PIXELS), Mask(HOLE), ctx=cpu)
    entry = shown.positive.entries[0]
    corner = Entry(entry.context, area=Area(16, 0, 16, 32), concat=entry.concat)
    hook = unet.module.register_forward_pre_hook(lambda _module, args: given.append(args[0]))

    ksampler(
        parts.model,
        positive=Conditioning((entry, corner)),
        negative=shown.negative,
        latent_image=Latent(Blank(32, 32)),
        steps=1,
        cfg=1.0,
        ctx=cpu,
    )

    hook.remove()
    whole, part = sorted(given, key=lambda x: -x.shape[-1])
    assert torch.equal(part[:, 4:], whole[:, 4:, :, 4:])


def test_a_network_of_nine_channels_is_not_asked_without_what_it_needs(painter: File, cpu: Context) -> None:
    unet = unet_of(load_checkpoint(painter), cpu)

    with pytest.raises(NodeError, match="takes 9 channels and was given 4"):
        unet.denoiser.network(torch.zeros(1, 4, 8, 8), torch.zeros(1), torch.zeros(1, 77, 24), {})


def test_the_hole_is_grey_where_the_mask_is_more_than_a_half() -> None:
    mask = torch.tensor([[[0.0, 0.4, 0.6, 1.0]]])

    shown = grey_inside(torch.full((1, 1, 4, 3), 0.9), mask)

    assert_close(shown[0, 0, :, 0], torch.tensor([0.9, 0.9, 0.5, 0.5]))


def test_a_mask_of_another_size_and_edges_of_the_picture_are_cut_like_the_picture() -> None:
    pixels = torch.rand(1, 18, 17, 3)  # cells of 4 pixels: one row is lost above and below, one column at the right
    mask = torch.zeros(1, 36, 34)
    mask[:, :, 16:] = 1

    made = inpaint_model_conditioning(says(1.0), says(0.0), VAE, Image(pixels), Mask(mask), ctx=ToyRecorder())

    concat = made.positive.entries[0].concat
    assert concat is not None
    assert made.latent.noise_mask is concat.mask
    assert concat.mask.shape == (1, 16, 16)
    assert torch.equal(concat.mask[0, 0], (torch.arange(16) >= 8).float())
    assert_close(tensor(made.latent)[0, :3, 0, 0], pixels[0, 1:5, :4].mean((0, 1)))
    assert_close(concat.latent[0, :3, 0, 3], torch.full((3,), 0.5))


def test_prompts_keep_what_they_said_before_and_come_back_from_their_bytes() -> None:
    made = inpaint_model_conditioning(says(1.0), says(0.0), VAE, Image(PIXELS), Mask(HOLE), ctx=ToyRecorder())

    back = Conditioning.restore(made.positive.store()).entries[0]

    assert back.concat is not None
    assert made.positive.entries[0].concat is not None
    assert torch.equal(back.concat.latent, made.positive.entries[0].concat.latent)
    assert torch.equal(back.concat.mask, HOLE)
    assert torch.equal(back.context, says(1.0).entries[0].context)
    assert made.positive.nbytes > says(1.0).nbytes + HOLE.nbytes


def test_a_grey_mask_changes_a_place_the_more_the_lighter_it_is() -> None:
    mask = torch.linspace(0, 1, 8).repeat_interleave(4).expand(1, 256, 32)  # one shade for each column of cells
    start = Latent(torch.full((1, 4, 64, 8), -2.0), noise_mask=mask)
    inputs: dict[str, Any] = {"steps": 20, "cfg": 1.0, "positive": says(1.0), "negative": says(0.0)}

    made = tensor(ksampler(differential_diffusion(MODEL), latent_image=start, ctx=ToyRecorder(), **inputs))

    change = (made - tensor(start)).abs().mean((0, 1, 2))
    assert change[0] == 0
    assert bool((change[1:] > change[:-1] - 0.01).all())
    assert 0.1 * change[7] < change[1] < 0.7 * change[7]


def test_differential_diffusion_is_part_of_the_recipe_and_keeps_the_weights() -> None:
    half = differential_diffusion(MODEL, 0.5)

    assert half.recipe != MODEL.recipe
    assert half.recipe == differential_diffusion(differential_diffusion(MODEL), 0.5).recipe
    assert len({half.recipe, MODEL.recipe}) == 2
    assert type(half).restore(half.store()) == half


def test_strength_zero_is_the_plain_mask_and_a_white_mask_the_plain_picture() -> None:
    grey = Latent(torch.zeros(1, 4, 8, 8), noise_mask=torch.full((1, 8, 8), 0.5))
    white = Latent(torch.zeros(1, 4, 8, 8), noise_mask=torch.ones(1, 8, 8))

    def sample(model: Any, latent: Latent) -> Tensor:
        return tensor(
            ksampler(model, positive=says(1.0), negative=says(0.0), latent_image=latent, ctx=ToyRecorder(), steps=6)
        )

    assert torch.equal(sample(differential_diffusion(MODEL, 0.0), grey), sample(MODEL, grey))
    assert torch.equal(sample(differential_diffusion(MODEL), white), sample(MODEL, white))
    assert not torch.allclose(sample(differential_diffusion(MODEL), grey), sample(MODEL, grey), atol=0.01)
