"""What of diffusers and transformers loading a model needs: seconds to import, so a worker does it ahead of its first job.

It is one module so that it is there whole or not at all: building a model changes torch for all threads, and a library
that is imported meanwhile would keep what was changed.
"""

from __future__ import annotations

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # it is read at import: no network unless the user allowed it

from diffusers.loaders.single_file_utils import (
    convert_controlnet_checkpoint,
    convert_ldm_unet_checkpoint,
    convert_ldm_vae_checkpoint,
)
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny
from diffusers.models.controlnets.controlnet import ControlNetModel
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.utils import logging as diffusers_logging
from transformers.models.clip.configuration_clip import CLIPConfig, CLIPTextConfig
from transformers.models.clip.modeling_clip import CLIPModel, CLIPTextModel
from transformers.utils import logging as transformers_logging

__all__ = [
    "AutoencoderKL",
    "AutoencoderTiny",
    "CLIPConfig",
    "CLIPModel",
    "CLIPTextConfig",
    "CLIPTextModel",
    "ControlNetModel",
    "UNet2DConditionModel",
    "convert_controlnet_checkpoint",
    "convert_ldm_unet_checkpoint",
    "convert_ldm_vae_checkpoint",
    "diffusers_logging",
    "transformers_logging",
]
