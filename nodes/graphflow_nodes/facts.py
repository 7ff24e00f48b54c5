"""What nodes know of models and latents before anything is computed, and what then cannot go together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graphflow.api import Check, Checked, Facts, Problem

SPACE = ("latent_space", "latent_channels", "factor")
"""The facts that say where a latent lives: whose autoencoder made it, its channels, its pixels per cell."""

TEXT = ("context_width",)
"""The facts that say which text encoders a network can listen to."""


def pass_on(input: str) -> Check:
    """Return a check that hands on what is known of an input."""

    def check(_values: Mapping[str, Any], facts: Mapping[str, Facts]) -> Checked:
        return Checked(facts={"out": facts.get(input, {})})

    return check


def same_space(first: str, second: str) -> Check:
    """Return a check that two latents come from one space, and hands on what is known of either."""

    def check(_values: Mapping[str, Any], facts: Mapping[str, Facts]) -> Checked:
        one, other = facts.get(first, {}), facts.get(second, {})
        hint = f"decode {second} to a picture and encode it with the VAE that {first} comes from"
        problems = mismatches(other, one, SPACE, input=second, hint=hint)
        return Checked(tuple(problems), {"out": {**other, **one}})

    return check


def of_one_model(latent: str, *prompts: str, out: tuple[str, ...] = ()) -> Check:
    """Return a check that refuses a latent or prompts of another model than `model`; the ports `out` are in its space."""

    def check(_values: Mapping[str, Any], facts: Mapping[str, Facts]) -> Checked:
        model = facts.get("model", {})
        hint = "encode the picture with the VAE of the same checkpoint"
        problems = list(mismatches(facts.get(latent, {}), model, SPACE, input=latent, hint=hint))
        for side in prompts:
            hint = "encode the prompt with the CLIP of the same checkpoint"
            problems.extend(mismatches(facts.get(side, {}), model, TEXT, input=side, hint=hint))
        return Checked(tuple(problems), dict.fromkeys(out, model))

    return check


def mismatches(have: Facts, want: Facts, keys: tuple[str, ...], *, input: str, hint: str) -> Iterator[Problem]:
    """Yield a problem when one of the facts is known on both sides and differs."""
    for key in keys:
        if key in have and key in want and have[key] != want[key]:
            words = key.replace("_", " ")
            message = f"{input} comes from {_whose(have)} with {words} {have[key]}, but {_whose(want)} has {want[key]}"
            yield Problem("models-differ", message, input=input, hint=hint)
            return


def _whose(facts: Facts) -> str:
    return f"a model of family {facts['family']}" if "family" in facts else "another model"
