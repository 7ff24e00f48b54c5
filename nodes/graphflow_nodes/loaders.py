"""Model files to what nodes pass on: recipes, not weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

from graphflow.api import Checked, Facts, File, Folder, NodeError, node
from graphflow_nodes.facts import pass_on
from graphflow_nodes.models import control_files
from graphflow_nodes.models.inspect import BUNDLE, REFUSED, VAE_BUNDLE, inspect_checkpoint, inspect_vae
from graphflow_nodes.models.recipes import ALONE, ControlRecipe, Source, UpscalerRecipe, VaeRecipe, recipes_of
from graphflow_nodes.models.upscaler_files import inspect_upscaler
from graphflow_nodes.values import Clip, ControlNet, Model, UpscaleModel, Vae

VAES = Folder("vae", (".safetensors",), bundle=VAE_BUNDLE, refuse=REFUSED, inspect=inspect_vae)
CHECKPOINTS = Folder("checkpoints", (".safetensors",), bundle=BUNDLE, refuse=REFUSED, inspect=inspect_checkpoint)
UPSCALERS = Folder("upscale_models", (".safetensors",), refuse=REFUSED, inspect=inspect_upscaler)

CONTROLS = Folder(
    "controlnet",
    (".safetensors",),
    bundle=control_files.BUNDLE,
    refuse=REFUSED,
    inspect=control_files.inspect_control,
)


class Parts(NamedTuple):
    """The three parts of a checkpoint."""

    model: Model
    clip: Clip
    vae: Vae


def _check(_values: Mapping[str, Any], facts: Mapping[str, Facts]) -> Checked:
    """Give every part what its file says of the whole."""
    known = facts.get("ckpt_name", {})
    return Checked(facts=dict.fromkeys(Parts._fields, known))


# Never kept: reading a header takes milliseconds, and a kept recipe would name a place that its file may have left.
@node("LoadCheckpoint", category="loaders", also=("CheckpointLoaderSimple",), check=_check, keep="never")
def load_checkpoint(ckpt_name: Annotated[File, CHECKPOINTS]) -> Parts:
    """Take a checkpoint apart into its network, its text encoder and its autoencoder."""
    try:
        model, clip, vae = recipes_of(ckpt_name)
    except ValueError as error:
        raise NodeError(str(error), code="unfit-file", input="ckpt_name") from error
    return Parts(Model(model), Clip(clip), Vae(vae))


@node("LoadVAE", category="loaders", also=("VAELoader",), check=pass_on("vae_name"), keep="never")
def load_vae(vae_name: Annotated[File, VAES]) -> Vae:
    """Load an autoencoder that has a file to itself, in place of a checkpoint's own. It lies in models/vae.

    It must understand the latents of the checkpoint that it is used with. Tiny ones of TAESD's build fit as well.
    """
    try:
        inspect_vae(vae_name.path)
    except ValueError as error:
        raise NodeError(str(error), code="unfit-file", input="vae_name") from error
    return Vae(VaeRecipe(Source.of(vae_name), ALONE))


@node("LoadUpscaleModel", category="loaders", also=("UpscaleModelLoader",), check=pass_on("model_name"), keep="never")
def load_upscale_model(model_name: Annotated[File, UPSCALERS]) -> UpscaleModel:
    """Load a network that makes pictures larger: ESRGAN, Real-ESRGAN, or one of their compact networks."""
    try:
        facts = inspect_upscaler(model_name.path)
    except ValueError as error:
        raise NodeError(str(error), code="unfit-file", input="model_name") from error
    return UpscaleModel(UpscalerRecipe(Source.of(model_name), str(facts["family"])))


@node("LoadControlNet", category="loaders", also=("ControlNetLoader",), check=pass_on("control_net_name"), keep="never")
def load_controlnet(control_net_name: Annotated[File, CONTROLS]) -> ControlNet:
    """Load a ControlNet for Stable Diffusion 1: a diffusers folder, or a single file in either layout."""
    try:
        family = str(control_files.inspect_control(control_net_name.path)["family"])
    except ValueError as error:
        raise NodeError(str(error), code="unfit-file", input="control_net_name") from error
    return ControlNet(ControlRecipe(Source.of(control_net_name), family))


NODES = (load_checkpoint, load_vae, load_controlnet, load_upscale_model)
