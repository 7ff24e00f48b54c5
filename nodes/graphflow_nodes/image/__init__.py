"""Pictures: in and out of files, and what one does with them."""

from graphflow.api import AnyNode
from graphflow_nodes.image.batch import empty_image, get_image_size, image_batch, image_from_batch, repeat_image_batch
from graphflow_nodes.image.compose import image_blend, image_composite_masked, image_stitch
from graphflow_nodes.image.edges import canny_edges
from graphflow_nodes.image.files import load_image, preview_image, save_image
from graphflow_nodes.image.filters import image_add_noise, image_blur, image_invert, image_sharpen
from graphflow_nodes.image.pad import image_pad_for_outpaint, resize_and_pad_image
from graphflow_nodes.image.quantize import image_quantize
from graphflow_nodes.image.scale import image_scale, image_scale_by, image_scale_to_total_pixels
from graphflow_nodes.image.transform import image_crop, image_flip, image_rotate
from graphflow_nodes.image.upscale import image_upscale_with_model

NODES: tuple[AnyNode, ...] = (
    load_image,
    save_image,
    preview_image,
    empty_image,
    get_image_size,
    image_scale,
    image_scale_by,
    image_scale_to_total_pixels,
    image_upscale_with_model,
    image_crop,
    image_flip,
    image_rotate,
    image_stitch,
    image_pad_for_outpaint,
    resize_and_pad_image,
    image_composite_masked,
    image_blend,
    image_batch,
    repeat_image_batch,
    image_from_batch,
    image_invert,
    image_blur,
    image_sharpen,
    image_quantize,
    image_add_noise,
    canny_edges,
)
