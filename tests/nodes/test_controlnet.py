"""Prompts that follow pictures: ControlNets of random weights, held against diffusers' own pipeline."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from graphflow.api import Context, Facts, File, NodeError, Resource
from graphflow_nodes.conditioning.control import controlnet_apply, controlnet_apply_advanced
from graphflow_nodes.conditioning.encode import clip_encode
from graphflow_nodes.conditioning.mix import conditioning_combine
from graphflow_nodes.conditioning.place import conditioning_set_area
from graphflow_nodes.loaders import Parts, load_checkpoint, load_controlnet
from graphflow_nodes.look.once import denoise_once
from graphflow_nodes.models.pool import ModelPool
from graphflow_nodes.sampling.ksampler import ksampler
from graphflow_nodes.values import Blank, Conditioning, ControlNet, Image, Latent
from tests.models.controlnets import SMALL, USUAL, write_control

R = TypeVar("R", bound=Resource)
STEPS = 3
HINT = Image(torch.rand(1, 64, 48, 3, generator=torch.Generator().manual_seed(1)))
OTHER = Image(1 - HINT.tensor)


@pytest.fixture(scope="module")
def parts(folder: File) -> Parts:
    return load_checkpoint(folder)


@pytest.fixture(scope="module")
def nets(tmp_path_factory: pytest.TempPathFactory) -> list[ControlNet]:
    """Two ControlNets that fit the model, with weights of their own."""
    root = tmp_path_factory.mktemp("controlnet")
    return [load_controlnet(File(f"{n}", write_control(root / f"{n}", seed=n), f"c{n}" * 32)) for n in (1, 2)]


@pytest.fixture(scope="module")
def words(parts: Parts, cpu: Context) -> tuple[Conditioning, Conditioning]:
    return clip_encode("a red house", parts.clip, ctx=cpu), clip_encode("", parts.clip, ctx=cpu)


class Noting(Context):
    """Shares the models of another context, keeps the journal, and begins with the notes of an earlier attempt."""

    def __init__(self, other: Context, earlier: Sequence[bytes] = ()) -> None:
        super().__init__()
        self.other = other
        self.earlier = earlier
        self.notes: list[bytes] = []

    def use(self, kind: type[R]) -> R:
        return self.other.use(kind)

    def replay(self) -> Sequence[bytes]:
        return self.earlier

    def journal(self, step: int, data: bytes) -> None:
        self.notes.append(data)


def sample(parts: Parts, ctx: Context, positive: Conditioning, negative: Conditioning, **inputs: Any) -> Tensor:
    latent = Latent(Blank(48, 64))
    settings: dict[str, Any] = {
        "seed": 3,
        "steps": STEPS,
        "cfg": 4.0,
        "scheduler": "normal",
        "latent_image": latent,
    } | inputs
    made = ksampler(parts.model, positive=positive, negative=negative, ctx=ctx, **settings)
    assert isinstance(made.samples, Tensor)
    return made.samples


@pytest.mark.parametrize("count", [1, 2])
def test_sampling_ends_where_diffusers_pipeline_ends(
    count: int, parts: Parts, nets: list[ControlNet], words: tuple[Conditioning, Conditioning], cpu: Context
) -> None:
    import diffusers

    used, strengths, hints = nets[:count], [0.7, 1.3][:count], [HINT, OTHER][:count]
    sides = words
    for net, strength, hint in zip(used, strengths, hints, strict=True):
        sides = controlnet_apply_advanced(*sides, net, hint, strength=strength)
    ours = sample(parts, cpu, *sides)

    folder = parts.model.recipe.checkpoint.location
    pipeline = diffusers.StableDiffusionControlNetPipeline(
        vae=diffusers.AutoencoderKL.from_pretrained(folder / "vae"),
        unet=diffusers.UNet2DConditionModel.from_pretrained(folder / "unet"),
        controlnet=[diffusers.ControlNetModel.from_pretrained(net.recipe.checkpoint.path) for net in used],
        scheduler=diffusers.EulerDiscreteScheduler.from_pretrained(folder / "scheduler", timestep_spacing="linspace"),
        text_encoder=None,
        tokenizer=None,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.set_progress_bar_config(disable=True)
    sigma = cpu.use(ModelPool).model(parts.model.recipe).sampling.sigma_max
    noise = torch.randn(1, 4, 16, 12, generator=torch.Generator().manual_seed(3))
    theirs = pipeline(
        prompt_embeds=words[0].entries[0].context,
        negative_prompt_embeds=words[1].entries[0].context,
        image=[hint.tensor.movedim(-1, 1) for hint in hints],
        controlnet_conditioning_scale=strengths,
        height=64,
        width=48,
        num_inference_steps=STEPS,
        guidance_scale=4.0,
        latents=noise * math.sqrt(sigma**2 + 1) / sigma,
        output_type="latent",
    ).images

    assert (ours - sample(parts, cpu, *words)).abs().max() > 0.1  # the nets do something
    assert_close(ours, theirs / pipeline.vae.config.scaling_factor, rtol=1e-3, atol=1e-3)


def test_strength_0_is_no_control_bit_for_bit(
    parts: Parts, nets: list[ControlNet], words: tuple[Conditioning, Conditioning], cpu: Context
) -> None:
    plain = sample(parts, cpu, *words)

    assert torch.equal(sample(parts, cpu, *controlnet_apply_advanced(*words, nets[0], HINT, strength=0.0)), plain)
    assert not torch.equal(sample(parts, cpu, *controlnet_apply_advanced(*words, nets[0], HINT, strength=0.1)), plain)


def test_nets_in_a_row_add_whatever_their_order(
    parts: Parts, nets: list[ControlNet], words: tuple[Conditioning, Conditioning], cpu: Context
) -> None:
    def chained(*pairs: tuple[ControlNet, Image]) -> Tensor:
        sides = words
        for net, hint in pairs:
            sides = controlnet_apply_advanced(*sides, net, hint, strength=0.5)
        return sample(parts, cpu, *sides)

    one_way, other_way = chained((nets[0], HINT), (nets[1], OTHER)), chained((nets[1], OTHER), (nets[0], HINT))
    twice = chained((nets[0], HINT), (nets[0], HINT))

    assert_close(one_way, other_way, rtol=1e-4, atol=1e-4)
    once = controlnet_apply_advanced(*words, nets[0], HINT, strength=1.0)
    assert_close(twice, sample(parts, cpu, *once), rtol=1e-4, atol=1e-4)


def test_a_control_holds_in_its_range_of_time_only(
    parts: Parts, nets: list[ControlNet], words: tuple[Conditioning, Conditioning], cpu: Context
) -> None:
    def asked(**share: Any) -> list[int]:
        module: Any = cpu.use(ModelPool).control(nets[0].recipe).module
        calls: list[int] = []
        hook = module.register_forward_pre_hook(
            lambda _module, args, _rest: calls.append(len(args[0])), with_kwargs=True
        )
        sample(parts, cpu, *controlnet_apply_advanced(*words, nets[0], HINT, **share))
        hook.remove()
        return calls

    # Three steps of the schedule stand at 0, a half and all of the model's time.
    assert asked() == [2, 2, 2]
    assert asked(end_percent=0.6) == [2, 2]
    assert asked(start_percent=0.4, end_percent=0.6) == [2]
    assert asked(start_percent=0.6, end_percent=0.9) == []


def test_a_control_of_one_side_leaves_the_other_alone(
    parts: Parts, nets: list[ControlNet], words: tuple[Conditioning, Conditioning], cpu: Context
) -> None:
    followed = controlnet_apply_advanced(*words, nets[0], HINT)
    one_step = {"steps": 1, "denoise": 1.0}

    def answer(positive: Conditioning, negative: Conditioning, cfg: float) -> Tensor:
        return sample(parts, cpu, positive, negative, cfg=cfg, **one_step)

    plain, told = answer(words[1], words[1], 1.0), answer(followed.positive, words[1], 1.0)
    assert_close(answer(followed.positive, words[1], 3.0), plain + 3 * (told - plain), rtol=1e-3, atol=1e-3)


def test_the_older_node_controls_the_other_side_too(
    parts: Parts, nets: list[ControlNet], words: tuple[Conditioning, Conditioning], cpu: Context
) -> None:
    older = sample(parts, cpu, controlnet_apply(words[0], nets[0], HINT, strength=0.8), words[1])

    newer = sample(parts, cpu, *controlnet_apply_advanced(*words, nets[0], HINT, strength=0.8))

    assert torch.equal(older, newer)


def test_two_jobs_at_once_give_what_each_gives_alone(
    parts: Parts, nets: list[ControlNet], words: tuple[Conditioning, Conditioning], cpu: Context
) -> None:
    sides = [
        controlnet_apply_advanced(*words, nets[0], HINT),
        controlnet_apply_advanced(*words, nets[0], OTHER, strength=0.5),
        controlnet_apply_advanced(*words, nets[1], HINT),
        words,
    ]
    alone = [sample(parts, cpu, *each) for each in sides]

    with ThreadPoolExecutor(len(sides)) as threads:
        together = list(threads.map(lambda each: sample(parts, cpu, *each), sides))

    for one, other in zip(alone, together, strict=True):
        assert_close(one, other, rtol=1e-4, atol=1e-4)


def test_a_prompt_with_an_area_sees_its_part_of_the_picture(
    parts: Parts, nets: list[ControlNet], words: tuple[Conditioning, Conditioning], cpu: Context
) -> None:
    seen: list[Tensor] = []
    module: Any = cpu.use(ModelPool).control(nets[0].recipe).module
    followed = controlnet_apply_advanced(words[0], words[1], nets[0], HINT).positive
    left = conditioning_set_area(followed, width=24, height=32, x=8, y=16)

    hook = module.register_forward_pre_hook(
        lambda _module, _args, rest: seen.append(rest["controlnet_cond"]), with_kwargs=True
    )
    sample(parts, cpu, conditioning_combine(left, words[1]), words[1], cfg=1.0, steps=1)
    hook.remove()

    assert len(seen) == 1
    assert torch.equal(seen[0], HINT.tensor[:, 16:48, 8:32].movedim(-1, 1))


def test_a_picture_of_another_size_is_cut_and_scaled_and_batches_take_one_picture_each(
    parts: Parts, nets: list[ControlNet], words: tuple[Conditioning, Conditioning], cpu: Context
) -> None:
    large = HINT.tensor.repeat_interleave(2, dim=1).repeat_interleave(2, dim=2)
    wide = Image(torch.cat([torch.zeros(1, 128, 10, 3), large, torch.ones(1, 128, 10, 3)], dim=2))
    both = Image(torch.cat([HINT.tensor, OTHER.tensor]))
    latents = Latent(Blank(48, 64, 2), seeds=(3, 3))

    fitted = sample(parts, cpu, *controlnet_apply_advanced(*words, nets[0], wide))
    pair = sample(parts, cpu, *controlnet_apply_advanced(*words, nets[0], both), latent_image=latents)

    wanted = [sample(parts, cpu, *controlnet_apply_advanced(*words, nets[0], each)) for each in (HINT, OTHER)]
    assert torch.equal(fitted, wanted[0])
    assert_close(pair, torch.cat(wanted), rtol=1e-4, atol=1e-4)


def test_a_run_that_was_cut_goes_on_from_its_notes_to_the_same_end(
    parts: Parts, nets: list[ControlNet], words: tuple[Conditioning, Conditioning], cpu: Context
) -> None:
    sides = controlnet_apply_advanced(*words, nets[0], HINT, end_percent=0.7)
    first = Noting(cpu)
    whole = sample(parts, first, *sides)

    again = Noting(cpu, first.notes[:2])

    assert torch.equal(sample(parts, again, *sides), whole)
    assert len(again.notes) == STEPS - 2


def test_one_question_to_the_network_counts_the_control_in(
    parts: Parts, nets: list[ControlNet], words: tuple[Conditioning, Conditioning], cpu: Context
) -> None:
    latent = Latent(torch.randn(1, 4, 16, 12, generator=torch.Generator().manual_seed(2)))

    def seen(positive: Conditioning) -> Tensor:
        noise = denoise_once(parts.model, positive, latent, t=500, ctx=cpu).noise
        assert isinstance(noise.samples, Tensor)
        return noise.samples

    plain, followed = seen(words[0]), seen(controlnet_apply_advanced(*words, nets[0], HINT).positive)

    assert (plain - followed).abs().max() > 0.01
    assert torch.equal(seen(controlnet_apply_advanced(*words, nets[0], HINT, end_percent=0.2).positive), plain)


def test_a_net_for_another_model_is_refused_when_it_meets_the_model(
    parts: Parts, words: tuple[Conditioning, Conditioning], cpu: Context, tmp_path: Path
) -> None:
    usual = load_controlnet(File("usual", write_control(tmp_path / "usual", config=USUAL), "e1" * 32))
    eight = load_controlnet(
        File(
            "eight",
            write_control(tmp_path / "eight", config=SMALL | {"conditioning_embedding_out_channels": [4] * 4}),
            "e2" * 32,
        )
    )

    with pytest.raises(NodeError, match=r"its block out channels is \[32, 64\]") as caught:
        sample(parts, cpu, *controlnet_apply_advanced(*words, usual, HINT))
    assert caught.value.input == "positive"
    with pytest.raises(NodeError, match="it reads 8 pixels of the picture for a latent cell, the model has 4"):
        sample(parts, cpu, *controlnet_apply_advanced(*words, eight, HINT))


def test_it_is_found_while_planning_where_the_facts_are_known() -> None:
    assert controlnet_apply_advanced.check is not None
    prompt: Facts = {"family": "sd15", "context_width": 768, "factor": 8, "latent_channels": 4}

    (problem,) = controlnet_apply_advanced.check(
        {}, {"positive": prompt, "negative": prompt, "control_net": {**prompt, "context_width": 128}}
    ).problems

    assert (problem.code, problem.input) == ("models-differ", "control_net")
    assert "context width 128" in problem.message


def test_a_range_that_ends_before_it_starts_is_refused(
    nets: list[ControlNet], words: tuple[Conditioning, Conditioning]
) -> None:
    assert controlnet_apply_advanced.check is not None

    (problem,) = controlnet_apply_advanced.check({"start_percent": 0.6, "end_percent": 0.5}, {}).problems
    with pytest.raises(NodeError) as caught:
        controlnet_apply_advanced(*words, nets[0], HINT, start_percent=0.6, end_percent=0.5)

    assert problem.code == caught.value.code == "range-reversed"
