"""A model that was written as one file is the model that comes back."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch.testing import assert_close

from graphflow.api import Context, File, Resources
from graphflow_nodes.loaders import Parts, load_checkpoint
from graphflow_nodes.models.header import ModelFileError, read_header
from graphflow_nodes.models.pool import ModelPool
from graphflow_nodes.models.save import Whole, write_checkpoint
from graphflow_tiny import MODEL_ROOTS
from tests.models.checkpoints import SCHEDULER, write_folder, write_json, write_single

SHIPPED = MODEL_ROOTS["checkpoints"] / "graphflow-tiny"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("model") / "small")


def pool() -> ModelPool:
    return Context(Resources("cpu")).use(ModelPool)


def opened(path: Path) -> Parts:
    return load_checkpoint(File(path.name, path, path.name * 4))


def whole_of(path: Path, models: ModelPool) -> Whole:
    parts = opened(path)
    unet, vae = models.model(parts.model.recipe), models.vae(parts.vae.recipe)
    text = models.clip(parts.clip.recipe)
    return Whole(unet.module, vae.module, text.module, unet.sampling, vae.space.scale, path)


@pytest.mark.parametrize("which", ["small", "shipped"])
def test_a_folder_written_as_one_file_loads_as_the_same_model(which: str, small: Path, tmp_path: Path) -> None:
    before = pool()
    origin = small if which == "small" else SHIPPED
    whole = whole_of(origin, before)
    file = tmp_path / "alone" / "written.safetensors"
    file.parent.mkdir()

    file.write_bytes(write_checkpoint(whole))

    after = pool()
    again = whole_of(file, after)
    assert (again.scale, again.sampling.prediction) == (whole.scale, "epsilon")
    assert_close(again.sampling.sigmas, whole.sampling.sigmas)
    for one, other in ((whole.unet, again.unet), (whole.vae, again.vae), (whole.text_encoder, again.text_encoder)):
        assert_close(dict(other.state_dict()), {name: half(value) for name, value in one.state_dict().items()})
    encode = [models.clip(opened(path).clip.recipe).encode for models, path in ((before, origin), (after, file))]
    assert_close(encode[1]("a red House")[0], encode[0]("a red House")[0], atol=2e-3, rtol=0)
    x, t, context = torch.ones(1, 4, 8, 8), torch.tensor([500]), encode[0]("")[0]
    with torch.no_grad():
        one, other = (each.unet(x, t, context, return_dict=False)[0] for each in (whole, again))
    assert_close(other, one, atol=2e-2, rtol=0)  # half precision of the weights


def half(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.half().float() if tensor.is_floating_point() else tensor


def test_its_names_are_those_of_the_original_layout(small: Path, tmp_path: Path) -> None:
    file = tmp_path / "written.safetensors"
    file.write_bytes(write_checkpoint(whole_of(small, pool())))

    theirs = write_single(small, tmp_path / "single" / "theirs.safetensors")

    have, want = load_file(file), load_file(theirs)
    want.pop("cond_stage_model.transformer.text_model.embeddings.position_ids")
    assert_close(have, {name: value.half() for name, value in want.items()})


def test_other_weights_stand_in_for_the_networks_own_and_notes_go_along(small: Path, tmp_path: Path) -> None:
    whole, file = whole_of(small, pool()), tmp_path / "written.safetensors"
    zeros = {name: torch.zeros_like(value) for name, value in whole.unet.state_dict().items()}

    file.write_bytes(write_checkpoint(whole, zeros, {"made": "today"}))

    assert not whole_of(file, pool()).unet.state_dict()["conv_in.weight"].any()
    assert read_header(file).metadata["made"] == "today"


def test_the_same_model_gives_the_same_bytes(small: Path) -> None:
    whole, notes = whole_of(small, pool()), {f"{number}": "x" for number in range(8)}

    assert write_checkpoint(whole, notes=notes) == write_checkpoint(whole, notes=notes)


def test_v_prediction_is_remembered(small: Path, tmp_path: Path) -> None:
    folder, file = write_folder(tmp_path / "v"), tmp_path / "written.safetensors"
    write_json(folder / "scheduler" / "scheduler_config.json", {**SCHEDULER, "prediction_type": "v_prediction"})

    file.write_bytes(write_checkpoint(whole_of(folder, pool())))

    assert whole_of(file, pool()).sampling.prediction == "v_prediction"


def test_noise_levels_that_a_single_file_cannot_tell_are_refused(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "linear")
    write_json(folder / "scheduler" / "scheduler_config.json", {**SCHEDULER, "beta_schedule": "linear"})

    with pytest.raises(ModelFileError, match="noise levels"):
        write_checkpoint(whole_of(folder, pool()))


def test_a_config_that_a_single_file_cannot_tell_is_refused(small: Path) -> None:
    whole = whole_of(small, pool())
    whole.unet.register_to_config(norm_eps=1e-3)  # type: ignore[operator]  # a model of diffusers

    with pytest.raises(ModelFileError, match="norm_eps"):
        write_checkpoint(whole)
