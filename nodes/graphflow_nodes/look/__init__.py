"""A look inside diffusion: schedules, noise, latents, tokens, guidance, as pictures."""

from graphflow.api import AnyNode
from graphflow_nodes.look.channels import latent_channels
from graphflow_nodes.look.diffedit import diff_edit_mask
from graphflow_nodes.look.forward import add_noise
from graphflow_nodes.look.grid import grid
from graphflow_nodes.look.guidance import guidance_vectors
from graphflow_nodes.look.once import denoise_once
from graphflow_nodes.look.roundtrip import vae_round_trip
from graphflow_nodes.look.schedule import plot_schedule
from graphflow_nodes.look.scores import classifier_guidance, score_brightness, score_colour
from graphflow_nodes.look.sheet import show_contact_sheet
from graphflow_nodes.look.steps import sample_steps
from graphflow_nodes.look.tokens import tokens

NODES: tuple[AnyNode, ...] = (
    plot_schedule,
    add_noise,
    denoise_once,
    sample_steps,
    guidance_vectors,
    latent_channels,
    tokens,
    vae_round_trip,
    diff_edit_mask,
    score_colour,
    score_brightness,
    classifier_guidance,
    grid,
    show_contact_sheet,
)
