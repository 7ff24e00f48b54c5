"""Masks: where they come from, and what one does with them."""

from graphflow_nodes.mask.sources import invert_mask, mask_from_file, solid_mask

NODES = (mask_from_file, solid_mask, invert_mask)
