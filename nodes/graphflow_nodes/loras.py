"""LoRAs on a checkpoint's network and text encoder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any, NamedTuple, TypeVar

from graphflow.api import Checked, Facts, File, Folder, NodeError, Range, node
from graphflow_nodes.facts import TEXT, mismatches
from graphflow_nodes.models.header import ModelFileError
from graphflow_nodes.models.inspect import REFUSED
from graphflow_nodes.models.lora import changes_network, changes_text, inspect_lora
from graphflow_nodes.models.recipes import Lora, Recipe, Source
from graphflow_nodes.values import Clip, Model

LORAS = Folder("loras", (".safetensors",), refuse=REFUSED, inspect=inspect_lora)

R = TypeVar("R", bound=Recipe)
Strength = Annotated[float, Range(-100, 100, step=0.01)]


class Changed(NamedTuple):
    """A network and its text encoder with a LoRA upon them."""

    model: Model
    clip: Clip


def _check(_values: Mapping[str, Any], facts: Mapping[str, Facts]) -> Checked:
    """Refuse a LoRA of another family than the model; pass on what is known of model and clip."""
    model = facts.get("model", {})
    hint = "choose a LoRA that was trained on this model, or on one of its family"
    problems = tuple(mismatches(facts.get("lora_name", {}), model, TEXT, input="lora_name", hint=hint))
    return Checked(problems, {"model": model, "clip": facts.get("clip", {})})


def _check_model_only(values: Mapping[str, Any], facts: Mapping[str, Facts]) -> Checked:
    checked = _check(values, facts)
    return Checked(checked.problems, {"out": checked.facts["model"]})


# Never kept: a kept recipe would name a place that its file may have left.
@node("LoadLora", category="loaders", also=("LoraLoader",), check=_check, keep="never")
def load_lora(
    model: Model,
    clip: Clip,
    lora_name: Annotated[File, LORAS],
    *,
    strength_model: Strength = 1.0,
    strength_clip: Strength = 1.0,
) -> Changed:
    """Change a model and its text encoder by a LoRA file (Hu et al. 2022); several may follow one another.

    At strength 1 it has the effect that it was trained for, at 0 none, below 0 the opposite. LoRA, LoHa, LoKr and DoRA
    are read, as kohya's scripts, PEFT, diffusers and ComfyUI write them. The file lies in models/loras.
    """
    return Changed(
        Model(_changed(model.recipe, lora_name, strength_model, changes_network)),
        Clip(_changed(clip.recipe, lora_name, strength_clip, changes_text)),
    )


@node("LoadLoraModelOnly", category="loaders", also=("LoraLoaderModelOnly",), check=_check_model_only, keep="never")
def load_lora_model_only(model: Model, lora_name: Annotated[File, LORAS], *, strength_model: Strength = 1.0) -> Model:
    """Change a model by a LoRA file and leave the text encoder as it is."""
    return Model(_changed(model.recipe, lora_name, strength_model, changes_network))


def _changed(recipe: R, file: File, strength: float, concerns: Callable[[Any], bool]) -> R:
    """Add a LoRA to a recipe; one of strength 0, or that says nothing of this part, leaves it as it is."""
    try:
        if not strength or not concerns(file.path):
            return recipe
    except ModelFileError as error:
        raise NodeError(str(error), code="unfit-file", input="lora_name") from error
    return replace(recipe, loras=(*recipe.loras, Lora(Source.of(file), strength)))


NODES = (load_lora, load_lora_model_only)
