"""Sampling: from noise to a picture."""

from graphflow_nodes.sampling.differential import differential_diffusion
from graphflow_nodes.sampling.inpaint import inpaint_model_conditioning
from graphflow_nodes.sampling.ksampler import ksampler, ksampler_advanced
from graphflow_nodes.sampling.seeds import set_latent_seeds

NODES = (ksampler, ksampler_advanced, inpaint_model_conditioning, differential_diffusion, set_latent_seeds)
