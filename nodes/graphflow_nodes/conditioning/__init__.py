"""What steers a sampler: prompts, and where, when and how strongly they hold."""

from graphflow_nodes.conditioning.control import controlnet_apply, controlnet_apply_advanced
from graphflow_nodes.conditioning.encode import clip_encode, clip_set_last_layer
from graphflow_nodes.conditioning.mix import (
    conditioning_average,
    conditioning_combine,
    conditioning_concat,
    conditioning_zero_out,
)
from graphflow_nodes.conditioning.place import (
    conditioning_set_area,
    conditioning_set_area_percentage,
    conditioning_set_area_strength,
    conditioning_set_mask,
    conditioning_set_timestep_range,
)

NODES = (
    clip_encode,
    clip_set_last_layer,
    conditioning_combine,
    conditioning_concat,
    conditioning_average,
    conditioning_zero_out,
    conditioning_set_timestep_range,
    conditioning_set_area,
    conditioning_set_area_percentage,
    conditioning_set_area_strength,
    conditioning_set_mask,
    controlnet_apply_advanced,
    controlnet_apply,
)
