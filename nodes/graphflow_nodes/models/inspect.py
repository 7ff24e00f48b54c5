"""What a checkpoint is, told from its header or its configs alone: without torch, without reading weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from graphflow.api import Facts
from graphflow_nodes.models.header import CONVERT, Header, ModelFileError, read_header
from graphflow_nodes.models.layout import (
    FIRST_CONV,
    TEXT,
    VAE,
    Config,
    configs_of,
    context_width,
    stated_scale,
    vae_config,
)
from graphflow_nodes.models.tiny_layout import TINY, checked_config, scale_by_name, tiny_config, tiny_names

BUNDLE: Final = "model_index.json"
"""The file that makes a folder a diffusers model."""

VAE_BUNDLE: Final = "config.json"
"""The file that makes a folder an autoencoder."""

TINY_WEIGHTS: Final = "diffusion_pytorch_model.safetensors"
"""The file of a tiny autoencoder's folder whose metadata may say for which latents it is."""

REFUSED: Final[Mapping[str, str]] = dict.fromkeys(
    (".ckpt", ".pt", ".pth", ".bin"), f"pickled model files are refused: {CONVERT}"
)
PIPELINES: Final = ("StableDiffusionPipeline", "StableDiffusionImg2ImgPipeline", "StableDiffusionInpaintPipeline")
LARGEST_CONFIG: Final = 1_000_000  # bytes

OTHER_FAMILIES: Final = (  # what gives a family away that the pack cannot run, most special first
    ("double_blocks.0.img_attn", "Flux"),
    ("joint_blocks.0.", "Stable Diffusion 3"),
    ("single_transformer_blocks.0.", "Flux"),
    ("transformer_blocks.0.img_mod", "Qwen Image"),
    ("cap_embedder.", "Lumina"),
    ("caption_projection.", "PixArt or Sana"),
    ("lora_", "LoRA"),
    (".lora_A.", "LoRA"),
    ("lora_unet_", "LoRA"),
    ("control_model.", "ControlNet"),
    ("input_hint_block.", "ControlNet"),
)
WIDTHS: Final[Mapping[int, str]] = {1024: "Stable Diffusion 2", 2048: "SDXL", 1280: "the SDXL refiner"}


def inspect_checkpoint(path: Path) -> Facts:
    """Return a checkpoint's facts; raise ValueError with a sentence for people when it cannot be used.

    The facts: `family`, `prediction`, `latent_space` (equal for autoencoders that understand each other),
    `latent_channels`, `factor` (pixels per latent cell), `native_size` (pixels), `context_width`.
    """
    if path.name == BUNDLE:
        path = path.parent
    if path.is_dir():
        return _folder(path)
    if path.suffix.lower() in REFUSED:
        raise ModelFileError(f"{path.name}: {REFUSED[path.suffix.lower()]}")
    header = read_header(path)
    try:
        family = family_of(header)
        configs = configs_of(header, family)
    except ModelFileError as error:
        raise ModelFileError(f"{path.name}: {error}") from error
    return _facts(family, configs, _prediction(header))


def inspect_vae(path: Path) -> Facts:
    """Return the facts of an autoencoder that has a file or a folder to itself: `latent_channels` and `factor`.

    Raises ValueError with a sentence for people when it cannot be used.
    """
    config = config_of_vae(path)
    if is_tiny(config) and scale_of_tiny(path) is None:
        raise ModelFileError(
            f"{_bundle(path).name} is a tiny autoencoder that does not say for which latents: let its name begin with "
            f"taesd for those of Stable Diffusion 1, with taesdxl for those of SDXL"
        )
    return {"latent_channels": int(config["latent_channels"]), "factor": factor_of(config)}


def inspect_tiny(path: Path) -> Facts:
    """Return the facts of a tiny autoencoder that may draw previews; raise ValueError with a sentence for people.

    The facts: `latent_channels`, `factor`, and `scale`, which brings the latents that it is for to unit variance.
    """
    facts, config = inspect_vae(path), config_of_vae(path)
    if not is_tiny(config):
        raise ModelFileError(f"{_bundle(path).name} is a whole autoencoder, whose place is models/vae")
    if "decoder_block_out_channels" not in config:
        raise ModelFileError(f"{_bundle(path).name} holds an encoder alone, and previews need a decoder")
    return {**facts, "scale": scale_of_tiny(path)}


def is_tiny(config: Config) -> bool:
    """Say whether the config of an autoencoder is a tiny one's."""
    return config.get("_class_name") == TINY


def scale_of_tiny(path: Path) -> float | None:
    """Return the scale of the latents that a tiny autoencoder is for, as its weights or its name say; else None."""
    path = _bundle(path)
    weights = path / TINY_WEIGHTS if path.is_dir() else path
    stated = stated_scale(read_header(weights)) if weights.is_file() else None
    return scale_by_name(path.name) if stated is None else stated


def weights_of_vae(path: Path) -> int:
    """Return how many numbers the autoencoder of a checkpoint consists of, without reading them."""
    path = _bundle(path, BUNDLE)
    if path.is_dir():
        return max((read_header(file).elements() for file in (path / "vae").glob("*.safetensors")), default=0)
    return read_header(path).elements(VAE)


def factor_of(vae: Mapping[str, Any]) -> int:
    """Return the pixels per latent cell of an autoencoder, from its config."""
    return int(2 ** (len(vae["block_out_channels"]) - 1))


def config_of_vae(path: Path) -> Config:
    """Return the config of an autoencoder that has a file or a folder to itself; raise ModelFileError."""
    path = _bundle(path)
    if path.is_dir():
        return _config_of_folder(path)
    if path.suffix.lower() in REFUSED:
        raise ModelFileError(f"{path.name}: {REFUSED[path.suffix.lower()]}")
    header = read_header(path)
    if FIRST_CONV in header.shapes:
        raise ModelFileError(f"{path.name} is a whole checkpoint, which LoadCheckpoint takes apart")
    try:
        return tiny_config(header) if tiny_names(header) else vae_config(header)
    except ModelFileError as error:
        raise ModelFileError(f"{path.name}: {error}") from error


def _config_of_folder(path: Path) -> Config:
    config = read_config(path / VAE_BUNDLE)
    if is_tiny(config):
        try:
            return checked_config(config)
        except ModelFileError as error:
            raise ModelFileError(f"{path.name}: {error}") from error
    if config.get("_class_name") != "AutoencoderKL" or "block_out_channels" not in config:
        kinds = f"AutoencoderKL and {TINY} are"
        raise ModelFileError(f"{path.name} is a {config.get('_class_name')}; {kinds} supported")
    return {"latent_channels": 4, **config}


def _bundle(path: Path, bundle: str = VAE_BUNDLE) -> Path:
    """Return the folder where the path is that of the file which makes it a model."""
    return path.parent if path.name == bundle else path


def family_of(header: Header) -> str:
    """Tell the family by the tensors; raise ModelFileError with the name of a family that is not supported."""
    shapes = header.shapes
    if FIRST_CONV not in shapes:
        raise ModelFileError(_what_else(header))
    width = context_width(shapes)
    if any(name.startswith("conditioner.embedders.") for name in shapes) or width in (1280, 2048):
        raise ModelFileError(f"this is {WIDTHS.get(width or 0, 'SDXL')}, which is not supported yet")
    if any(name.startswith("cond_stage_model.model.") for name in shapes):
        raise ModelFileError("this is Stable Diffusion 2, which is not supported yet")
    channels = shapes[FIRST_CONV][1] if len(shapes[FIRST_CONV]) > 1 else 0
    if channels not in (4, 9):
        raise ModelFileError(_unfit_channels(channels))
    lacking = [what for what, prefix in (("text encoder", TEXT), ("autoencoder", VAE)) if not _has(header, prefix)]
    if lacking:
        raise ModelFileError(f"the file has no {' and no '.join(lacking)}: a whole checkpoint is needed")
    if width is None:
        raise ModelFileError("its network listens to no text")
    return "sd15"


def _unfit_channels(channels: object) -> str:
    """Say why a network is refused that takes neither a latent nor a latent, a mask and a picture with a hole."""
    return f"its network takes {channels} channels, as editing models do; 4, and 9 for inpainting, are supported"


def _what_else(header: Header) -> str:
    for part, name in OTHER_FAMILIES:
        if any(part in key for key in header.shapes):
            return f"this is a {name} file, which is not supported as a checkpoint"
    if _has(header, VAE) or (_has(header, "encoder.") and _has(header, "decoder.")):
        return "the file holds only an autoencoder: a whole checkpoint is needed"
    if _has(header, "down_blocks."):
        return "this is the network of a diffusers folder: choose the folder that holds its model_index.json"
    first = next(iter(header.shapes), "none")
    return f"no supported model: it has {len(header.shapes)} tensors, the first is {first!r}"


def _has(header: Header, prefix: str) -> bool:
    return any(name.startswith(prefix) for name in header.shapes)


def _prediction(header: Header) -> str:
    """Return what the network predicts: some files say it with an empty tensor, some in their metadata."""
    stated = header.metadata.get("modelspec.predict_key", header.metadata.get("modelspec.prediction_type", ""))
    return "v_prediction" if "v_pred" in header.shapes or stated.startswith("v") else "epsilon"


def _folder(path: Path) -> Facts:
    kind = read_config(path / BUNDLE).get("_class_name")
    if kind not in PIPELINES:
        raise ModelFileError(f"{path.name} is a {kind}, which is not supported yet; StableDiffusionPipeline is")
    configs = {part: read_config(path / part / "config.json") for part in ("unet", "vae", "text_encoder")}
    scheduler = read_config(path / "scheduler" / "scheduler_config.json")
    try:
        facts = _facts("sd15", configs, scheduler.get("prediction_type", "epsilon"))
    except (KeyError, TypeError, IndexError) as error:
        raise ModelFileError(f"{path.name}: a config lacks {error} or gives it another type than usual") from error
    width = facts["context_width"]
    if isinstance(width, int) and width in WIDTHS:
        raise ModelFileError(f"{path.name} is {WIDTHS[width]}, which is not supported yet")
    channels, latent_channels = configs["unet"].get("in_channels", 4), facts["latent_channels"]
    if channels not in (latent_channels, 2 * int(latent_channels or 0) + 1):
        raise ModelFileError(f"{path.name}: {_unfit_channels(channels)}")
    return facts


def read_config(path: Path) -> dict[str, Any]:
    """Read one JSON object of a diffusers folder; raise ModelFileError naming the file."""
    where = f"{path.parent.name}/{path.name}"
    try:
        if path.stat().st_size > LARGEST_CONFIG:
            raise ModelFileError(f"{where} is larger than any config")
        config = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelFileError(f"{where} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        if isinstance(error, ModelFileError):
            raise
        raise ModelFileError(f"{where} is no JSON") from error
    if not isinstance(config, dict):
        raise ModelFileError(f"{where} is no JSON object")
    return config


def _facts(family: str, configs: Mapping[str, Mapping[str, Any]], prediction: str) -> Facts:
    unet, vae = configs["unet"], configs["vae"]
    factor = factor_of(vae)
    channels, scale = int(vae["latent_channels"]), float(vae.get("scaling_factor", 0.18215))
    return {
        "family": family,
        "prediction": prediction,
        "latent_space": latent_space(channels, factor, scale),
        "latent_channels": channels,
        "factor": factor,
        "native_size": int(unet["sample_size"]) * factor,
        "context_width": int(unet["cross_attention_dim"]),
    }


def latent_space(channels: int, factor: int, scale: float) -> str:
    """Name the space of an autoencoder's latents: two that differ in these numbers never understand each other."""
    known = {(4, 8, 0.18215): "sd", (4, 8, 0.13025): "sdxl"}
    return known.get((channels, factor, round(scale, 6)), f"{channels}x{factor}x{scale:.4g}")
