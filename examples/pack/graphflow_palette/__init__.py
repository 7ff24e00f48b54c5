"""Nodes that find the main colours of pictures, and paint pictures with them."""

from graphflow_palette.nodes import find_palette, paint_with_palette, save_palette

NODES = (find_palette, paint_with_palette, save_palette)
