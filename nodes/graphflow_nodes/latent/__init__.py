"""Latents: to and from pictures, and what one does with them."""

from graphflow_nodes.latent.vae import empty_latent, set_latent_noise_mask, vae_decode, vae_encode

NODES = (empty_latent, vae_encode, vae_decode, set_latent_noise_mask)
