"""Tiny autoencoders of TAESD's build: both layouts give what diffusers gives, and other files say what they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.testing import assert_close

from graphflow.api import NodeError
from graphflow_nodes.models.header import Header, ModelFileError
from graphflow_nodes.models.inspect import inspect_tiny, inspect_vae
from graphflow_nodes.models.parts import Space
from graphflow_nodes.models.tiny import load_tiny
from graphflow_nodes.models.tiny_layout import scale_by_name, tiny_config, tiny_names
from tests.models.tiny_files import WEIGHTS, make_tiny, original, state_scale, write_half, write_tiny

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def taesd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose name says for which latents it is."""
    return write_tiny(tmp_path_factory.mktemp("models") / "taesd")


def test_a_folder_draws_and_encodes_as_diffusers_own_class_does(taesd: Path) -> None:
    from diffusers import AutoencoderTiny

    theirs = AutoencoderTiny.from_pretrained(taesd)
    latents = torch.randn(2, 4, 6, 5, generator=torch.Generator().manual_seed(1))  # in the network's scale
    pictures = torch.rand(2, 24, 20, 3, generator=torch.Generator().manual_seed(2))

    ours = load_tiny(taesd, CPU)

    with torch.no_grad():
        drawn = theirs.decode(latents).sample
        encoded = theirs.encode(pictures.movedim(-1, 1) * 2 - 1).latents
    assert ours.space == Space(4, 4, 0.18215)
    assert_close(ours.decode(latents / 0.18215), (drawn / 2 + 0.5).clamp(0, 1).movedim(1, -1), atol=1e-5, rtol=0)
    assert_close(ours.encode(pictures) * 0.18215, encoded, atol=1e-5, rtol=1e-5)


def test_the_scale_that_a_folders_config_states_is_heeded(tmp_path: Path) -> None:
    latents = torch.randn(1, 4, 4, 4, generator=torch.Generator().manual_seed(1))
    plain = load_tiny(write_tiny(tmp_path / "taesd"), CPU)

    halved = load_tiny(write_tiny(tmp_path / "other" / "taesd", make_tiny(scaling_factor=0.5)), CPU)

    assert_close(halved.decode(latents), plain.decode(latents * 2), atol=1e-5, rtol=0)


@pytest.mark.parametrize("half", ["encoder", "decoder"])
def test_a_half_in_the_original_layout_loads_with_every_tensor_equal(half: str, taesd: Path, tmp_path: Path) -> None:
    whole = load_tiny(taesd, CPU).module.state_dict()

    path = write_half(taesd, tmp_path / f"taesd_{half}.safetensors", half)

    loaded = load_tiny(path, CPU).module.state_dict()
    assert loaded.keys() == {name for name in whole if name.startswith(half)}
    assert all(torch.equal(loaded[name], whole[name]) for name in loaded)


@pytest.mark.parametrize("prefix", ["taesd_{}.", "{}."])
def test_both_halves_may_lie_in_one_file(prefix: str, taesd: Path, tmp_path: Path) -> None:
    whole = load_tiny(taesd, CPU).module.state_dict()
    both = {
        prefix.format(half) + name: tensor
        for half in ("encoder", "decoder")
        for name, tensor in original(taesd, half).items()
    }
    save_file(both, tmp_path / "taesd.safetensors")

    loaded = load_tiny(tmp_path / "taesd.safetensors", CPU).module.state_dict()

    assert loaded.keys() == whole.keys()
    assert all(torch.equal(loaded[name], whole[name]) for name in whole)


def test_the_original_decoders_names_and_shapes_are_those_of_diffusers_usual_decoder() -> None:
    from diffusers import AutoencoderTiny

    # From the published taesd_decoder: where its convolutions and blocks stand, and which have no bias.
    shapes = {"1.weight": (64, 4, 3, 3), "1.bias": (64,), "19.weight": (3, 64, 3, 3), "19.bias": (3,)}
    shapes |= {f"{place}.weight": (64, 64, 3, 3) for place in (7, 12, 17)}
    for block in (3, 4, 5, 8, 9, 10, 13, 14, 15, 18):
        for layer in (0, 2, 4):
            shapes |= {f"{block}.conv.{layer}.weight": (64, 64, 3, 3), f"{block}.conv.{layer}.bias": (64,)}
    header = Header(shapes, dict.fromkeys(shapes, "F16"), {})

    ours = {name: shapes[there] for name, there in tiny_names(header).items()}

    theirs = AutoencoderTiny().decoder.state_dict()
    assert ours == {f"decoder.{name}": tuple(tensor.shape) for name, tensor in theirs.items()}
    assert tiny_config(header)["num_decoder_blocks"] == [3, 3, 3, 1]


@pytest.mark.parametrize(
    ("name", "scale"),
    [
        ("taesd_decoder.safetensors", 0.18215),
        ("TAESD", 0.18215),
        ("taesdxl_decoder.safetensors", 0.13025),
        ("taesdxl-fp16", 0.13025),
        ("taesd3_decoder.safetensors", None),
        ("taef1_decoder.safetensors", None),
        ("my_taesd", None),
    ],
)
def test_a_name_says_for_whose_latents(name: str, scale: float | None) -> None:
    assert scale_by_name(name) == scale


def test_what_the_weights_say_of_their_latents_counts_more_than_the_name(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "taesd-of-mine")
    state_scale(folder / WEIGHTS, 0.5)

    assert inspect_tiny(folder) == {"latent_channels": 4, "factor": 4, "scale": 0.5}
    assert inspect_vae(folder) == {"latent_channels": 4, "factor": 4}


def test_a_missing_half_is_named_when_it_is_needed(taesd: Path, tmp_path: Path) -> None:
    decoder = load_tiny(write_half(taesd, tmp_path / "taesd_decoder.safetensors"), CPU)

    with pytest.raises(NodeError, match=r"taesd_decoder\.safetensors holds the decoder .* its encoder is needed"):
        decoder.encode(torch.zeros(1, 8, 8, 3))


def test_other_files_are_refused_with_a_sentence(taesd: Path, folder: Path, tmp_path: Path) -> None:
    nameless = tmp_path / "nameless"
    write_tiny(nameless)
    encoder = write_half(taesd, tmp_path / "taesd_encoder.safetensors", "encoder")
    for path, sentence in (
        (folder / "vae", "vae is a whole autoencoder, whose place is models/vae"),
        (encoder, "holds an encoder alone, and previews need a decoder"),
        (nameless, "nameless is a tiny autoencoder that does not say for which latents"),
    ):
        with pytest.raises(ModelFileError, match=sentence):
            inspect_tiny(path)


@pytest.mark.parametrize(
    ("odd", "sentence"),
    [
        ({"upsampling_scaling_factor": 4}, "does not double the sides"),
        ({"latent_channels": None}, "gives latent_channels or scaling_factor another type"),
        ({"scaling_factor": 0}, "says no scaling_factor above 0"),
        ({"decoder_block_out_channels": 3}, "decoder_block_out_channels is 3, and must be a list of numbers"),
        ({"decoder_block_out_channels": [8, 8]}, "do not fit each other"),
        ({"num_decoder_blocks": [10**9, 1, 1]}, "num_decoder_blocks is .* must be a list of numbers from 1 to 64"),
        ({"encoder_block_out_channels": [10**9] * 3}, "must be a list of numbers from 1 to 4096"),
        ({"num_encoder_blocks": "three"}, "num_encoder_blocks is three"),
        ({"act_fn": "none that is known"}, "act_fn is none that is known"),
    ],
)
def test_an_odd_config_is_refused(odd: dict[str, object], sentence: str, taesd: Path, tmp_path: Path) -> None:
    config = json.loads((taesd / "config.json").read_text())
    folder = tmp_path / "taesd"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config | odd))

    with pytest.raises(ModelFileError, match=f"taesd: .*{sentence}"):
        inspect_tiny(folder)


def test_a_file_that_lacks_a_tensor_is_refused(taesd: Path, tmp_path: Path) -> None:
    path = write_half(taesd, tmp_path / "taesd_decoder.safetensors")
    tensors = load_file(path)
    del tensors["4.conv.2.bias"]
    save_file(tensors, path)

    with pytest.raises(ModelFileError, match=r"lacks decoder\.layers\.3\.conv\.2\.bias"):
        load_tiny(path, CPU)


def test_halves_of_different_factors_are_refused(taesd: Path, tmp_path: Path) -> None:
    other = make_tiny(encoder_block_out_channels=(8, 8), num_encoder_blocks=(1, 1))
    folder = write_tiny(tmp_path / "taesd", other)
    with pytest.raises(ModelFileError, match="the halves of this tiny autoencoder do not fit each other"):
        inspect_tiny(folder)
    with pytest.raises(ModelFileError, match="the halves of this tiny autoencoder do not fit each other"):
        inspect_tiny(Path(folder / WEIGHTS).rename(tmp_path / "taesd.safetensors"))
