"""Pictures: in and out of files, and what one does with them."""

from graphflow_nodes.image.files import load_image, preview_image, save_image
from graphflow_nodes.image.scale import image_scale

NODES = (load_image, save_image, preview_image, image_scale)
