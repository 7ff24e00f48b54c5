"""The core pack: what image generation by diffusion needs, as nodes."""

from __future__ import annotations

from graphflow_nodes.conditioning import clip_encode
from graphflow_nodes.image import image_scale, load_image, preview_image, save_image
from graphflow_nodes.latent import empty_latent, set_latent_noise_mask, vae_decode, vae_encode
from graphflow_nodes.loaders import load_checkpoint
from graphflow_nodes.logic import switch
from graphflow_nodes.mask import invert_mask, mask_from_file, solid_mask
from graphflow_nodes.primitives import (
    primitive_boolean,
    primitive_float,
    primitive_int,
    primitive_string,
    primitive_string_multiline,
    string_concatenate,
)
from graphflow_nodes.sampling import ksampler

NODES = (
    load_checkpoint,
    clip_encode,
    empty_latent,
    vae_encode,
    vae_decode,
    ksampler,
    set_latent_noise_mask,
    load_image,
    save_image,
    preview_image,
    image_scale,
    mask_from_file,
    solid_mask,
    invert_mask,
    primitive_string,
    primitive_string_multiline,
    primitive_int,
    primitive_float,
    primitive_boolean,
    string_concatenate,
    switch,
)

VERSIONS = ("torch", "diffusers", "transformers", "safetensors")
"""The distributions whose versions a run notes down, because they decide what comes out."""
