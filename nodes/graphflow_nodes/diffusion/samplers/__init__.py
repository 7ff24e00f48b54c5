"""Samplers as generators: each asks for estimates and reads like its paper."""

from __future__ import annotations

from graphflow_nodes.diffusion.samplers.asking import Estimate, Noise, Same, Sampler, Sampling
from graphflow_nodes.diffusion.samplers.registry import SAMPLERS

__all__ = ["SAMPLERS", "Estimate", "Noise", "Same", "Sampler", "Sampling"]
