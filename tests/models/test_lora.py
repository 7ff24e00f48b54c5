"""LoRA files: what they are, told from their names, and what is merged into which layer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.testing import assert_close

from graphflow.api import File, NodeError
from graphflow_nodes.models.header import ModelFileError
from graphflow_nodes.models.load import load_text_encoder, load_unet
from graphflow_nodes.models.lora import inspect_lora
from graphflow_nodes.models.merging import merged_network, merged_text_encoder
from graphflow_nodes.models.pool import ModelPool
from graphflow_nodes.models.recipes import ClipRecipe, Lora, ModelRecipe, Source, recipes_of
from tests.models.lora_files import ATTENTION, CONVOLUTION, FORMS, SHAPES, TEXT, difference, write_lora

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def network(folder: Path) -> nn.Module:
    return load_unet(folder, "sd15", CPU, torch.float32)


@pytest.fixture(scope="module")
def encoder(folder: Path) -> nn.Module:
    return load_text_encoder(folder, "sd15", CPU, torch.float32)


@pytest.fixture
def lora(tmp_path: Path) -> Lora:
    return Lora(Source("1a" * 32, "some.safetensors", str(write_lora(tmp_path / "some.safetensors"))), 0.5)


def weights(module: nn.Module, name: str) -> torch.Tensor:
    layers = dict(module.named_modules())
    layer = layers.get(name) or layers[name.removeprefix("text_model.")]
    assert isinstance(layer.weight, nn.Parameter)
    return layer.weight.flatten(1)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_file_changes_the_same_layers_by_the_same(
    form: str, network: nn.Module, encoder: nn.Module, tmp_path: Path
) -> None:
    file = write_lora(tmp_path / "form.safetensors", form)

    changed, read = merged_network(network, file, 0.5), merged_text_encoder(encoder, file, 0.5)

    for name in SHAPES:
        before, after = (encoder, read) if name == TEXT else (network, changed)
        assert_close(weights(after, name), weights(before, name) + 0.5 * difference(name), rtol=1e-4, atol=1e-5)


def test_what_a_lora_leaves_as_it_is_is_shared_and_the_first_stays_untouched(
    network: nn.Module, tmp_path: Path
) -> None:
    before = {name: value.clone() for name, value in network.state_dict().items()}

    changed = merged_network(network, write_lora(tmp_path / "a.safetensors"), 1.0)

    own = {name for name, value in changed.named_parameters() if value is not network.get_parameter(name)}
    assert own == {f"{name}.weight" for name in SHAPES if name != TEXT}
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_two_loras_add_up_in_any_order(network: nn.Module, tmp_path: Path) -> None:
    one = write_lora(tmp_path / "one.safetensors", layers={ATTENTION: 1, CONVOLUTION: 1})
    other = write_lora(tmp_path / "other.safetensors", layers={ATTENTION: 1}, alpha=None)

    here = merged_network(merged_network(network, one, 1.0), other, 1.0)
    there = merged_network(merged_network(network, other, 1.0), one, 1.0)

    assert_close(weights(here, ATTENTION), weights(there, ATTENTION))
    assert_close(
        weights(here, ATTENTION), weights(network, ATTENTION) + 3 * difference(ATTENTION), rtol=1e-4, atol=1e-4
    )


def test_norms_and_biases_can_change_as_well(network: nn.Module, tmp_path: Path) -> None:
    file = tmp_path / "norms.safetensors"
    stem = "lora_unet_mid_block_resnets_0_norm1"
    save_file({f"{stem}.w_norm": torch.ones(32), f"{stem}.b_norm": torch.full((32,), 2.0)}, file)

    changed = merged_network(network, file, 0.5)

    norm, before = (
        changed.get_submodule("mid_block.resnets.0.norm1"),
        network.get_submodule("mid_block.resnets.0.norm1"),
    )
    assert isinstance(norm.weight, nn.Parameter)
    assert isinstance(norm.bias, nn.Parameter)
    assert_close(norm.weight - before.weight, torch.full((32,), 0.5))  # type: ignore[operator]  # a parameter as well
    assert_close(norm.bias - before.bias, torch.ones(32))  # type: ignore[operator]  # a parameter as well


def test_a_lora_of_another_model_is_named_with_a_layer_that_is_not_there(network: nn.Module, tmp_path: Path) -> None:
    file = tmp_path / "deeper.safetensors"
    stem = "lora_unet_down_blocks_7_attentions_0_proj_in"
    save_file({f"{stem}.lora_up.weight": torch.ones(8, 2), f"{stem}.lora_down.weight": torch.ones(2, 8)}, file)

    with pytest.raises(
        ModelFileError,
        match="made for another model: of its 1 layers this one lacks 1, such as lora_unet_down_blocks_7",
    ):
        merged_network(network, file, 1.0)


def test_a_layer_of_another_width_is_named_with_both_shapes(network: nn.Module, tmp_path: Path) -> None:
    file = tmp_path / "wider.safetensors"
    stem = "lora_unet_" + ATTENTION.replace(".", "_")
    save_file({f"{stem}.lora_up.weight": torch.ones(16, 2), f"{stem}.lora_down.weight": torch.ones(2, 99)}, file)

    with pytest.raises(ModelFileError, match="it is 16 x 99 and the layer 16 x 24"):
        merged_network(network, file, 1.0)


def test_the_facts_say_family_rank_context_and_what_is_changed(tmp_path: Path) -> None:
    whole = inspect_lora(write_lora(tmp_path / "whole.safetensors"))
    network_only = inspect_lora(write_lora(tmp_path / "part.safetensors", "diffusers, old", layers={ATTENTION: 1}))

    assert whole == {"family": "sd15", "changes": "model and clip", "rank": 2, "context_width": 24}
    assert network_only == {"family": "sd15", "changes": "model", "rank": 2, "context_width": 24}


UP, DOWN = "lora_up.weight", "lora_down.weight"


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ({f"lora_te2_text_model_encoder_layers_0_mlp_fc1.{DOWN}": (2, 8)}, "a LoRA for SDXL"),
        ({f"lora_unet_double_blocks_0_img_attn_qkv.{DOWN}": (2, 8)}, "a LoRA for Flux"),
        ({f"transformer.transformer_blocks.0.attn.to_q.{DOWN}": (2, 8)}, "a LoRA for another family"),
        ({f"lora_unet_x_attn2_to_k.{DOWN}": (2, 2048)}, "a LoRA for SDXL"),
        ({f"lora_unet_x_attn2_to_k.{DOWN}": (2, 1024)}, "a LoRA for Stable Diffusion 2"),
        ({"model.diffusion_model.input_blocks.0.0.weight": (8, 4)}, "it is a whole checkpoint"),
        ({f"lora_unet_x_attn2_to_k.{DOWN}": (8,)}, "is damaged: one of its matrices"),
        ({f"lora_unet_x.{DOWN}": ()}, "is damaged: one of its matrices"),
        ({"emb_params": (2, 8)}, "is no LoRA: its tensors are named emb_params"),
        (
            {f"lora_unet_x.{DOWN}": (2, 8), "lora_unet_x.oft_blocks": (2, 8)},
            "in a way that is not supported: lora_unet_x.oft",
        ),
    ],
)
def test_other_files_are_refused_by_what_they_are(
    names: dict[str, tuple[int, ...]], words: str, tmp_path: Path
) -> None:
    file = tmp_path / "other.safetensors"
    save_file({name: torch.zeros(shape) for name, shape in names.items()}, file)

    with pytest.raises(ModelFileError, match=words):
        inspect_lora(file)


def test_a_pickled_lora_is_refused_unread(tmp_path: Path) -> None:
    (tmp_path / "old.pt").write_bytes(b"\x80\x02")

    with pytest.raises(ModelFileError, match="pickled"):
        inspect_lora(tmp_path / "old.pt")


def test_the_pool_counts_shared_weights_once_and_names_the_lora(checkpoint: File, lora: Lora) -> None:
    pool = ModelPool("cpu")
    model, clip, _ = recipes_of(checkpoint)
    plain = pool.model(model)
    alone = pool.held()[0].bytes

    changed = pool.model(replace(model, loras=(lora,)))
    pool.clip(replace(clip, loras=(lora,)))

    held = {each.name: each.bytes for each in pool.held()}
    own = sum(difference(name).nbytes for name in SHAPES if name != TEXT)
    assert changed.module is not plain.module
    assert held["small with some.safetensors at 0.5 (Unet)"] == own
    assert held["small (Unet)"] == alone
    assert held["small with some.safetensors at 0.5 (TextEncoder)"] == difference(TEXT).nbytes


def test_releasing_the_plain_model_frees_only_what_nobody_shares(checkpoint: File, lora: Lora) -> None:
    pool = ModelPool("cpu")
    model = recipes_of(checkpoint)[0]
    changed = pool.model(replace(model, loras=(lora,)))
    whole = sum(each.bytes for each in pool.held())

    freed = pool.release(1)

    left = pool.held()
    assert [each.name for each in left] == ["small with some.safetensors at 0.5 (Unet)"]
    assert freed == sum(difference(name).nbytes for name in SHAPES if name != TEXT)  # the old numbers of what changed
    assert left[0].bytes == whole - freed == sum(each.nbytes for each in changed.tensors)


def test_a_lora_that_does_not_fit_fails_with_a_sentence(checkpoint: File, tmp_path: Path) -> None:
    file = write_lora(tmp_path / "cut.safetensors")
    recipe: ModelRecipe | ClipRecipe = recipes_of(checkpoint)[0]
    file.write_bytes(file.read_bytes()[:-8])

    with pytest.raises(NodeError, match=r"cut\.safetensors is cut off"):
        ModelPool("cpu").model(replace(recipe, loras=(Lora(Source("2b" * 32, file.name, str(file)), 1.0),)))  # type: ignore[arg-type]  # replace keeps the class
