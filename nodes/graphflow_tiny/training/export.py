"""Put the trained parts together as a diffusers folder of half-precision safetensors."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from graphflow_nodes.models.layout import STATED
from graphflow_nodes.models.tower import FEATURES, SIDE
from graphflow_tiny.training.autoencoder import load_autoencoder
from graphflow_tiny.training.cache import scaling_factor
from graphflow_tiny.training.contrastive import load_towers
from graphflow_tiny.training.control import make_control
from graphflow_tiny.training.inpaint import load_inpainter
from graphflow_tiny.training.loop import load_checkpoint
from graphflow_tiny.training.preview import load_previewer
from graphflow_tiny.training.restore import note_steps
from graphflow_tiny.training.unet import make_unet
from graphflow_tiny.training.upscaler import load_upscaler
from graphflow_tiny.training.wordings import load_worded, worded_step

SCHEDULER = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "num_train_timesteps": 1000,
    "prediction_type": "epsilon",
    # From the last trained moment down. What begins nearer to the picture takes the noise's own mean for the picture's,
    # and some backgrounds come out in a colour that nobody named; Lin et al. 2024, section 3.3.
    "timestep_spacing": "trailing",
    "steps_offset": 1,  # nothing reads it with this spacing, but the pipeline wants it
}
"""Euler's method: the multistep PNDM of the original overshoots at 20 steps with the strong guidance of sharp toy data."""


TOWERS = {"model_type": "graphflow-towers", "image_size": SIDE, "text_width": FEATURES}


def export(folder: Path, out: Path) -> None:
    """Write `out` from the averaged weights in the work folder; the old folder is replaced as a whole."""
    from diffusers import EulerDiscreteScheduler

    state = load_checkpoint(folder / "unet.pt")
    if state is None:
        raise FileNotFoundError(f"{folder / 'unet.pt'} is missing: run the stage `unet` first")
    unet, vae = make_unet(), load_autoencoder(folder)
    unet.load_state_dict(state["ema"]["weights"])
    vae.register_to_config(scaling_factor=scaling_factor(folder))
    beside = out.with_name(out.name + ".new")
    shutil.rmtree(beside, ignore_errors=True)
    unet.half().save_pretrained(beside / "unet")
    vae.half().save_pretrained(beside / "vae")
    load_worded(folder).half().save_pretrained(beside / "text_encoder")
    EulerDiscreteScheduler(**SCHEDULER).save_pretrained(beside / "scheduler")
    shutil.copytree(folder / "tokenizer", beside / "tokenizer")
    (beside / "model_index.json").write_text(json.dumps(_index(), indent=2) + "\n", encoding="utf-8")
    autoencoder = load_checkpoint(folder / "autoencoder.pt") or {}
    note_steps(beside, unet_step=state["step"], autoencoder_step=autoencoder["step"], wordings_step=worded_step(folder))
    _tidy(beside)
    shutil.rmtree(out, ignore_errors=True)
    beside.rename(out)
    print(
        f"{out}: {sum(file.stat().st_size for file in out.rglob('*') if file.is_file()) / 1e6:.1f} MB, step {state['step']}"
    )


def export_towers(folder: Path, out: Path) -> None:
    """Write the picture's side of the contrastive pair; its text tower is the model's own text encoder."""
    from safetensors.torch import save_file

    towers = load_towers(folder)
    if towers is None:
        print(f"{out} stays: the work folder holds the text encoder alone")
        return
    out.mkdir(parents=True, exist_ok=True)
    save_file(towers.half().state_dict(), out / "model.safetensors")
    half = [0.5, 0.5, 0.5]  # pictures come as -1..1
    (out / "config.json").write_text(json.dumps(TOWERS, indent=2) + "\n", encoding="utf-8")
    colours = json.dumps({"image_mean": half, "image_std": half}, indent=2)
    (out / "preprocessor_config.json").write_text(colours + "\n", encoding="utf-8")
    _tidy(out)


def export_inpainter(folder: Path, model: Path, out: Path) -> None:
    """Write the inpainting variant of a finished model folder: all is that model's but the network."""
    unet = load_inpainter(folder)
    beside = out.with_name(out.name + ".new")
    shutil.rmtree(beside, ignore_errors=True)
    for part in ("vae", "text_encoder", "scheduler", "tokenizer"):
        shutil.copytree(model / part, beside / part)
    unet.half().save_pretrained(beside / "unet")
    index = _index() | {"_class_name": "StableDiffusionInpaintPipeline"}
    (beside / "model_index.json").write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")
    _tidy(beside)
    shutil.rmtree(out, ignore_errors=True)
    beside.rename(out)


def export_upscaler(folder: Path, out: Path) -> None:
    """Write the upscaler as one file, with the names of tensors that other programs know too."""
    from safetensors.torch import save_file

    out.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: value.contiguous() for name, value in load_upscaler(folder).half().state_dict().items()}, out)
    out.chmod(0o644)  # it is written for its owner alone
    print(f"{out}: {out.stat().st_size / 1e3:.0f} kB")


def export_previewer(folder: Path, out: Path) -> None:
    """Write the tiny autoencoder as a diffusers folder, whose weights say for latents of which scale they are."""
    from safetensors.torch import save_file

    previewer = load_previewer(folder).half()
    previewer.save_pretrained(out)
    stated = {"vae": {"scaling_factor": scaling_factor(folder)}}
    weights = {name: value.contiguous() for name, value in previewer.state_dict().items()}
    save_file(weights, out / "diffusion_pytorch_model.safetensors", {"format": "pt", STATED: json.dumps(stated)})
    _tidy(out)
    print(f"{out}: {sum(file.stat().st_size for file in out.iterdir()) / 1e3:.0f} kB")


def export_control(folder: Path, out: Path) -> None:
    """Write the averaged ControlNet as a diffusers folder."""
    state = load_checkpoint(folder / "control.pt")
    if state is None:
        print(f"{out} stays: the work folder holds no ControlNet")
        return
    control = make_control(make_unet())
    control.load_state_dict(state["ema"]["weights"])
    control.half().save_pretrained(out)
    note_steps(out, control_step=state["step"])
    _tidy(out)
    print(f"{out}: {sum(file.stat().st_size for file in out.iterdir()) / 1e6:.1f} MB, step {state['step']}")


def _index() -> dict[str, object]:
    return {
        "_class_name": "StableDiffusionPipeline",
        "_diffusers_version": "0.30.0",
        "feature_extractor": [None, None],
        "image_encoder": [None, None],
        "requires_safety_checker": False,
        "safety_checker": [None, None],
        "scheduler": ["diffusers", "EulerDiscreteScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    }


def _tidy(folder: Path) -> None:
    """Drop what only names the machine that wrote it."""
    for path in folder.rglob("*.json"):
        facts = json.loads(path.read_text(encoding="utf-8"))
        facts.pop("_name_or_path", None)
        path.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for path in folder.rglob("*.safetensors"):
        path.chmod(0o644)  # they are written for their owner alone
