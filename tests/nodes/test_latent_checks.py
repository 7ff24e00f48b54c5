"""Which latents cannot go together is found while planning, through every node that hands a latent on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from graphflow.document import from_json
from graphflow.engine import Engine
from graphflow.errors import WorkflowError
from graphflow.registry import Pack, Registry
from graphflow_nodes import NODES
from tests.nodes.test_checks import folder

PAIRS = {
    "LatentComposite": ("samples_to", "samples_from"),
    "LatentCompositeMasked": ("destination", "source"),
    "LatentBlend": ("samples1", "samples2"),
    "LatentBatch": ("samples1", "samples2"),
}
CHAIN = (
    "LatentUpscale",
    "LatentUpscaleBy",
    "RepeatLatentBatch",
    "LatentFromBatch",
    "LatentFlip",
    "LatentRotate",
    "LatentCrop",
)


def link(node: str, output: str = "out") -> dict[str, str]:
    return {"node": node, "output": output}


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    models = tmp_path / "models" / "checkpoints"
    folder(models / "one")
    folder(models / "other", vae={"scaling_factor": 0.13025})
    folder(models / "small", vae={"block_out_channels": [1, 1, 1]})
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "start.png").write_bytes(b"")
    for name, channels in (("four", 4), ("sixteen", 16)):
        save_file({"latent_tensor": torch.zeros(1, channels, 8, 8)}, tmp_path / "input" / f"{name}.latent")
    save_file({"weight": torch.zeros(1)}, tmp_path / "input" / "none.latent")
    return Engine(tmp_path, registry=Registry([Pack("core", NODES)]), caching=False)


def problems(engine: Engine, nodes: dict[str, Any], latent: dict[str, str]) -> list[tuple[str, str | None, str | None]]:
    """Plan to decode a latent by the autoencoder of the checkpoint `one`, and return what is wrong."""
    pictures = {
        "image": {"type": "LoadImage", "inputs": {"image": "start.png"}},
        "mask": {"type": "SolidMask"},
        "empty": {"type": "EmptyLatent"},
        "decode": {"type": "VAEDecode", "inputs": {"samples": latent, "vae": link("one", "vae")}},
        "save": {"type": "SaveImage", "inputs": {"images": link("decode")}},
    }
    for name in ("one", "other", "small"):
        pictures[name] = {"type": "LoadCheckpoint", "inputs": {"ckpt_name": name}}
        inputs = {"pixels": link("image", "image"), "vae": link(name, "vae")}
        pictures[f"from-{name}"] = {"type": "VAEEncode", "inputs": inputs}
        inpaint = {"type": "VAEEncodeForInpaint", "inputs": {**inputs, "mask": link("mask")}}
        pictures[f"inpaint-{name}"] = inpaint
    try:
        engine.plan(from_json({"format": "graphflow/1", "nodes": {**pictures, **nodes}}))
    except WorkflowError as error:
        return [(each.code, each.node, each.input) for each in error.problems]
    return []


@pytest.mark.parametrize("kind", PAIRS)
def test_latents_of_two_spaces_are_not_put_together(engine: Engine, kind: str) -> None:
    first, second = PAIRS[kind]

    def pair(one: str, other: str) -> list[tuple[str, str | None, str | None]]:
        nodes = {"pair": {"type": kind, "inputs": {first: link(one), second: link(other)}}}
        return problems(engine, nodes, link("pair"))

    assert pair("from-one", "from-one") == []
    assert pair("from-one", "from-other") == [("models-differ", "pair", second)]
    assert pair("from-one", "from-small") == [("models-differ", "pair", second)]


@pytest.mark.parametrize("kind", PAIRS)
def test_an_empty_latent_goes_with_every_other_and_takes_its_space(engine: Engine, kind: str) -> None:
    first, second = PAIRS[kind]
    ends = (("empty", "from-other"), ("from-other", "empty"))

    for one, other in ends:
        nodes = {"pair": {"type": kind, "inputs": {first: link(one), second: link(other)}}}
        assert problems(engine, nodes, link("pair")) == [("models-differ", "decode", "samples")]


def test_the_space_is_known_behind_every_node_that_hands_a_latent_on(engine: Engine) -> None:
    for start, want in (("inpaint-one", []), ("inpaint-small", [("models-differ", "decode", "samples")])):
        last, nodes = start, {}
        for kind in CHAIN:
            nodes[kind] = {"type": kind, "inputs": {"samples": link(last)}}
            last = kind
        assert problems(engine, nodes, link(last)) == want


def test_a_latent_file_tells_its_channels(engine: Engine) -> None:
    def load(name: str) -> dict[str, Any]:
        return {"load": {"type": "LoadLatent", "inputs": {"latent": f"{name}.latent"}}}

    assert problems(engine, load("four"), link("load")) == []
    assert problems(engine, load("sixteen"), link("load")) == [("models-differ", "decode", "samples")]
    assert problems(engine, load("none"), link("load")) == [("unfit-file", "load", "latent")]
