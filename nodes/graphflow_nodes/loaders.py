"""Model files to what nodes pass on: recipes, not weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

from graphflow.api import Checked, Facts, File, Folder, NodeError, node
from graphflow_nodes.models import control_files
from graphflow_nodes.models.inspect import BUNDLE, REFUSED, inspect_checkpoint
from graphflow_nodes.models.recipes import ControlRecipe, Source, recipes_of
from graphflow_nodes.values import Clip, ControlNet, Model, Vae

CHECKPOINTS = Folder("checkpoints", (".safetensors",), bundle=BUNDLE, refuse=REFUSED, inspect=inspect_checkpoint)

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


def _check_control(_values: Mapping[str, Any], facts: Mapping[str, Facts]) -> Checked:
    return Checked(facts={"out": facts.get("control_net_name", {})})


@node("LoadControlNet", category="loaders", also=("ControlNetLoader",), check=_check_control, keep="never")
def load_controlnet(control_net_name: Annotated[File, CONTROLS]) -> ControlNet:
    """Load a ControlNet for Stable Diffusion 1: a diffusers folder, or a single file in either layout."""
    try:
        family = str(control_files.inspect_control(control_net_name.path)["family"])
    except ValueError as error:
        raise NodeError(str(error), code="unfit-file", input="control_net_name") from error
    return ControlNet(ControlRecipe(Source.of(control_net_name), family))


NODES = (load_checkpoint, load_controlnet)
