"""Latents: to and from pictures, and what one does with them."""

from graphflow_nodes.latent.batch import latent_batch, latent_from_batch, repeat_latent_batch
from graphflow_nodes.latent.composite import latent_blend, latent_composite, latent_composite_masked
from graphflow_nodes.latent.files import load_latent, save_latent
from graphflow_nodes.latent.inpaint import set_latent_noise_mask, vae_encode_for_inpaint
from graphflow_nodes.latent.scale import latent_upscale, latent_upscale_by
from graphflow_nodes.latent.transform import latent_crop, latent_flip, latent_rotate
from graphflow_nodes.latent.vae import empty_latent, vae_decode, vae_encode

NODES = (
    empty_latent,
    vae_encode,
    vae_decode,
    set_latent_noise_mask,
    vae_encode_for_inpaint,
    latent_upscale,
    latent_upscale_by,
    latent_composite,
    latent_composite_masked,
    latent_blend,
    repeat_latent_batch,
    latent_from_batch,
    latent_batch,
    latent_flip,
    latent_rotate,
    latent_crop,
    save_latent,
    load_latent,
)
