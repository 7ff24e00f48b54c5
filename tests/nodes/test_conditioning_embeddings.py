"""Embeddings by name through the engine: found, digested, refused before anything runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch.testing import assert_close

from graphflow.api import Context, File, NodeError, Resources
from graphflow.cache import Outputs
from graphflow.errors import NodeFailed, WorkflowError
from graphflow.execute import Surroundings
from graphflow.files import Files
from graphflow.registry import Pack, Registry
from graphflow_nodes import NODES
from graphflow_nodes.conditioning.encode import clip_encode
from graphflow_nodes.loaders import load_checkpoint
from graphflow_nodes.models.pool import ModelPool
from tests.toy import link, plan, run

REGISTRY = Registry([Pack("core", NODES)])
CAT = torch.randn(2, 24, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def files(folder: File, tmp_path: Path) -> Files:
    (tmp_path / "embeddings" / "pets").mkdir(parents=True)
    save_file({"emb_params": CAT}, tmp_path / "embeddings" / "pets" / "cat.safetensors")
    save_file({"emb_params": torch.zeros(1, 768)}, tmp_path / "embeddings" / "large.safetensors")
    return Files({"checkpoints": [folder.path.parent], "embeddings": [tmp_path / "embeddings"]}, None)


@pytest.fixture(scope="module")
def around() -> Iterator[Surroundings]:
    resources = Resources("cpu")
    yield Surroundings(resources=resources)
    resources.close()


def flow(text: Any) -> dict[str, Any]:
    wild = {"wild": ("Wildcards", {"text": "{embedding:cat|embedding:cat} house", "seed": 1})}
    return {
        **wild,
        "checkpoint": ("LoadCheckpoint", {"ckpt_name": "small"}),
        "encode": ("CLIPEncode", {"text": text, "clip": link("checkpoint", "clip")}),
    }


def encoded(text: Any, files: Files, around: Surroundings) -> torch.Tensor:
    found: dict[str, Outputs] = run(plan(flow(text), "encode", registry=REGISTRY, files=files), around=around)
    states: torch.Tensor = found["encode"]["out"].entries[0].context
    return states


def test_an_embedding_stands_for_words(files: Files, around: Surroundings, folder: File, cpu: Context) -> None:
    encoder = cpu.use(ModelPool).clip(load_checkpoint(folder).clip.recipe)

    assert_close(encoded("embedding:cat house", files, around), encoder.encode("embedding:cat house", {"cat": CAT})[0])


def test_a_seed_may_choose_an_embedding(files: Files, around: Surroundings) -> None:
    assert_close(encoded(link("wild"), files, around), encoded("embedding:pets/cat house", files, around))


def test_an_unknown_embedding_is_found_before_anything_runs(files: Files) -> None:
    with pytest.raises(WorkflowError) as caught:
        plan(flow("(embedding:cta:1.2), a house"), "encode", registry=REGISTRY, files=files)

    (problem,) = caught.value.problems
    assert (problem.node, problem.input, problem.message) == ("encode", "text", "there is no 'cta' in embeddings")


def test_an_embedding_for_another_model_is_refused(files: Files, around: Surroundings) -> None:
    with pytest.raises(NodeFailed, match="768 numbers wide") as caught:
        encoded("embedding:large", files, around)

    assert caught.value.problem.input == "text"


def test_a_script_that_gives_no_file_is_told_so(folder: File, cpu: Context) -> None:
    with pytest.raises(NodeError, match="'cat' was not given"):
        clip_encode("embedding:cat", load_checkpoint(folder).clip, ctx=cpu)


def test_the_same_name_with_other_contents_is_another_result(
    files: Files, around: Surroundings, tmp_path: Path
) -> None:
    before = plan(flow("embedding:cat"), "encode", registry=REGISTRY, files=files).steps["encode"].key
    save_file({"emb_params": CAT + 1}, tmp_path / "embeddings" / "pets" / "cat.safetensors")

    after = plan(flow("embedding:cat"), "encode", registry=REGISTRY, files=files).steps["encode"]

    assert after.key != before
