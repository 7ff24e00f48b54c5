"""From a diffusers folder or a single file in the original layout to modules, offline, one at a time per process.

Both forms take one road: a config, a module without memory, and tensors that are read one by one in the wanted
precision and put in place of the empty ones, so the peak is the model itself plus one tensor.
"""

from __future__ import annotations

import json
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import safe_open
from torch import Tensor, nn

from graphflow_nodes.diffusion.schedules import ModelSampling
from graphflow_nodes.models.header import ModelFileError, read_header
from graphflow_nodes.models.inspect import config_of_vae, inspect_checkpoint, read_config
from graphflow_nodes.models.layout import TEXT, UNET, VAE, Config, configs_of

LOADING: Final = threading.RLock()
"""One load at a time per process: building modules changes torch for every thread while it lasts."""

OLD_NAMES: Final = ((".query.", ".to_q."), (".key.", ".to_k."), (".value.", ".to_v."), (".proj_attn.", ".to_out.0."))


def load_unet(path: Path, family: str, device: torch.device, dtype: torch.dtype) -> nn.Module:
    """Load the network that removes noise, a `UNet2DConditionModel`; raise ModelFileError."""

    def build(config: Config) -> nn.Module:
        from graphflow_nodes.models.libraries import UNet2DConditionModel

        return _module(UNet2DConditionModel.from_config(config))

    def convert(state: dict[str, Tensor], module: nn.Module) -> dict[str, Tensor]:
        from graphflow_nodes.models.libraries import convert_ldm_unet_checkpoint

        return dict(convert_ldm_unet_checkpoint(state, dict(_config(module))))

    return _load(path, family, "unet", UNET, build, convert, device, dtype)


def load_vae(path: Path, family: str, device: torch.device, dtype: torch.dtype) -> nn.Module:
    """Load the autoencoder, an `AutoencoderKL`; raise ModelFileError."""

    def build(config: Config) -> nn.Module:
        from graphflow_nodes.models.libraries import AutoencoderKL

        return _module(AutoencoderKL.from_config(config))

    def convert(state: dict[str, Tensor], module: nn.Module) -> dict[str, Tensor]:
        from graphflow_nodes.models.libraries import convert_ldm_vae_checkpoint

        return dict(convert_ldm_vae_checkpoint(state, dict(_config(module))))

    return _load(path, family, "vae", VAE, build, convert, device, dtype)


def load_vae_alone(path: Path, device: torch.device, dtype: torch.dtype) -> nn.Module:
    """Load an autoencoder that has a file or a folder to itself; raise ModelFileError."""
    with LOADING, _quiet():
        from graphflow_nodes.models.libraries import AutoencoderKL, convert_ldm_vae_checkpoint

        config = config_of_vae(path)
        module = _empty(lambda given: _module(AutoencoderKL.from_config(given)), config, path, "vae")
        files = _files(path) if path.is_dir() else [path]
        state = {name: tensor for file in files for name, tensor in _tensors(file, "", device, dtype)}
        if not any(name.startswith("encoder.down_blocks.") for name in state):
            state = dict(convert_ldm_vae_checkpoint(state, dict(_config(module))))
        _fill(module, state, path.name)
    return quick(module, device).to(device).eval().requires_grad_(False)


def load_text_encoder(path: Path, family: str, device: torch.device, dtype: torch.dtype) -> nn.Module:
    """Load the text encoder, a `CLIPTextModel`; raise ModelFileError."""

    def build(config: Config) -> nn.Module:
        from graphflow_nodes.models.libraries import CLIPTextConfig, CLIPTextModel

        known = {name: value for name, value in config.items() if name not in ("architectures", "model_type")}
        return _module(CLIPTextModel(CLIPTextConfig(**known)))

    def convert(state: dict[str, Tensor], _module: nn.Module) -> dict[str, Tensor]:
        return {name.removeprefix(TEXT): tensor for name, tensor in state.items()}

    return _load(path, family, "text_encoder", TEXT, build, convert, device, dtype)


def load_module(
    path: Path, config: Config, build: Callable[[Config], nn.Module], device: torch.device, dtype: torch.dtype
) -> nn.Module:
    """Load a module of any kind from a folder that holds its weights; raise ModelFileError."""
    with LOADING, _quiet():
        module = _empty(build, config, path, "weights")
        _fill(
            module, {name: each for file in _files(path) for name, each in _tensors(file, "", device, dtype)}, path.name
        )
    return module.to(device).eval().requires_grad_(False)


def load_single(
    path: Path,
    config: Config,
    build: Callable[[Config], nn.Module],
    convert: Callable[[dict[str, Tensor], Config], dict[str, Tensor]],
    device: torch.device,
    dtype: torch.dtype,
) -> nn.Module:
    """Load a module of any kind from a file that holds nothing else, once its names are converted; raise ModelFileError."""
    with LOADING, _quiet():
        module = _empty(build, config, path, "weights")
        _fill(module, convert(dict(_tensors(path, "", device, dtype)), config), path.name)
    return module.to(device).eval().requires_grad_(False)


def quick(module: nn.Module, device: torch.device) -> nn.Module:
    """Lay a module's weights out so that its convolutions take a tenth to a fifth less time on this device."""
    if device.type not in ("cpu", "cuda"):
        return module
    laid: nn.Module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's types lack it
    return laid


def vocabulary_of(text_encoder: nn.Module) -> int:
    """Return how many tokens a text encoder knows."""
    return int(_config(text_encoder).vocab_size)  # type: ignore[attr-defined]  # a config of transformers


def load_sampling(path: Path) -> ModelSampling:
    """Return the noise levels that the network was trained on; single files were all trained on the same betas."""
    if path.is_dir():
        config = read_config(path / "scheduler" / "scheduler_config.json")
        return ModelSampling.from_betas(
            config.get("beta_schedule", "linear"),
            config.get("beta_start", 0.0001),
            config.get("beta_end", 0.02),
            config.get("num_train_timesteps", 1000),
            config.get("prediction_type", "epsilon"),
        )
    v = inspect_checkpoint(path)["prediction"] == "v_prediction"
    return ModelSampling.from_betas(prediction="v_prediction" if v else "epsilon")


def scale_of(path: Path, family: str) -> float:
    """Return what brings the autoencoder's latents to the variance that the network knows."""
    config = (
        read_config(path / "vae" / "config.json") if path.is_dir() else configs_of(read_header(path), family)["vae"]
    )
    return float(config.get("scaling_factor", 0.18215))


def _load(
    path: Path,
    family: str,
    part: str,
    prefix: str,
    build: Callable[[Config], nn.Module],
    convert: Callable[[dict[str, Tensor], nn.Module], dict[str, Tensor]],
    device: torch.device,
    dtype: torch.dtype,
) -> nn.Module:
    with LOADING, _quiet():
        if path.is_dir():
            config = read_config(path / part / "config.json")
            state = {name: tensor for file in _files(path / part) for name, tensor in _tensors(file, "", device, dtype)}
            module = _empty(build, config, path, part)
        else:
            config = configs_of(read_header(path), family)[part]
            module = _empty(build, config, path, part)
            state = convert(dict(_tensors(path, prefix, device, dtype)), module)
        _fill(module, state, f"{path.name} ({part})")
    return quick(module, device).to(device).eval().requires_grad_(False)


def _empty(build: Callable[[Config], nn.Module], config: Config, path: Path, part: str) -> nn.Module:
    """Build a module without memory for its weights."""
    try:
        with torch.device("meta"):
            return build(config)
    except (TypeError, ValueError, KeyError, IndexError, RuntimeError, ZeroDivisionError) as error:
        raise ModelFileError(f"the config of {path.name} ({part}) describes no model: {error}") from error


def _tensors(path: Path, prefix: str, device: torch.device, dtype: torch.dtype) -> Iterator[tuple[str, Tensor]]:
    """Yield the floating tensors under a prefix as copies, so that the file may change or go afterwards."""
    header = read_header(path)
    with safe_open(path, framework="pt") as file:
        for name in header.shapes:
            if name.startswith(prefix) and header.dtypes[name].startswith(("F", "BF")):
                yield name, file.get_tensor(name).to(device, dtype, copy=True)


def _files(folder: Path) -> list[Path]:
    """Return the weight files of one part of a diffusers folder."""
    for stem in ("diffusion_pytorch_model", "model"):
        for name in (f"{stem}.safetensors", f"{stem}.fp16.safetensors"):
            if (folder / name).is_file():
                return [folder / name]
        index = folder / f"{stem}.safetensors.index.json"
        if index.is_file():
            names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
            return [folder / Path(name).name for name in names]
    pickled = [file.name for file in folder.glob("*.bin")]
    reason = f"only {pickled[0]}, and pickled files are refused" if pickled else "no weights"
    raise ModelFileError(f"the folder {folder.parent.name}/{folder.name} has {reason}: get it as .safetensors")


def _fill(module: nn.Module, state: Mapping[str, Tensor], where: str) -> None:
    """Put the tensors in place of the empty ones, every one of them and no other; raise ModelFileError."""
    wanted = module.state_dict()
    given = {_name_in(name, wanted): tensor for name, tensor in state.items()}
    missing, foreign = sorted(wanted.keys() - given.keys()), sorted(given.keys() - wanted.keys())
    if missing or foreign:
        first = f"lacks {missing[0]}" if missing else f"has {foreign[0]} too many"
        raise ModelFileError(
            f"{where} does not fit its config: it {first} ({len(missing)} missing, {len(foreign)} foreign)"
        )
    for name, tensor in given.items():
        if tensor.shape != wanted[name].shape:
            shapes = f"{tuple(tensor.shape)} instead of {tuple(wanted[name].shape)}"
            raise ModelFileError(f"{where} does not fit its config: {name} has the shape {shapes}")
    module.load_state_dict(given, assign=True)
    for name, buffer in list(module.named_buffers()):
        if buffer.is_meta:  # not in any file: CLIP's numbers of the positions
            owner = module.get_submodule(name.rpartition(".")[0])
            setattr(owner, name.rpartition(".")[2], torch.arange(buffer.shape[-1]).expand(buffer.shape))


def _name_in(name: str, wanted: Mapping[str, Tensor]) -> str:
    """Return what the installed library calls a tensor that files call by older names."""
    if name in wanted:
        return name
    for old, new in OLD_NAMES:
        name = name.replace(old, new)
    bare = name.removeprefix("text_model.")
    return next((each for each in (name, bare, f"text_model.{bare}") if each in wanted), name)


def _module(built: Any) -> nn.Module:
    """Take a module from a library without types."""
    module: nn.Module = built
    return module


def _config(module: nn.Module) -> Mapping[str, Any]:
    config: Mapping[str, Any] = module.config  # type: ignore[assignment]  # diffusers' models have one
    return config


@contextmanager
def _quiet() -> Iterator[None]:
    """Import and build without notices for the terminal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from graphflow_nodes.models.libraries import diffusers_logging, transformers_logging

        diffusers_logging.set_verbosity_error()
        transformers_logging.set_verbosity_error()
        yield
