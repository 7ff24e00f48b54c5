"""Masks: where they come from, and what one does with them."""

from graphflow_nodes.mask.combine import mask_composite
from graphflow_nodes.mask.pictures import image_color_to_mask, image_to_mask, mask_to_image
from graphflow_nodes.mask.shape import crop_mask, feather_mask, grow_mask, threshold_mask
from graphflow_nodes.mask.sources import invert_mask, mask_from_file, solid_mask

NODES = (
    mask_from_file,
    solid_mask,
    invert_mask,
    grow_mask,
    feather_mask,
    crop_mask,
    threshold_mask,
    mask_composite,
    mask_to_image,
    image_to_mask,
    image_color_to_mask,
)
