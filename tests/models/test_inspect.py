from __future__ import annotations

import json
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graphflow_nodes.models.header import read_header
from graphflow_nodes.models.inspect import inspect_checkpoint, latent_space
from graphflow_nodes.models.layout import configs_of, shipped_config
from graphflow_nodes.models.recipes import recipes_of
from tests.models.checkpoints import UNET, VAE, write_json

SMALL = {
    "family": "sd15",
    "prediction": "epsilon",
    "latent_space": "4x4x0.5",
    "latent_channels": 4,
    "factor": 4,
    "native_size": 64,
    "context_width": 24,
}


def stripped(path: Path, shapes: dict[str, list[int]], metadata: dict[str, str] | None = None) -> Path:
    """Write a checkpoint of keys and shapes only: sparse zeros stand for the weights."""
    entries: dict[str, Any] = {"__metadata__": metadata or {}}
    end = 0
    for name, shape in shapes.items():
        size = 2
        for side in shape:
            size *= side
        entries[name] = {"dtype": "F16", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(entries).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + end)
    return path


def shapes_of(path: Path) -> dict[str, list[int]]:
    return {name: list(shape) for name, shape in read_header(path).shapes.items()}


def test_a_folder_and_a_single_file_of_one_model_have_the_same_facts(folder: Path, single: Path) -> None:
    assert inspect_checkpoint(folder) == SMALL
    assert inspect_checkpoint(folder / "model_index.json") == SMALL
    assert inspect_checkpoint(single) == SMALL


def test_the_sizes_of_stable_diffusion_1_are_read_from_shapes_alone(tmp_path: Path) -> None:
    file = stripped(tmp_path / "sd15.safetensors", sd15_shapes())

    facts = inspect_checkpoint(file)
    configs = configs_of(read_header(file), "sd15")

    assert facts == {
        "family": "sd15",
        "prediction": "epsilon",
        "latent_space": "sd",
        "latent_channels": 4,
        "factor": 8,
        "native_size": 512,
        "context_width": 768,
    }
    for part in ("unet", "vae", "text_encoder"):
        shipped = shipped_config("sd15", part)
        assert {name: configs[part][name] for name in shipped} == shipped
        assert configs[part].keys() - shipped.keys() <= {"use_linear_projection"}


def sd15_shapes() -> dict[str, list[int]]:
    """The keys of Stable Diffusion 1.5 that say anything about its build, written from its published config."""
    unet: dict[str, list[int]] = {"input_blocks.0.0.weight": [320, 4, 3, 3], "out.2.weight": [4, 320, 3, 3]}
    widths = [320, 640, 1280, 1280]
    for level, width in enumerate(widths):
        for layer in range(2):
            block = 1 + level * 3 + layer
            unet[f"input_blocks.{block}.0.out_layers.3.weight"] = [width, width, 3, 3]
            if level < 3:
                unet[f"input_blocks.{block}.1.proj_in.weight"] = [width, width, 1, 1]
                unet[f"input_blocks.{block}.1.transformer_blocks.0.attn2.to_k.weight"] = [width, 768]
        if level < 3:
            unet[f"input_blocks.{3 + level * 3}.0.op.weight"] = [width, width, 3, 3]
    unet["middle_block.1.proj_in.weight"] = [1280, 1280, 1, 1]
    vae: dict[str, list[int]] = {"decoder.conv_in.weight": [512, 4, 3, 3]}
    for level, width in enumerate([128, 256, 512, 512]):
        for layer in range(2):
            vae[f"encoder.down.{level}.block.{layer}.conv2.weight"] = [width, width, 3, 3]
    text = {
        "embeddings.token_embedding.weight": [49408, 768],
        "embeddings.position_embedding.weight": [77, 768],
        **{f"encoder.layers.{layer}.mlp.fc1.weight": [3072, 768] for layer in range(12)},
    }
    return (
        {f"model.diffusion_model.{name}": shape for name, shape in unet.items()}
        | {f"first_stage_model.{name}": shape for name, shape in vae.items()}
        | {f"cond_stage_model.transformer.text_model.{name}": shape for name, shape in text.items()}
    )


@pytest.mark.parametrize("mark", [{"v_pred": [0]}, {"modelspec.predict_key": "v"}])
def test_v_prediction_is_told_by_a_tensor_or_the_metadata(mark: dict[str, Any], tmp_path: Path) -> None:
    tensors = sd15_shapes() | {name: value for name, value in mark.items() if isinstance(value, list)}
    metadata = {name: value for name, value in mark.items() if isinstance(value, str)}

    facts = inspect_checkpoint(stripped(tmp_path / "v.safetensors", tensors, metadata))

    assert facts["prediction"] == "v_prediction"


def wider_context(shapes: dict[str, list[int]], width: int) -> dict[str, list[int]]:
    return {name: [shape[0], width] if name.endswith("attn2.to_k.weight") else shape for name, shape in shapes.items()}


CONV = "model.diffusion_model.input_blocks.0.0.weight"


def test_an_inpainting_network_is_one_of_its_family(copy: Path, tmp_path: Path) -> None:
    write_json(copy / "unet" / "config.json", UNET | {"in_channels": 9})
    write_json(copy / "model_index.json", {"_class_name": "StableDiffusionInpaintPipeline"})
    file = stripped(tmp_path / "inpaint.safetensors", sd15_shapes() | {CONV: [320, 9, 3, 3]})

    assert inspect_checkpoint(copy) == SMALL
    assert inspect_checkpoint(file)["family"] == "sd15"
    assert configs_of(read_header(file), "sd15")["unet"]["in_channels"] == 9


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: wider_context(s, 2048), "SDXL, which is not supported"),
        (lambda s: wider_context(s, 1280), "the SDXL refiner"),
        (lambda s: wider_context(s, 1024) | {"cond_stage_model.model.ln_final.weight": [1024]}, "Stable Diffusion 2"),
        (lambda s: s | {CONV: [320, 5, 3, 3]}, "takes 5 channels"),
        (lambda s: s | {CONV: [320, 8, 3, 3]}, "takes 8 channels"),
        (lambda s: {n: v for n, v in s.items() if not n.startswith("first_stage")}, "no autoencoder"),
        (lambda s: {n: v for n, v in s.items() if not n.startswith("cond_stage")}, "no text encoder"),
        (lambda s: {n: v for n, v in s.items() if "middle_block" not in n}, "lacks tensors"),
        (lambda s: {n: v for n, v in s.items() if "attn2" not in n}, "listens to no text"),
        (lambda s: {n: v for n, v in s.items() if n.startswith("first_stage")}, "only an autoencoder"),
        (lambda _: {"model.diffusion_model.double_blocks.0.img_attn.proj.weight": [1]}, "Flux"),
        (lambda _: {"model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight": [1]}, "Stable Diffusion 3"),
        (lambda _: {"lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight": [1]}, "LoRA"),
        (lambda _: {"control_model.input_blocks.0.0.weight": [1]}, "ControlNet"),
        (lambda _: {"down_blocks.0.resnets.0.conv1.weight": [1]}, "choose the folder"),
        (lambda _: {"bert.embeddings.weight": [1]}, "no supported model: it has 1 tensors, the first is 'bert"),
        (lambda _: {}, "no supported model: it has 0 tensors"),
    ],
)
def test_other_families_and_parts_are_refused_by_their_tensors(
    change: Callable[[dict[str, list[int]]], dict[str, list[int]]], message: str, tmp_path: Path
) -> None:
    file = stripped(tmp_path / "other.safetensors", change(sd15_shapes()))

    with pytest.raises(ValueError, match=message) as refused:
        inspect_checkpoint(file)

    assert "other.safetensors" in str(refused.value)


@pytest.mark.parametrize("ending", ["ckpt", "pt", "pth", "bin"])
def test_pickles_are_refused_by_their_ending_with_a_way_to_convert(ending: str, tmp_path: Path) -> None:
    file = tmp_path / f"model.{ending}"
    file.write_bytes(b"anything")

    with pytest.raises(ValueError, match="save_file"):
        inspect_checkpoint(file)


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copy"))


@pytest.mark.parametrize(
    ("file", "data", "message"),
    [
        ("model_index.json", {"_class_name": "FluxPipeline"}, "FluxPipeline, which is not supported"),
        ("model_index.json", [1], "no JSON object"),
        ("unet/config.json", UNET | {"cross_attention_dim": 2048}, "SDXL"),
        ("unet/config.json", UNET | {"in_channels": 8}, "takes 8 channels"),
        ("unet/config.json", UNET | {"cross_attention_dim": [1, 2]}, "another type than usual"),
        ("vae/config.json", {name: VAE[name] for name in VAE if name != "latent_channels"}, "latent_channels"),
    ],
)
def test_a_folder_of_another_kind_is_refused(file: str, data: Any, message: str, copy: Path) -> None:
    write_json(copy / file, data)

    with pytest.raises(ValueError, match=message):
        inspect_checkpoint(copy)


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b" " * 2_000_000])
def test_an_unreadable_config_is_named(content: bytes, copy: Path) -> None:
    (copy / "vae" / "config.json").write_bytes(content)

    with pytest.raises(ValueError, match=r"vae/config\.json"):
        inspect_checkpoint(copy)


def test_a_folder_without_a_part_is_refused(copy: Path) -> None:
    shutil.rmtree(copy / "vae")

    with pytest.raises(ValueError, match=r"vae/config\.json cannot be read"):
        inspect_checkpoint(copy)


def test_metadata_may_state_only_what_shapes_cannot_tell(tmp_path: Path) -> None:
    stated = {"unet": {"attention_head_dim": 4, "layers_per_block": 1_000_000}, "vae": {"scaling_factor": 0.7}}
    file = stripped(tmp_path / "m.safetensors", sd15_shapes(), {"graphflow.configs": json.dumps(stated)})

    configs = configs_of(read_header(file), "sd15")

    assert configs["unet"]["attention_head_dim"] == 4
    assert configs["unet"]["layers_per_block"] == 2
    assert inspect_checkpoint(file)["latent_space"] == "4x8x0.7"


@pytest.mark.parametrize("stated", ["{", "[]", '{"unet": 3}'])
def test_metadata_that_makes_no_sense_is_refused(stated: str, tmp_path: Path) -> None:
    file = stripped(tmp_path / "m.safetensors", sd15_shapes(), {"graphflow.configs": stated})

    with pytest.raises(ValueError, match=r"graphflow\.configs"):
        inspect_checkpoint(file)


def test_latent_spaces_are_known_by_name_or_by_their_numbers() -> None:
    assert latent_space(4, 8, 0.18215) == "sd"
    assert latent_space(4, 8, 0.13025) == "sdxl"
    assert latent_space(4, 4, 0.6731) == "4x4x0.6731"


def test_facts_and_recipes_need_no_torch(single: Path) -> None:
    code = f"""
import sys
for name in ("torch", "diffusers", "transformers", "safetensors", "numpy"):
    sys.modules[name] = None
from pathlib import Path
from graphflow.api import File
from graphflow_nodes.models.recipes import recipes_of
print(recipes_of(File("small", Path({str(single)!r}), "ab"))[0].family)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": ".:nodes"})

    assert done.stdout == "sd15\n", done.stderr
    assert recipes_of.__module__ == "graphflow_nodes.models.recipes"
