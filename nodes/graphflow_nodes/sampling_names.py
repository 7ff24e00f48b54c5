"""The names of samplers and schedules, for node signatures that must not import torch.

A test holds them equal to the registries in `diffusion`.
"""

from __future__ import annotations

from typing import Final

SAMPLER_NAMES: Final = ("euler", "euler_ancestral", "lms", "dpmpp_2m", "ddim")
SCHEDULE_NAMES: Final = (
    "simple",
    "sgm_uniform",
    "karras",
    "exponential",
    "ddim_uniform",
    "beta",
    "normal",
    "linear_quadratic",
    "kl_optimal",
)
