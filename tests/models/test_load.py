from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from graphflow_nodes.models import load
from graphflow_nodes.models.header import ModelFileError
from tests.models.checkpoints import write_json

CPU = torch.device("cpu")
Load = Callable[[Path, str, torch.device, torch.dtype], nn.Module]
LOADERS: dict[str, Load] = {
    "unet": load.load_unet,
    "vae": load.load_vae,
    "text_encoder": load.load_text_encoder,
}


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    """A folder that a test may break."""
    return Path(shutil.copytree(folder, tmp_path / "copy"))


@pytest.mark.parametrize("part", LOADERS)
def test_folder_and_single_file_load_with_every_tensor_equal(part: str, folder: Path, single: Path) -> None:
    ours = LOADERS[part](folder, "sd15", CPU, torch.float32).state_dict()
    original = LOADERS[part](single, "sd15", CPU, torch.float32).state_dict()

    assert ours.keys() == original.keys()
    assert all(torch.equal(ours[name], original[name]) for name in ours)


@pytest.mark.parametrize("part", LOADERS)
def test_what_is_loaded_is_what_the_libraries_load(part: str, folder: Path) -> None:
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
    from transformers.models.clip.modeling_clip import CLIPTextModel

    kinds = {"unet": UNet2DConditionModel, "vae": AutoencoderKL, "text_encoder": CLIPTextModel}
    theirs = kinds[part].from_pretrained(folder / part).state_dict()

    ours = LOADERS[part](folder, "sd15", CPU, torch.float32).state_dict()

    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


@pytest.mark.parametrize("form", ["folder", "single"])
def test_the_loaded_text_encoder_gives_the_states_of_transformers(
    form: str, folder: Path, request: pytest.FixtureRequest
) -> None:
    from transformers.models.clip.modeling_clip import CLIPTextModel

    ids = torch.tensor([[512, *range(40, 115), 513]])
    theirs = CLIPTextModel.from_pretrained(folder / "text_encoder").eval()(input_ids=ids)[0]

    ours = load.load_text_encoder(request.getfixturevalue(form), "sd15", CPU, torch.float32)(input_ids=ids)[0]

    torch.testing.assert_close(ours, theirs, rtol=0, atol=0)


@pytest.mark.parametrize("form", ["folder", "single"])
def test_the_loaded_network_predicts_what_diffusers_predicts(
    form: str, folder: Path, request: pytest.FixtureRequest
) -> None:
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

    torch.manual_seed(0)
    x, t, text = torch.randn(2, 4, 16, 16), torch.tensor([3.5, 900.0]), torch.randn(2, 77, 24)
    theirs = UNet2DConditionModel.from_pretrained(folder / "unet").eval()(x, t, text).sample

    ours = load.load_unet(request.getfixturevalue(form), "sd15", CPU, torch.float32)(x, t, text).sample

    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


def test_weights_come_in_the_wanted_precision_and_never_learn(folder: Path) -> None:
    unet = load.load_unet(folder, "sd15", CPU, torch.float16)

    assert {each.dtype for each in unet.parameters()} == {torch.float16}
    assert not any(each.requires_grad for each in unet.parameters())
    assert not unet.training


def test_a_loaded_model_does_not_depend_on_its_file_any_more(copy: Path) -> None:
    unet = load.load_unet(copy, "sd15", CPU, torch.float32)
    before = unet.state_dict()["conv_in.weight"].clone()

    weights = copy / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(bytes(weights.stat().st_size))

    assert torch.equal(unet.state_dict()["conv_in.weight"], before)


def test_sampling_follows_the_scheduler_of_a_folder_and_the_standard_for_a_file(copy: Path, single: Path) -> None:
    config = {"beta_schedule": "linear", "beta_start": 0.001, "beta_end": 0.01, "prediction_type": "v_prediction"}
    write_json(copy / "scheduler" / "scheduler_config.json", config)

    assert load.load_sampling(single).sigma_max == pytest.approx(14.6146, abs=1e-3)
    assert load.load_sampling(single).prediction == "epsilon"
    assert load.load_sampling(copy).prediction == "v_prediction"
    assert load.load_sampling(copy).sigma_min == pytest.approx((0.001 / 0.999) ** 0.5)


def test_half_precision_and_sharded_weights_of_a_folder_are_found(copy: Path, folder: Path) -> None:
    whole = copy / "unet" / "diffusion_pytorch_model.safetensors"
    state = load_file(whole)
    whole.unlink()
    names = sorted(state)
    for number, part in enumerate((names[:100], names[100:])):
        save_file({name: state[name] for name in part}, copy / "unet" / f"part{number}.safetensors")
    shards = {name: f"part{int(number >= 100)}.safetensors" for number, name in enumerate(names)}
    write_json(copy / "unet" / "diffusion_pytorch_model.safetensors.index.json", {"weight_map": shards})
    (copy / "vae" / "diffusion_pytorch_model.safetensors").rename(
        copy / "vae" / "diffusion_pytorch_model.fp16.safetensors"
    )

    assert torch.equal(load.load_unet(copy, "sd15", CPU, torch.float32).state_dict()[names[0]], state[names[0]])
    load.load_vae(copy, "sd15", CPU, torch.float32)


def test_the_old_names_of_attention_in_autoencoders_are_understood(copy: Path, folder: Path) -> None:
    file = copy / "vae" / "diffusion_pytorch_model.safetensors"
    renames = {"to_q.": "query.", "to_k.": "key.", "to_v.": "value.", "to_out.0.": "proj_attn."}
    old = {}
    for name, tensor in load_file(file).items():
        for new, former in renames.items():
            name = name.replace(new, former)
        old[name] = tensor
    save_file(old, file)

    ours = load.load_vae(copy, "sd15", CPU, torch.float32).state_dict()

    expected = load.load_vae(folder, "sd15", CPU, torch.float32).state_dict()
    assert all(torch.equal(ours[name], expected[name]) for name in expected)


def drop_a_tensor(copy: Path) -> None:
    file = copy / "unet" / "diffusion_pytorch_model.safetensors"
    save_file({name: tensor for name, tensor in load_file(file).items() if name != "conv_in.bias"}, file)


def add_a_tensor(copy: Path) -> None:
    file = copy / "unet" / "diffusion_pytorch_model.safetensors"
    save_file(load_file(file) | {"stowaway": torch.zeros(1)}, file)


def change_a_shape(copy: Path) -> None:
    file = copy / "unet" / "diffusion_pytorch_model.safetensors"
    save_file(load_file(file) | {"conv_in.bias": torch.zeros(7)}, file)


def leave_only_a_pickle(copy: Path) -> None:
    (copy / "unet" / "diffusion_pytorch_model.safetensors").rename(copy / "unet" / "diffusion_pytorch_model.bin")


def leave_nothing(copy: Path) -> None:
    (copy / "unet" / "diffusion_pytorch_model.safetensors").unlink()


def cut_off(copy: Path) -> None:
    file = copy / "unet" / "diffusion_pytorch_model.safetensors"
    file.write_bytes(file.read_bytes()[:-5])


def nonsense_config(copy: Path) -> None:
    write_json(copy / "unet" / "config.json", {"block_out_channels": [7, 9], "down_block_types": ["DownBlock2D"]})


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (drop_a_tensor, "lacks conv_in.bias"),
        (add_a_tensor, "has stowaway too many"),
        (change_a_shape, r"conv_in.bias has the shape \(7,\) instead of \(16,\)"),
        (leave_only_a_pickle, "pickled files are refused"),
        (leave_nothing, "copy/unet has no weights"),
        (cut_off, "cut off"),
        (nonsense_config, "describes no model"),
    ],
)
def test_a_damaged_folder_is_refused_with_a_sentence(harm: Callable[[Path], None], message: str, copy: Path) -> None:
    harm(copy)

    with pytest.raises(ModelFileError, match=message):
        load.load_unet(copy, "sd15", CPU, torch.float32)
