"""Latents travel to ComfyUI and back: the files are read and written by safetensors alone, as ComfyUI does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load, save_file
from torch import Tensor
from torch.testing import assert_close

from graphflow.api import NodeError
from graphflow.artifacts import OutputFolder
from graphflow.document import from_json
from graphflow.engine import Engine
from graphflow.registry import Pack, Registry
from graphflow_nodes import NODES
from graphflow_nodes.latent.files import inspect_latent, load_latent, save_latent
from graphflow_nodes.latent.vae import empty_latent
from graphflow_nodes.values import Latent
from tests.nodes.latents import numbers, samples
from tests.nodes.recording import Recorder, as_file

EMPTY = torch.zeros(0)


def written(latent: Latent, path: Path, **options: Any) -> Path:
    """Save a latent by the node and put the bytes where LoadLatent finds them."""
    recorder = Recorder(**options)
    save_latent(latent, ctx=recorder)
    path.write_bytes(recorder.saved[0][2])
    return path


def comfy_file(path: Path, texts: dict[str, str] | None = None, **tensors: Tensor) -> Path:
    save_file(tensors, path, texts)
    return path


def test_a_latent_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    latent = Latent(numbers(2, 4, 6, 5), torch.rand(1, 48, 40), (3, 8), 4, (7, 2**64 - 1))

    back = load_latent(as_file(written(latent, tmp_path / "a.latent")))

    assert_close(samples(back), samples(latent), rtol=0, atol=0)
    assert_close(back.noise_mask, latent.noise_mask, rtol=0, atol=0)
    assert (back.batch_index, back.factor, back.seeds) == ((3, 8), 4, (7, 2**64 - 1))


def test_comfyui_finds_its_tensors_and_the_workflow(tmp_path: Path) -> None:
    latent = Latent(numbers(1, 4, 6, 5).movedim(2, 3))
    texts = {"workflow": '{"nodes": []}', "prompt": "{}"}

    path = written(latent, tmp_path / "a.latent", metadata=texts)

    with safe_open(path, "pt") as file:
        assert set(file.keys()) == {"latent_tensor", "latent_format_version_0"}
        assert_close(file.get_tensor("latent_tensor"), samples(latent), rtol=0, atol=0)
        assert file.get_tensor("latent_format_version_0").shape == (0,)
        assert texts.items() <= file.metadata().items()


def test_the_same_latent_and_texts_give_the_same_bytes(tmp_path: Path) -> None:
    latent = Latent(numbers(1, 4, 6, 5), torch.ones(1, 4, 4))
    names = ["workflow", "prompt", "graphflow", "parameters", "more", "texts"]

    files = [
        written(latent, tmp_path / "a.latent", metadata={each: f"ä {each}" for each in order}).read_bytes()
        for order in (names, names, names[::-1], sorted(names))
    ]

    assert len(set(files)) == 1


def test_files_of_comfyui_are_read(tmp_path: Path) -> None:
    path = comfy_file(
        tmp_path / "a.latent", {"prompt": "{}"}, latent_tensor=numbers(2, 4, 6, 5), latent_format_version_0=EMPTY
    )

    latent = load_latent(as_file(path))

    assert_close(samples(latent), numbers(2, 4, 6, 5), rtol=0, atol=0)
    assert (latent.noise_mask, latent.batch_index, latent.factor, latent.cell) == (None, None, None, 8)


def test_old_files_of_comfyui_hold_scaled_samples(tmp_path: Path) -> None:
    path = comfy_file(tmp_path / "a.latent", latent_tensor=numbers(1, 4, 6, 5) * 0.18215)

    assert_close(samples(load_latent(as_file(path))), numbers(1, 4, 6, 5))


def test_half_precision_is_read_as_floats(tmp_path: Path) -> None:
    path = comfy_file(tmp_path / "a.latent", latent_tensor=numbers(1, 4, 2, 2).half(), latent_format_version_0=EMPTY)

    assert samples(load_latent(as_file(path))).dtype == torch.float32


def test_the_prefix_knows_the_picture_and_the_file_its_ending(tmp_path: Path) -> None:
    recorder = Recorder()

    saved = save_latent(Latent(numbers(1, 4, 6, 5), factor=4), filename_prefix="a/%width%x%height%", ctx=recorder)

    (artifact,) = saved.latents
    assert artifact.name == "a/20x24"
    name = OutputFolder(tmp_path).save(recorder.saved[0][2], artifact.media_type, artifact.name).name
    assert name == "a/20x24_00001_.latent"


def test_an_empty_latent_is_not_saved() -> None:
    with pytest.raises(NodeError, match="no numbers to save") as raised:
        save_latent(empty_latent(64, 64))

    assert (raised.value.input, raised.value.hint) == ("samples", "sample it first, or encode a picture")


BROKEN: dict[str, tuple[dict[str, Tensor], dict[str, str] | None, str]] = {
    "other tensors": ({"weight": EMPTY}, None, "holds no latent: it has no tensor 'latent_tensor'"),
    "video": ({"latent_tensor": torch.zeros(1, 4, 2, 2, 2)}, None, "holds no latent of pictures"),
    "nothing": ({"latent_tensor": torch.zeros(0, 4, 2, 2)}, None, "holds no latent of pictures"),
    "a mask": ({"latent_tensor": torch.zeros(1, 4, 2, 2), "noise_mask": EMPTY}, None, "its noise mask has the shape"),
    "no JSON": ({"latent_tensor": torch.zeros(1, 4, 2, 2)}, {"graphflow.latent": "{"}, "is no JSON object"),
    "a list": ({"latent_tensor": torch.zeros(1, 4, 2, 2)}, {"graphflow.latent": "[]"}, "is no JSON object"),
    "a factor": (
        {"latent_tensor": torch.zeros(1, 4, 2, 2)},
        {"graphflow.latent": '{"factor": 0}'},
        "0 pixels per cell",
    ),
    "an index": (
        {"latent_tensor": torch.zeros(1, 4, 2, 2)},
        {"graphflow.latent": '{"batch_index": [1, 2]}'},
        "its batch_index does not fit its batch",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_files_that_hold_no_latent_are_refused(tmp_path: Path, case: str) -> None:
    tensors, texts, words = BROKEN[case]
    path = comfy_file(tmp_path / "a.latent", texts, **tensors)

    with pytest.raises(NodeError, match=words) as raised:
        load_latent(as_file(path))
    with pytest.raises(ValueError, match=words):
        inspect_latent(path)

    assert (raised.value.code, raised.value.input) == ("bad-latent", "latent")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 a pickle", b"\x08\0\0\0\0\0\0\0{}"])
def test_damaged_files_are_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.latent").write_bytes(data)

    with pytest.raises(NodeError) as raised:
        load_latent(as_file(tmp_path / "a.latent"))

    assert raised.value.code == "bad-latent"


def test_a_header_tells_the_space_before_anything_is_loaded(tmp_path: Path) -> None:
    ours = written(Latent(numbers(1, 4, 2, 2), factor=4), tmp_path / "a.latent")
    theirs = comfy_file(tmp_path / "b.latent", latent_tensor=numbers(1, 16, 2, 2), latent_format_version_0=EMPTY)

    assert inspect_latent(ours) == {"latent_channels": 4, "factor": 4}
    assert inspect_latent(theirs) == {"latent_channels": 16}


def test_a_saved_latent_is_loaded_by_a_second_run(tmp_path: Path) -> None:
    def link(node: str) -> dict[str, str]:
        return {"node": node, "output": "out"}

    def run(nodes: dict[str, Any]) -> None:
        engine = Engine(tmp_path, registry=Registry([Pack("core", NODES)]), caching=False)
        engine.run(from_json({"format": "graphflow/1", "nodes": nodes}))

    (tmp_path / "input").mkdir()
    comfy_file(tmp_path / "input" / "first.latent", latent_tensor=numbers(1, 4, 16, 16), latent_format_version_0=EMPTY)
    load_first = {"type": "LoadLatent", "inputs": {"latent": "first.latent"}}
    flip = {"type": "LatentFlip", "inputs": {"samples": link("load")}}
    run({"load": load_first, "flip": flip, "save": {"type": "SaveLatent", "inputs": {"samples": link("flip")}}})
    again = {"type": "LoadLatent", "inputs": {"latent": "latents/GraphFlow_00001_.latent [output]"}}
    run({"load": again, "flip": flip, "save": {"type": "SaveLatent", "inputs": {"samples": link("flip")}}})

    path = tmp_path / "output" / "latents" / "GraphFlow_00002_.latent"
    assert_close(load(path.read_bytes())["latent_tensor"], numbers(1, 4, 16, 16), rtol=0, atol=0)
    with safe_open(path, "pt") as file:
        manifest = json.loads(file.metadata()["graphflow.run"])
    assert manifest["batch"] == {"index": 0, "size": 1}
