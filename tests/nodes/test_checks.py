"""What does not go together is found while planning, from headers and configs alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from graphflow.document import from_json
from graphflow.engine import Engine
from graphflow.errors import Problem, WorkflowError
from graphflow.registry import Pack, Registry
from graphflow_nodes import NODES

UNET = {"sample_size": 64, "in_channels": 4, "cross_attention_dim": 768}
VAE = {"block_out_channels": [1, 1, 1, 1], "latent_channels": 4, "scaling_factor": 0.18215}


def folder(path: Path, unet: dict[str, Any] | None = None, vae: dict[str, Any] | None = None) -> None:
    """Write the configs of a diffusers folder; planning reads no weights."""
    configs = {
        "model_index.json": {"_class_name": "StableDiffusionPipeline"},
        "unet/config.json": UNET | (unet or {}),
        "vae/config.json": VAE | (vae or {}),
        "text_encoder/config.json": {},
        "scheduler/scheduler_config.json": {},
    }
    for name, config in configs.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(json.dumps(config))


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    models = tmp_path / "models" / "checkpoints"
    folder(models / "one")
    folder(models / "sibling")
    folder(models / "other-space", vae={"scaling_factor": 0.13025})
    folder(models / "other-words", unet={"cross_attention_dim": 128})
    folder(models / "editor", unet={"in_channels": 8})
    (models / "old.ckpt").write_bytes(b"\x80\x02")
    (models / "cut.safetensors").write_bytes(b"\x40\0\0\0\0\0\0\0{")
    return Engine(tmp_path, registry=Registry([Pack("core", NODES)]), caching=False)


def link(node: str, output: str = "out") -> dict[str, str]:
    return {"node": node, "output": output}


def workflow(*, sampler: str = "one", words: str = "one", decoder: str = "one", start: str | None = None) -> Any:
    """Text to image (or image to image when `start` names a checkpoint), its parts from these checkpoints."""
    nodes: dict[str, Any] = {
        name: {"type": "LoadCheckpoint", "inputs": {"ckpt_name": name}}
        for name in {sampler, words, decoder} | ({start} if start else set())
    }
    size = {"width": 64, "height": 64}
    if start:
        nodes |= {
            "mask": {"type": "SolidMask", "inputs": size},
            "image": {"type": "LoadImage", "inputs": {"image": "start.png"}},
            "encode": {"type": "VAEEncode", "inputs": {"pixels": link("image", "image"), "vae": link(start, "vae")}},
            "latent": {"type": "SetLatentNoiseMask", "inputs": {"samples": link("encode"), "mask": link("mask")}},
        }
    else:
        nodes["latent"] = {"type": "EmptyLatent", "inputs": size}
    nodes |= {
        "prompt": {"type": "CLIPEncode", "inputs": {"text": "", "clip": link(words, "clip")}},
        "sample": {
            "type": "KSampler",
            "inputs": {
                "model": link(sampler, "model"),
                "positive": link("prompt"),
                "negative": link("prompt"),
                "latent_image": link("latent"),
            },
        },
        "decode": {"type": "VAEDecode", "inputs": {"samples": link("sample"), "vae": link(decoder, "vae")}},
        "save": {"type": "SaveImage", "inputs": {"images": link("decode")}},
    }
    return from_json({"format": "graphflow/1", "nodes": nodes})


def problems(engine: Engine, **parts: str) -> list[tuple[str, str | None, str | None]]:
    return [(each.code, each.node, each.input) for each in found(engine, **parts)]


def found(engine: Engine, **parts: str) -> tuple[Problem, ...]:
    try:
        engine.plan(workflow(**parts))
    except WorkflowError as error:
        return error.problems
    return ()


def test_parts_of_one_checkpoint_go_together(engine: Engine) -> None:
    assert problems(engine) == []


def test_parts_of_two_checkpoints_of_one_build_go_together(engine: Engine) -> None:
    assert problems(engine, decoder="sibling", words="sibling") == []


def test_a_latent_cannot_be_decoded_by_an_autoencoder_of_another_space(engine: Engine) -> None:
    assert problems(engine, decoder="other-space") == [("models-differ", "decode", "samples")]

    message = str(found(engine, decoder="other-space")[0])
    assert "latent space sd" in message
    assert "sdxl" in message
    assert "decode with the VAE of the model" in message


def test_a_network_cannot_listen_to_text_of_another_width(engine: Engine) -> None:
    want = [("models-differ", "sample", "positive"), ("models-differ", "sample", "negative")]

    assert problems(engine, words="other-words") == want


def test_a_network_cannot_go_on_from_a_latent_of_another_space(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "start.png").write_bytes(b"")

    assert problems(engine, start="one") == []
    assert problems(engine, start="other-space") == [("models-differ", "sample", "latent_image")]


def test_an_editing_network_is_refused_by_name(engine: Engine) -> None:
    problem = found(engine, sampler="editor")[0]

    assert (problem.code, problem.node, problem.input) == ("unfit-file", "editor", "ckpt_name")
    assert "takes 8 channels, as editing models do" in problem.message


def test_pickled_and_damaged_files_are_refused_while_planning(engine: Engine) -> None:
    assert problems(engine, sampler="old.ckpt") == [("file-refused", "old.ckpt", "ckpt_name")]
    assert problems(engine, sampler="cut.safetensors") == [("unfit-file", "cut.safetensors", "ckpt_name")]


def test_every_mismatch_is_found_at_once(engine: Engine) -> None:
    codes = problems(engine, words="other-words", decoder="other-space")

    assert codes == [
        ("models-differ", "sample", "positive"),
        ("models-differ", "sample", "negative"),
        ("models-differ", "decode", "samples"),
    ]
