from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest

from graphflow.api import File
from graphflow_nodes.models.recipes import ClipRecipe, Lora, ModelRecipe, Recipe, Source, VaeRecipe, recipes_of

SOURCE = Source("ab" * 32, "sd.safetensors", "/models/sd.safetensors")


def test_recipes_are_equal_when_the_contents_are_wherever_the_file_lies() -> None:
    moved = Source("ab" * 32, "copy.safetensors", "/elsewhere/copy.safetensors")

    assert ModelRecipe(SOURCE, "sd15") == ModelRecipe(moved, "sd15")
    assert len({VaeRecipe(SOURCE, "sd15"), VaeRecipe(moved, "sd15")}) == 1


def test_recipes_of_other_parts_contents_or_changes_differ() -> None:
    other = replace(SOURCE, sha256="cd" * 32)
    model = ModelRecipe(SOURCE, "sd15")

    recipes: set[Recipe] = {
        model,
        ClipRecipe(SOURCE, "sd15"),
        VaeRecipe(SOURCE, "sd15"),
        ModelRecipe(other, "sd15"),
        replace(model, loras=(Lora(other, 0.5),)),
        replace(model, loras=(Lora(other, 0.6),)),
        replace(model, sampling=(("prediction", "v_prediction"),)),
    }

    assert len(recipes) == 7


@pytest.mark.parametrize(
    "recipe",
    [
        ModelRecipe(SOURCE, "sd15", (Lora(SOURCE, 0.5),), (("prediction", "v_prediction"), ("shift", 3.0))),
        ClipRecipe(SOURCE, "sd15"),
        VaeRecipe(SOURCE, "sd15"),
    ],
)
def test_recipes_survive_json(recipe: Recipe) -> None:
    again = type(recipe).from_json(json.loads(json.dumps(recipe.to_json())))

    assert again == recipe
    assert again.checkpoint.path == recipe.checkpoint.path
    assert hash(again) == hash(recipe)


def test_recipes_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        ModelRecipe(SOURCE, "sd15").family = "sdxl"  # type: ignore[misc]  # that is the test


def test_a_checkpoint_gives_three_recipes(single: Path) -> None:
    model, clip, vae = recipes_of(File("small.safetensors", single, "ef" * 32))

    assert (type(model), type(clip), type(vae)) == (ModelRecipe, ClipRecipe, VaeRecipe)
    assert {each.checkpoint for each in (model, clip, vae)} == {Source("ef" * 32, "", "")}
    assert model.family == "sd15"
    assert model.checkpoint.location == single
