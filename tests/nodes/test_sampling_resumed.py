"""Sampling that was cut short goes on with what it noted: the same latent, bit for bit, from fewer forwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from graphflow.api import RunCancelled
from graphflow_nodes.diffusion.driver import _pack, _unpack
from graphflow_nodes.diffusion.samplers import Estimate
from graphflow_nodes.look.guidance import guidance_vectors
from graphflow_nodes.look.steps import sample_steps
from graphflow_nodes.sampling.ksampler import ksampler, ksampler_advanced
from graphflow_nodes.sampling_names import SAMPLER_NAMES
from graphflow_nodes.values import Blank, Latent
from tests.nodes.toy_models import MODEL, ToyRecorder, says

STEPS = 8


class Resuming(ToyRecorder):
    """A recorder that has the notes of an earlier attempt."""

    def __init__(self, notes: Sequence[bytes] = (), cancel_after: int | None = None) -> None:
        super().__init__(cancel_after=cancel_after)
        self.notes = notes

    def replay(self) -> Sequence[bytes]:
        return self.notes

    @property
    def forwards(self) -> int:
        return self.pool.unet.denoiser.forwards


def numbers(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(5))


def hole() -> Latent:
    """A latent of two with a soft mask."""
    mask = torch.zeros(1, 32, 32)
    mask[:, 8:24, 8:20] = torch.linspace(0, 1, 12)
    return Latent(numbers(2, 4, 8, 8), noise_mask=mask)


def sample(ctx: Resuming, node: Callable[..., Any] = ksampler, **inputs: Any) -> Any:
    given: dict[str, Any] = {"steps": STEPS, "cfg": 2.0, "positive": says(1.0), "negative": says(-0.5), "seed": 4}
    given |= {"latent_image": Latent(Blank(32, 32, 2))} | inputs
    if node is ksampler_advanced:
        given["noise_seed"] = given.pop("seed")
    return node(MODEL, ctx=ctx, **given)


def cut_short(after: int, **inputs: Any) -> list[bytes]:
    """Sample until so many steps are told, and return what was noted."""
    ctx = Resuming(cancel_after=after)
    with pytest.raises(RunCancelled):
        sample(ctx, **inputs)
    assert [step for step, _ in ctx.noted] == list(range(len(ctx.noted)))
    return [data for _, data in ctx.noted]


def held_to_the_whole(**inputs: Any) -> tuple[Any, Any, Resuming, Resuming]:
    """Return what an uninterrupted run made, what one that went on made, and who heard them."""
    notes = cut_short(5, **inputs)
    whole, resumed = Resuming(), Resuming(notes)
    made, again = sample(whole, **inputs), sample(resumed, **inputs)
    assert len(notes) > 0
    assert resumed.forwards == whole.forwards - len(notes)
    assert resumed.noted == whole.noted[len(notes) :]
    return made, again, whole, resumed


@pytest.mark.parametrize("name", SAMPLER_NAMES)
def test_every_sampler_goes_on_to_the_same_latent(name: str) -> None:
    made, again, *_ = held_to_the_whole(sampler_name=name, scheduler="karras")

    assert torch.equal(again.samples, made.samples)


@pytest.mark.parametrize("name", ["euler", "dpmpp_2m_sde", "dpm_adaptive", "euler_cfg_pp"])
def test_inpainting_goes_on_to_the_same_latent(name: str) -> None:
    made, again, *_ = held_to_the_whole(sampler_name=name, latent_image=hole(), denoise=0.8)

    assert torch.equal(again.samples, made.samples)


def test_a_part_of_a_schedule_goes_on_to_the_same_latent() -> None:
    steps = {"start_at_step": 1, "end_at_step": 7, "return_with_leftover_noise": "enable"}

    made, again, *_ = held_to_the_whole(node=ksampler_advanced, sampler_name="lms", **steps)

    assert torch.equal(again.samples, made.samples)


@pytest.mark.parametrize("what", ["x0", "x"])
@pytest.mark.parametrize("name", ["dpmpp_2s_ancestral", "dpm_adaptive"])
def test_the_steps_that_were_noted_are_shown_like_the_others(name: str, what: str) -> None:
    made, again, *_ = held_to_the_whole(node=sample_steps, sampler_name=name, what=what)

    assert again.labels == made.labels
    assert torch.equal(again.latent.samples, made.latent.samples)


def test_the_vectors_of_guidance_are_those_of_the_whole_run() -> None:
    made, again, *_ = held_to_the_whole(node=guidance_vectors, sampler_name="heun")

    assert again.csv == made.csv
    assert torch.equal(again.latent.samples, made.latent.samples)


def test_progress_and_previews_tell_of_steps_that_were_noted_as_well() -> None:
    *_, whole, resumed = held_to_the_whole(sampler_name="dpmpp_sde")

    assert resumed.steps == whole.steps
    assert len(resumed.previews) == len(whole.previews)


def test_notes_of_a_whole_run_leave_nothing_to_ask() -> None:
    whole = Resuming()
    made = sample(whole, sampler_name="dpmpp_3m_sde")

    resumed = Resuming([data for _, data in whole.noted])
    again = sample(resumed, sampler_name="dpmpp_3m_sde")

    assert torch.equal(again.samples, made.samples)
    assert resumed.forwards == 0


@pytest.mark.parametrize("kind", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("uncond", [False, True])
def test_an_estimate_is_noted_bit_for_bit_in_every_number_format(kind: torch.dtype, uncond: bool) -> None:
    x0, other = (numbers(2, 3, 4, 5) * 1e-3).to(kind), (numbers(2, 3, 4, 5) * 1e3).to(kind)
    x0[0, 0, 0, :3] = torch.tensor([float("nan"), float("-inf"), -0.0]).to(kind)
    estimate = Estimate(x0.transpose(2, 3).contiguous().transpose(2, 3), other if uncond else None)

    back = _unpack(_pack(estimate), x0)

    assert len(_pack(estimate)) == x0.numel() * x0.element_size() * (2 if uncond else 1)
    assert back.x0.contiguous().view(torch.uint8).equal(x0.view(torch.uint8))
    if uncond:
        assert back.uncond is not None
        assert torch.equal(back.uncond, other)
    else:
        assert back.uncond is None
