from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.testing import assert_close

from graphflow_nodes.models.control_files import inspect_control
from graphflow_nodes.models.controlnet import ControlNet, load_controlnet
from graphflow_nodes.models.header import ModelFileError
from graphflow_nodes.models.residuals import arguments, named
from tests.models.controlnets import SMALL, USUAL, WEIGHTS, write_control, write_single

CPU = torch.device("cpu")
NUMBERS = torch.Generator().manual_seed(5)
X, TEXT, HINT = (torch.rand(shape, generator=NUMBERS) for shape in ((2, 4, 6, 4), (2, 7, 48), (2, 3, 48, 32)))


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_control(tmp_path_factory.mktemp("controlnet") / "usual", config=USUAL)


def answers(path: Path) -> dict[str, torch.Tensor]:
    return ControlNet(load_controlnet(path, CPU, torch.float32), CPU)(X, torch.full((2,), 40.0), TEXT, HINT)


def header_only(path: Path, *names: str) -> Path:
    save_file({name: torch.zeros(1) for name in names}, path)
    return path


def test_a_folder_answers_as_diffusers_own_module_does(usual: Path) -> None:
    from diffusers.models.controlnets.controlnet import ControlNetModel

    with torch.no_grad():
        module = ControlNetModel.from_pretrained(usual)
        down, middle = module(X, torch.full((2,), 40.0), TEXT, controlnet_cond=HINT, return_dict=False)

    ours = answers(usual)

    assert sorted(ours) == sorted(named(down, middle))
    for name, wanted in named(down, middle).items():
        assert float(wanted.abs().max()) > 0.01
        assert_close(ours[name], wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("prefix", ["control_model.", "", None], ids=["original", "bare original", "diffusers"])
def test_a_single_file_answers_as_the_folder_does(prefix: str | None, usual: Path, tmp_path: Path) -> None:
    file = write_single(usual, tmp_path / "one.safetensors", prefix=prefix)

    ours, wanted = answers(file), answers(usual)

    assert inspect_control(file) == inspect_control(usual)
    for name in wanted:
        assert_close(ours[name], wanted[name], rtol=1e-4, atol=1e-5)


def test_the_facts_say_for_which_model_it_is(usual: Path, tmp_path: Path) -> None:
    small = write_control(tmp_path / "small", config=SMALL)

    assert inspect_control(usual) == {"family": "sd15", "context_width": 48, "latent_channels": 4, "factor": 8}
    assert inspect_control(small) == {"family": "sd15", "context_width": 24, "latent_channels": 4, "factor": 4}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("lora_controlnet", "a Control-LoRA"),
        ("control_model.label_emb.0.0.weight", "a ControlNet for SDXL"),
        ("add_embedding.linear_1.weight", "a ControlNet for SDXL"),
        ("controlnet_x_embedder.weight", "a ControlNet for Flux"),
        ("pos_embed_input.proj.weight", "a ControlNet for Stable Diffusion 3"),
        ("body.0.in_conv.weight", "a T2I adapter"),
        ("adapter.body.0.block1.weight", "a T2I adapter"),
        ("model.diffusion_model.out.2.weight", "a whole checkpoint"),
        ("unknown.weight", "no ControlNet: the first of its 1 tensors is 'unknown.weight'"),
    ],
)
def test_a_file_of_another_kind_is_refused_by_its_name(name: str, kind: str, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=f"other.safetensors is {kind}"):
        inspect_control(header_only(tmp_path / "other.safetensors", name))


@pytest.mark.parametrize(
    ("config", "kind"),
    [
        ({"_class_name": "T2IAdapter"}, "a T2I adapter"),
        ({"_class_name": "FluxControlNetModel"}, "a ControlNet for Flux"),
        ({"model_type": "clip"}, "a folder of unknown kind"),
        ({"_class_name": "ControlNetModel", "cross_attention_dim": 2048}, "a ControlNet for SDXL"),
        ({"_class_name": "ControlNetModel", "cross_attention_dim": 1024}, "a ControlNet for Stable Diffusion 2"),
    ],
)
def test_a_folder_of_another_kind_is_refused_by_its_name(config: dict[str, object], kind: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))

    with pytest.raises(ModelFileError, match=f"is {kind}"):
        inspect_control(tmp_path)


def test_pickled_files_are_refused_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="pickled model files are refused"):
        inspect_control(tmp_path / "control_sd15_canny.pth")


def test_a_file_that_lacks_a_tensor_says_which(usual: Path, tmp_path: Path) -> None:
    state = load_file(usual / WEIGHTS)
    del state["controlnet_mid_block.weight"]
    save_file(state, tmp_path / "cut.safetensors")

    with pytest.raises(ModelFileError, match=r"lacks controlnet_mid_block\.weight"):
        load_controlnet(tmp_path / "cut.safetensors", CPU, torch.float32)


def test_residuals_come_back_in_their_order() -> None:
    down = [torch.full((1,), float(place)) for place in range(12)]  # more than ten: 10 must not stand before 2

    back = arguments(named(down, torch.tensor([99.0])), torch.float32)

    assert torch.equal(torch.cat(list(back["down_block_additional_residuals"])), torch.arange(12.0))
    assert torch.equal(torch.as_tensor(back["mid_block_additional_residual"]), torch.tensor([99.0]))
    assert arguments({"text_embeds": X}, torch.float32) == {}
