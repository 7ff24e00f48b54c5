"""Each picture of a batch can be made again alone: by its number, or by a seed of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from graphflow.api import NodeError
from graphflow_nodes.diffusion.driver import Start
from graphflow_nodes.diffusion.driver import sample as drive
from graphflow_nodes.diffusion.guidance import Guidance, Prompt
from graphflow_nodes.diffusion.noise import initial_noise, step_noise
from graphflow_nodes.diffusion.samplers import SAMPLERS
from graphflow_nodes.diffusion.schedules import normal
from graphflow_nodes.latent.batch import latent_from_batch
from graphflow_nodes.sampling.ksampler import ksampler
from graphflow_nodes.sampling.seeds import read_seeds, set_latent_seeds
from graphflow_nodes.values import Blank, Latent
from tests.diffusion.gaussian import SAMPLING, context
from tests.nodes.toy_models import MODEL, ToyRecorder, says

FIXED = [name for name in SAMPLERS if name != "dpm_adaptive"]
"""All but the one whose steps depend on the whole batch."""


def sample(latent: Latent, **inputs: Any) -> Tensor:
    given: dict[str, Any] = {"seed": 9, "steps": 6, "cfg": 2.0, "positive": says(1.0), "negative": says(0.0)} | inputs
    made = ksampler(MODEL, latent_image=latent, ctx=ToyRecorder(), **given)
    assert isinstance(made.samples, Tensor)
    return made.samples


@pytest.mark.parametrize("name", FIXED)
@pytest.mark.parametrize("size", [32, 36, 20])  # 20 x 20 pixels are 4 x 5 x 5 numbers: no multiple of 16
def test_an_item_of_a_batch_is_made_again_alone_by_its_number(name: str, size: int) -> None:
    batch = sample(Latent(Blank(size, size, 3)), sampler_name=name)

    alone = sample(Latent(Blank(size, size), batch_index=(2,)), sampler_name=name)

    assert_close(alone, batch[2:], rtol=1e-4, atol=1e-4)
    assert (batch[1] - batch[2]).abs().mean() > 0.05


@pytest.mark.parametrize("name", ["euler", "euler_ancestral", "dpmpp_2m_sde"])
@pytest.mark.parametrize("number", [0, 2])
def test_an_item_taken_from_a_batch_is_made_again_alone(name: str, number: int) -> None:
    empty = Latent(Blank(32, 32, 3))
    batch = sample(empty, sampler_name=name)

    alone = sample(latent_from_batch(empty, batch_index=number), sampler_name=name)
    seeded = sample(latent_from_batch(set_latent_seeds(empty, "5, 6, 7"), batch_index=number), sampler_name=name)

    assert_close(alone[0], batch[number], rtol=1e-4, atol=1e-4)
    assert_close(seeded, sample(Latent(Blank(32, 32)), sampler_name=name, seed=5 + number), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", FIXED)
def test_an_item_with_its_own_seed_is_what_this_seed_makes_alone(name: str) -> None:
    seeds = (5, 2**64 - 1, 5, 77)

    batch = sample(set_latent_seeds(Latent(Blank(20, 32)), ", ".join(map(str, seeds))), sampler_name=name, seed=1)

    assert batch.shape == (4, 4, 8, 5)
    for item, seed in zip(batch, seeds, strict=True):
        assert_close(item[None], sample(Latent(Blank(20, 32)), sampler_name=name, seed=seed), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["euler", "dpmpp_2m_sde"])
def test_an_item_alone_is_the_same_in_a_deterministic_job(name: str) -> None:
    def run(latent: Tensor, index: list[int]) -> Tensor:
        return drive(
            SAMPLERS[name],
            Guidance(SAMPLING, [Prompt(context(0.5))], [Prompt(context(-0.5))], 3.0),
            ToyRecorder().pool.unet.denoiser,
            Start(latent, initial_noise(latent, 4, index)),
            normal(SAMPLING, 6),
            step_noise=step_noise(latent, 4, index),
            deterministic=True,
        )

    batch = run(torch.zeros(3, 4, 8, 8), [0, 1, 2])

    assert_close(run(torch.zeros(1, 4, 8, 8), [1]), batch[1:2], rtol=1e-4, atol=1e-4)


def test_a_latent_is_repeated_for_each_seed_and_its_mask_stays() -> None:
    mask = torch.ones(1, 16, 16)
    one = Latent(torch.arange(64.0).reshape(1, 4, 4, 4), noise_mask=mask, batch_index=(3,))

    made = set_latent_seeds(one, "1..3")

    assert isinstance(made.samples, Tensor)
    assert torch.equal(made.samples, one.tensor(4, 4).repeat(3, 1, 1, 1))
    assert (made.seeds, made.batch_index) == ((1, 2, 3), None)
    assert made.noise_mask is mask


def test_seeds_are_numbers_and_ranges() -> None:
    assert read_seeds("7, 11,100..103") == (7, 11, 100, 101, 102, 103)
    assert read_seeds(str(2**64 - 1)) == (2**64 - 1,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' is neither a seed"),
        ("1, two", "'two' is neither a seed"),
        ("-1", "'-1' is neither"),
        ("5..2", "'5..2' is neither"),
        (str(2**64), "is neither a seed"),
        ("0..99999999999", "more than 4096 seeds"),
    ],
)
def test_what_is_no_seed_is_named(text: str, message: str) -> None:
    with pytest.raises(NodeError, match=message) as raised:
        read_seeds(text)

    assert raised.value.input == "seeds"


def test_a_batch_needs_as_many_seeds_as_pictures() -> None:
    with pytest.raises(NodeError, match="2 seeds for a batch of 3"):
        set_latent_seeds(Latent(Blank(32, 32, 3)), "1, 2")

    with pytest.raises(NodeError, match="2 seeds for 3 pictures") as raised:
        sample(Latent(Blank(32, 32, 3), seeds=(1, 2)))
    assert raised.value.input == "latent_image"


def test_a_batch_needs_as_many_numbers_of_noise_as_pictures() -> None:
    with pytest.raises(NodeError, match="1 numbers of noise for 2 pictures"):
        sample(Latent(Blank(32, 32, 2), batch_index=(4,)))


def test_seeds_come_back_from_their_bytes() -> None:
    latent = Latent(torch.zeros(2, 4, 4, 4), seeds=(3, 2**64 - 1))

    assert Latent.restore(latent.store()).seeds == (3, 2**64 - 1)
    assert Latent.restore(replace(latent, seeds=None).store()).seeds is None
