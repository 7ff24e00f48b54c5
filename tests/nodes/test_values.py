from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close

from graphflow_nodes.models.recipes import ClipRecipe, ControlRecipe, ModelRecipe, Source, VaeRecipe
from graphflow_nodes.tensors import pack
from graphflow_nodes.values import (
    Area,
    Blank,
    Clip,
    Conditioning,
    Control,
    ControlNet,
    Entry,
    Image,
    Latent,
    Mask,
    Model,
    Vae,
)


def numbers(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(7))


def test_pictures_and_masks_come_back_from_their_bytes() -> None:
    image, mask = Image(numbers(2, 4, 6, 3)), Mask(numbers(2, 4, 6))

    assert_close(Image.restore(image.store()).tensor, image.tensor, rtol=0, atol=0)
    assert_close(Mask.restore(mask.store()).tensor, mask.tensor, rtol=0, atol=0)


def test_a_latent_comes_back_with_its_mask_and_its_numbers() -> None:
    latent = Latent(numbers(2, 4, 8, 8), noise_mask=numbers(1, 32, 32), batch_index=(3, 5))

    back = Latent.restore(latent.store())

    assert_close(back.tensor(4, 8), latent.tensor(4, 8), rtol=0, atol=0)
    assert back.noise_mask is not None
    assert_close(back.noise_mask, latent.noise_mask, rtol=0, atol=0)
    assert back.batch_index == (3, 5)


def test_an_empty_latent_comes_back_and_takes_the_shape_of_any_model() -> None:
    back = Latent.restore(Latent(Blank(72, 40, 2)).store())

    assert back.tensor(4, 8).shape == (2, 4, 5, 9)
    assert back.tensor(16, 4).shape == (2, 16, 10, 18)
    assert back.noise_mask is None


def test_a_size_that_does_not_divide_is_rounded_down() -> None:
    assert Blank(70, 47).zeros(4, 8).shape == (1, 4, 5, 8)


def test_a_conditioning_comes_back_with_everything_its_entries_say() -> None:
    plain = Entry(numbers(1, 77, 8))
    rich = Entry(
        numbers(2, 154, 8), numbers(2, 16), Area(8, 16, 64, 32), numbers(1, 9, 9), strength=0.5, start=0.1, end=0.9
    )

    back = Conditioning.restore(Conditioning((plain, rich)).store())

    assert [entry.pooled is None for entry in back.entries] == [True, False]
    assert_close(back.entries[1].context, rich.context, rtol=0, atol=0)
    assert_close(back.entries[1].mask, rich.mask, rtol=0, atol=0)
    assert (back.entries[0].area, back.entries[1].area) == (None, Area(8, 16, 64, 32))
    assert (back.entries[1].strength, back.entries[1].start, back.entries[1].end) == (0.5, 0.1, 0.9)


def test_a_view_of_a_larger_tensor_is_stored_by_itself() -> None:
    large = numbers(64, 32, 32, 3)

    assert len(Image(large[:1]).store()) < 2 * large[:1].nbytes


@pytest.mark.parametrize("data", [b"", b"nonsense", b"\xff" * 64, Image(numbers(1, 2, 2, 3)).store()[:-5]])
def test_damaged_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="no tensors in"):
        Image.restore(data)


def test_values_of_another_socket_are_refused() -> None:
    with pytest.raises(ValueError, match="wanted a stored IMAGE, found LATENT"):
        Image.restore(Latent(numbers(1, 4, 8, 8)).store())


def test_the_bytes_of_a_value_are_those_of_its_tensors() -> None:
    tensor = numbers(2, 4, 8, 8)

    assert tensor.nbytes <= Latent(tensor).nbytes <= tensor.nbytes + 1024
    assert Latent(Blank(64, 64)).nbytes <= 1024


def test_a_latent_comes_back_with_its_pixels_per_cell() -> None:
    assert Latent.restore(Latent(numbers(1, 4, 8, 8), factor=4).store()).cell == 4


def test_a_latent_that_was_kept_before_it_knew_its_factor_is_still_read() -> None:
    old = pack("LATENT", {"samples": numbers(1, 4, 8, 8)}, {"blank": None, "batch_index": None})

    assert (Latent.restore(old).factor, Latent.restore(old).cell) == (None, 8)


@pytest.mark.parametrize(("socket", "recipe"), [(Model, ModelRecipe), (Clip, ClipRecipe), (Vae, VaeRecipe)])
def test_a_recipe_comes_back_as_the_kind_that_it_was(
    socket: type[Model | Clip | Vae], recipe: type[ModelRecipe | ClipRecipe | VaeRecipe]
) -> None:
    part = socket(recipe(Source("ab" * 32, "one", "/models/one"), "sd15"))  # type: ignore[arg-type]  # pairs of the table

    assert socket.restore(part.store()) == part
    with pytest.raises(ValueError, match=f"no stored {recipe.__name__}"):
        socket.restore(b"{}")


def test_prompts_come_back_with_the_pictures_that_they_follow() -> None:
    nets = [ControlRecipe(Source(digit * 64, f"net {digit}", f"/there/{digit}"), "sd15") for digit in "ab"]
    controls = (
        Control(nets[0], numbers(2, 8, 6, 3), 0.5, 0.1, 0.9),
        Control(nets[1], numbers(1, 4, 4, 3), for_both=True),
    )
    conditioning = Conditioning((Entry(numbers(1, 77, 8)), Entry(numbers(1, 77, 8), controls=controls)))

    plain, followed = Conditioning.restore(conditioning.store()).entries

    assert plain.controls == ()
    for back, control in zip(followed.controls, controls, strict=True):
        assert (back.net, back.strength, back.start, back.end, back.for_both) == (
            control.net,
            control.strength,
            control.start,
            control.end,
            control.for_both,
        )
        assert_close(back.hint, control.hint, rtol=0, atol=0)
    assert conditioning.nbytes > sum(control.hint.nbytes for control in controls)


def test_prompts_from_before_there_were_controls_come_back_without() -> None:
    old = pack(
        "CONDITIONING", {"0.context": numbers(1, 77, 8)}, [{"area": None, "strength": 1.0, "start": 0.0, "end": 1.0}]
    )

    assert Conditioning.restore(old).entries[0].controls == ()


def test_a_controlnet_comes_back_as_its_recipe() -> None:
    net = ControlNet(ControlRecipe(Source("a" * 64, "edges", "/there/edges"), "sd15"))

    assert ControlNet.restore(net.store()) == net
    assert net.socket_name == "CONTROL_NET"
