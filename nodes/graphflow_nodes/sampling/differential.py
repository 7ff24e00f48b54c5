"""Differential diffusion: a mask of grey levels says how much of each place is made anew."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final

from graphflow.api import Range, node
from graphflow_nodes.facts import pass_on
from graphflow_nodes.models.recipes import ModelRecipe
from graphflow_nodes.values import Model

OVERRIDE: Final = "differential_diffusion"
"""The name under which a model's recipe holds the strength."""


@node("DifferentialDiffusion", category="model_patches", check=pass_on("model"))
def differential_diffusion(model: Model, strength: Annotated[float, Range(0, 1, step=0.01)] = 1.0) -> Model:
    """Let a noise mask say from which step on each place is made anew: white from the first, dark grey from a late one.

    So a place changes the more the lighter the mask is there, and a soft mask blends without a seam (Levin and Fried
    2023). A `strength` below 1 lets the mask itself blend at each step, as it does without this node; 0 changes nothing.
    """
    others = tuple(each for each in model.recipe.sampling if each[0] != OVERRIDE)
    return Model(replace(model.recipe, sampling=(*others, (OVERRIDE, float(strength)))))


def strength_of(recipe: ModelRecipe) -> float:
    """Return how strongly masks open step by step under this recipe, 0 for not at all."""
    return float(dict(recipe.sampling).get(OVERRIDE, 0.0))
