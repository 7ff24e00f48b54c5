"""Samplers as generators: each asks for estimates and reads like its paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from graphflow_nodes.diffusion.samplers.asking import Estimate, Noise, Sampler, Sampling
from graphflow_nodes.diffusion.samplers.euler import euler, euler_ancestral
from graphflow_nodes.diffusion.samplers.multistep import dpmpp_2m, lms

SAMPLERS: Final[Mapping[str, Sampler]] = {
    "euler": Sampler(euler),
    "euler_ancestral": Sampler(euler_ancestral, draws_noise=True),
    "lms": Sampler(lms),
    "dpmpp_2m": Sampler(dpmpp_2m),
    "ddim": Sampler(euler),  # with eta 0 the same step of the same ODE
}

__all__ = ["SAMPLERS", "Estimate", "Noise", "Sampler", "Sampling"]
