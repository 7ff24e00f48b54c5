from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close

from graphflow.api import NodeError, NodeType
from graphflow_nodes.facts import of_one_model
from graphflow_nodes.fitting import fitting, made
from graphflow_nodes.look.guidance import guidance_vectors
from graphflow_nodes.look.steps import sample_steps
from graphflow_nodes.values import Blank, Latent
from tests.nodes.toy_models import SPACE

SD1: dict[str, str | int | float | bool | None] = {
    "family": "sd15",
    "latent_space": "a",
    "latent_channels": 4,
    "factor": 8,
    "context_width": 768,
}


def test_a_latent_or_prompt_of_another_model_is_found_while_planning() -> None:
    check = of_one_model("latent", "positive", out=("noise",))

    fine = check({}, {"model": SD1, "latent": SD1, "positive": SD1})
    wrong = check({}, {"model": SD1, "latent": SD1 | {"factor": 4}, "positive": SD1 | {"context_width": 128}})

    assert fine.problems == ()
    assert fine.facts == {"noise": SD1}
    assert [(problem.code, problem.input) for problem in wrong.problems] == [
        ("models-differ", "latent"),
        ("models-differ", "positive"),
    ]


def test_a_latent_of_other_channels_is_refused_by_the_name_of_its_input() -> None:
    with pytest.raises(NodeError, match="works on 4 latent channels, this latent has 16") as raised:
        fitting(Latent(torch.zeros(1, 16, 2, 2)), SPACE, "true_noise")

    assert raised.value.input == "true_noise"


def test_an_empty_latent_becomes_zeros_where_a_model_is_known_only() -> None:
    assert_close(fitting(Latent(Blank(16, 8)), SPACE, "latent"), torch.zeros(1, 4, 2, 4))
    with pytest.raises(NodeError, match="no channels yet"):
        made(Latent(Blank(16, 8)), "samples")


@pytest.mark.parametrize("sampler", [sample_steps, guidance_vectors])
def test_what_is_sampled_on_the_way_is_known_to_be_the_models(sampler: NodeType[..., object]) -> None:
    assert sampler.check is not None

    assert sampler.check({}, {"model": {"factor": 4}}).facts == {"latent": {"factor": 4}}
