"""What latent nodes do to a real picture, seen through the default model's own autoencoder of 4 pixels per cell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from graphflow.api import Context, File, NodeType
from graphflow_nodes.latent.composite import latent_blend, latent_composite, latent_composite_masked
from graphflow_nodes.latent.inpaint import vae_encode_for_inpaint
from graphflow_nodes.latent.scale import latent_upscale
from graphflow_nodes.latent.transform import latent_crop, latent_flip, latent_rotate
from graphflow_nodes.latent.vae import vae_decode, vae_encode
from graphflow_nodes.loaders import load_checkpoint
from graphflow_nodes.values import Image, Latent, Mask, Vae
from graphflow_tiny import MODEL_ROOTS
from tests.nodes.example_pictures import example_pictures


class Darkroom:
    """The default model's autoencoder, and two pictures of 64 x 64 pixels."""

    def __init__(self, vae: Vae, ctx: Context) -> None:
        self.vae = vae
        self.ctx = ctx
        self.meadow = self._picture("meadow.png")
        self.circle = self._picture("circle.png")

    def _picture(self, name: str) -> Tensor:
        return torch.from_numpy(example_pictures()[name] / np.float32(255))[None]

    def read(self, picture: Tensor) -> Latent:
        return vae_encode(Image(picture), self.vae, ctx=self.ctx)

    def show(self, latent: Latent) -> Tensor:
        return vae_decode(latent, self.vae, ctx=self.ctx).tensor


@pytest.fixture(scope="module")
def darkroom(cpu: Context) -> Darkroom:
    path = MODEL_ROOTS["checkpoints"] / "graphflow-tiny"
    return Darkroom(load_checkpoint(File("graphflow-tiny", path, "d0" * 32)).vae, cpu)


def apart(one: Tensor, other: Tensor) -> float:
    """The mean difference of two pictures of the same size."""
    assert one.shape == other.shape
    return float((one - other).abs().mean())


def test_a_latent_of_the_default_model_knows_its_factor(darkroom: Darkroom) -> None:
    assert darkroom.read(darkroom.meadow).factor == 4


def test_pixels_of_the_nodes_are_pixels_of_the_picture(darkroom: Darkroom) -> None:
    latent = darkroom.read(darkroom.meadow)

    larger = darkroom.show(latent_upscale(latent, upscale_method="bilinear", width=128, height=96))
    cut = darkroom.show(
        latent_crop(darkroom.read(torch.cat([darkroom.meadow, darkroom.circle], 2)), width=64, x=64, height=64)
    )

    assert larger.shape == (1, 96, 128, 3)
    assert apart(cut, darkroom.circle) < 0.06 < apart(cut, darkroom.meadow)


@pytest.mark.parametrize(
    ("turn", "option", "dims"),
    [
        (latent_flip, {"flip_method": "y-axis: horizontally"}, (2,)),
        (latent_flip, {"flip_method": "x-axis: vertically"}, (1,)),
        (latent_rotate, {"rotation": "180 degrees"}, (1, 2)),
    ],
)
def test_a_turned_latent_is_a_turned_picture(
    darkroom: Darkroom, turn: NodeType[..., Any], option: dict[str, str], dims: tuple[int, ...]
) -> None:
    turned = darkroom.show(turn(darkroom.read(darkroom.meadow), **option))

    # A decoder knows up from down, so the latent of a turned picture is only nearly the turned latent.
    assert apart(turned, darkroom.meadow.flip(dims)) < 0.6 * apart(turned, darkroom.meadow)


def test_one_picture_appears_in_another_where_its_pixels_say(darkroom: Darkroom) -> None:
    below, above = darkroom.read(darkroom.meadow), darkroom.read(darkroom.circle)
    right_half = torch.zeros(1, 64, 64)
    right_half[..., 32:] = 1

    moved = darkroom.show(latent_composite(below, above, x=32, y=0))
    masked = darkroom.show(latent_composite_masked(below, above, mask=Mask(right_half)))

    for made, wanted in ((moved, darkroom.circle[:, :, 4:32]), (masked, darkroom.circle[:, :, 36:])):
        assert apart(made[:, :, :28], darkroom.meadow[:, :, :28]) < 0.06
        assert apart(made[:, :, 36:], wanted) < 0.06


def test_a_blend_lies_between_its_pictures(darkroom: Darkroom) -> None:
    one, other = darkroom.read(darkroom.meadow), darkroom.read(darkroom.circle)

    near = [apart(darkroom.show(latent_blend(one, other, blend_factor=each)), darkroom.meadow) for each in (0, 0.5, 1)]

    assert near[0] > near[1] > near[2]


def test_nothing_of_what_is_made_anew_is_left_and_the_rest_stays(darkroom: Darkroom) -> None:
    hole = torch.zeros(1, 64, 64)
    hole[:, 16:48, 16:48] = 1
    other = torch.where(hole[..., None] > 0, darkroom.circle, darkroom.meadow)

    first, second = (
        vae_encode_for_inpaint(Image(picture), darkroom.vae, Mask(hole), ctx=darkroom.ctx)
        for picture in (darkroom.meadow, other)
    )

    assert_close(first.samples, second.samples, rtol=0, atol=0)
    shown = darkroom.show(first)
    assert apart(shown[:, :12], darkroom.meadow[:, :12]) < 0.06
    grey = torch.full((1, 24, 24, 3), 0.5)
    assert apart(shown[:, 20:44, 20:44], grey) < 0.5 * apart(darkroom.meadow[:, 20:44, 20:44], grey)
