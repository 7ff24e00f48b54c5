"""Upscalers of random weights in every layout of files, held against the formula written out once more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.functional import conv2d, interpolate, leaky_relu, pixel_shuffle, pixel_unshuffle, prelu
from torch.testing import assert_close

from graphflow.api import Context, NodeError
from graphflow.engine import Engine
from graphflow.errors import RunCancelled, WorkflowError
from graphflow.files import Files
from graphflow_nodes.image.upscale import image_upscale_with_model
from graphflow_nodes.loaders import UPSCALERS, load_upscale_model
from graphflow_nodes.models import upscaling
from graphflow_nodes.models.pool import ModelPool
from graphflow_nodes.models.upscalers import CompactNet, RRDBNet
from graphflow_nodes.values import Image, UpscaleModel
from tests.nodes.recording import Recorder, as_file
from tests.nodes.test_workflows import load as workflow

State = dict[str, Tensor]
FEATURES, GROWTH, BLOCKS = 8, 4, 2


def conv(name: str, channels: int, out: int) -> State:
    scale = 0.7 / (9 * channels) ** 0.5
    return {f"{name}.weight": torch.randn(out, channels, 3, 3) * scale, f"{name}.bias": torch.randn(out) * 0.1}


def compact(scale: int = 4, features: int = FEATURES, blocks: int = 3) -> State:
    torch.manual_seed(1)
    state = conv("body.0", 3, features)
    for number in range(1, blocks + 1):
        state |= {f"body.{2 * number - 1}.weight": torch.rand(features)}
        state |= conv(f"body.{2 * number}", features, features)
    state |= {f"body.{2 * blocks + 1}.weight": torch.rand(features)}
    return state | conv(f"body.{2 * blocks + 2}", features, 3 * scale**2)


def esrgan(doublings: int = 2, shuffle: int = 1) -> State:
    """The layout of Real-ESRGAN's program."""
    torch.manual_seed(2)
    state = conv("conv_first", 3 * shuffle**2, FEATURES)
    for block in range(BLOCKS):
        for dense in (1, 2, 3):
            for number in range(1, 6):
                out = FEATURES if number == 5 else GROWTH
                state |= conv(f"body.{block}.rdb{dense}.conv{number}", FEATURES + (number - 1) * GROWTH, out)
    for name in ("conv_body", *(f"conv_up{number + 1}" for number in range(doublings)), "conv_hr"):
        state |= conv(name, FEATURES, FEATURES)
    return state | conv("conv_last", FEATURES, 3)


def of_the_first_program(state: State) -> State:
    """The layout of ESRGAN's first program, a list of modules: the enlarging layers have the numbers 3, 6, ..."""
    doublings = sum(name.startswith("conv_up") for name in state) // 2
    last = 3 * doublings
    names = {"conv_first": "model.0", "conv_body": f"model.1.sub.{BLOCKS}"}
    names |= {f"conv_up{number}": f"model.{3 * number}" for number in range(1, doublings + 1)}
    names |= {"conv_hr": f"model.{last + 2}", "conv_last": f"model.{last + 4}"}
    for block in range(BLOCKS):
        for dense in (1, 2, 3):
            for number in range(1, 6):
                names[f"body.{block}.rdb{dense}.conv{number}"] = f"model.1.sub.{block}.RDB{dense}.conv{number}.0"
    return renamed(state, names)


def of_the_second_program(state: State) -> State:
    """The layout of the rewritten ESRGAN, and of BSRGAN."""
    names = {"conv_first": "conv_first", "conv_body": "trunk_conv", "conv_up1": "upconv1", "conv_up2": "upconv2"}
    names |= {"conv_hr": "HRconv", "conv_last": "conv_last"}
    for block in range(BLOCKS):
        for dense in (1, 2, 3):
            for number in range(1, 6):
                names[f"body.{block}.rdb{dense}.conv{number}"] = f"RRDB_trunk.{block}.RDB{dense}.conv{number}"
    return renamed(state, names)


def renamed(state: State, names: dict[str, str]) -> State:
    return {f"{names[name.rpartition('.')[0]]}.{name.rpartition('.')[2]}": tensor for name, tensor in state.items()}


def wrapped(state: State) -> State:
    """As trainers save: the last weights, which are not wanted, and their average."""
    last = {f"params.{name}": torch.zeros_like(tensor) for name, tensor in state.items()}
    return last | {f"params_ema.{name}": tensor for name, tensor in state.items()}


def computed_compact(state: State, x: Tensor, scale: int) -> Tensor:
    layers = len({name.split(".")[1] for name in state})
    out = x
    for layer in range(0, layers, 2):
        out = conv2d(out, state[f"body.{layer}.weight"], state[f"body.{layer}.bias"], padding=1)
        if layer < layers - 1:
            out = prelu(out, state[f"body.{layer + 1}.weight"])
    return pixel_shuffle(out, scale) + x.repeat_interleave(scale, 2).repeat_interleave(scale, 3)


def computed_esrgan(state: State, x: Tensor, doublings: int, shuffle: int = 1) -> Tensor:
    def layer(name: str, value: Tensor) -> Tensor:
        return conv2d(value, state[f"{name}.weight"], state[f"{name}.bias"], padding=1)

    def dense(name: str, value: Tensor) -> Tensor:
        seen = [value]
        for number in range(1, 5):
            seen.append(leaky_relu(layer(f"{name}.conv{number}", torch.cat(seen, 1)), 0.2))
        return value + 0.2 * layer(f"{name}.conv5", torch.cat(seen, 1))

    first = layer("conv_first", pixel_unshuffle(x, shuffle))
    found = first
    for block in range(BLOCKS):
        inner = found
        for number in (1, 2, 3):
            inner = dense(f"body.{block}.rdb{number}", inner)
        found = found + 0.2 * inner
    out = first + layer("conv_body", found)
    for number in range(1, doublings + 1):
        out = leaky_relu(layer(f"conv_up{number}", interpolate(out, scale_factor=2)), 0.2)
    return layer("conv_last", leaky_relu(layer("conv_hr", out), 0.2))


def pictures(*shape: int) -> Image:
    return Image(torch.rand(*shape, generator=torch.Generator().manual_seed(5)))


def saved(folder: Path, state: State) -> UpscaleModel:
    path = folder / "upscaler.safetensors"
    save_file(state, path)
    return load_upscale_model(as_file(path))


def close(made: Image, wanted: Tensor) -> None:
    assert wanted.std() > 0.05  # something is there to compare
    assert_close(made.tensor, wanted.clamp(0, 1).movedim(1, -1), rtol=1e-4, atol=1e-5)


LAYOUTS: dict[str, Callable[[], State]] = {
    "today's": esrgan,
    "first": lambda: of_the_first_program(esrgan()),
    "second": lambda: of_the_second_program(esrgan()),
    "wrapped": lambda: wrapped(esrgan()),
    "first, wrapped": lambda: wrapped(of_the_first_program(esrgan())),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_esrgan_makes_of_every_layout_what_its_formula_says(layout: str, tmp_path: Path, cpu: Context) -> None:
    image = pictures(2, 9, 12, 3)

    made = image_upscale_with_model(saved(tmp_path, LAYOUTS[layout]()), image, ctx=cpu)

    close(made, computed_esrgan(esrgan(), image.tensor.movedim(-1, 1), 2))


@pytest.mark.parametrize("doublings", [0, 1, 3])
def test_the_scale_of_esrgan_is_told_by_its_layers(doublings: int, tmp_path: Path, cpu: Context) -> None:
    image = pictures(1, 6, 5, 3)

    for state in (esrgan(doublings), of_the_first_program(esrgan(doublings))):
        made = image_upscale_with_model(saved(tmp_path, state), image, ctx=cpu)
        close(made, computed_esrgan(esrgan(doublings), image.tensor.movedim(-1, 1), doublings))


def test_real_esrgan_x2_takes_squares_of_pixels_and_any_size(tmp_path: Path, cpu: Context) -> None:
    state = esrgan(2, shuffle=2)
    model, image = saved(tmp_path, state), pictures(1, 9, 7, 3)

    made = image_upscale_with_model(model, image, ctx=cpu)

    even = image.tensor[:, [*range(9), 8]][:, :, [*range(7), 6]]  # the last row and column once more
    close(made, computed_esrgan(state, even.movedim(-1, 1), 2, shuffle=2)[..., :18, :14])


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_a_compact_network_makes_what_its_formula_says(scale: int, tmp_path: Path, cpu: Context) -> None:
    state, image = compact(scale), pictures(2, 7, 10, 3)

    made = image_upscale_with_model(saved(tmp_path, wrapped(state)), image, ctx=cpu)

    close(made, computed_compact(state, image.tensor.movedim(-1, 1), scale))


def test_half_precision_files_are_computed_in_full(tmp_path: Path, cpu: Context) -> None:
    half = {name: tensor.half() for name, tensor in compact().items()}
    image = pictures(1, 7, 10, 3)

    made = image_upscale_with_model(saved(tmp_path, half), image, ctx=cpu)

    full = {name: tensor.float() for name, tensor in half.items()}
    close(made, computed_compact(full, image.tensor.movedim(-1, 1), 4))


def test_alpha_is_enlarged_beside_the_colours_and_grey_becomes_coloured(tmp_path: Path, cpu: Context) -> None:
    model, image = saved(tmp_path, compact()), pictures(1, 8, 8, 4)

    made = image_upscale_with_model(model, image, ctx=cpu).tensor

    alpha = interpolate(image.tensor[None, ..., 3], (32, 32), mode="bicubic")[0].clamp(0, 1)
    assert_close(made[..., 3], alpha)
    assert torch.equal(made[..., :3], image_upscale_with_model(model, Image(image.tensor[..., :3]), ctx=cpu).tensor)
    assert image_upscale_with_model(model, Image(image.tensor[..., :1]), ctx=cpu).tensor.shape == (1, 32, 32, 3)


@pytest.mark.parametrize(
    ("state", "window"), [(compact(), 40), (esrgan(), 88), (esrgan(2, shuffle=2), 88)], ids=["compact", "x4", "x2"]
)
def test_a_picture_in_windows_is_the_picture_in_one_go(
    state: State, window: int, tmp_path: Path, cpu: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, model = pictures(1, 60, 100, 3), saved(tmp_path, state)
    whole = image_upscale_with_model(model, image, ctx=cpu)
    module = cpu.use(ModelPool).upscaler(model.recipe).module
    assert torch.equal(whole.tensor[0], module(image.tensor.movedim(-1, 1))[0].clamp(0, 1).movedim(0, -1))

    monkeypatch.setattr(upscaling, "WINDOW", window)
    recorder = Recorder()
    cut = image_upscale_with_model(model, image, ctx=recorder)

    assert_close(cut.tensor, whole.tensor, rtol=0, atol=1e-5)
    assert len(recorder.steps) >= 4
    assert recorder.steps[-1] == (len(recorder.steps), len(recorder.steps))


@pytest.mark.parametrize(("length", "side", "around"), [(513, 512, 34), (2000, 512, 32), (97, 96, 10), (4096, 64, 32)])
def test_stretches_keep_every_pixel_once_and_see_enough_around(length: int, side: int, around: int) -> None:
    parts = upscaling.stretches(length, side, around)

    assert [place for part in parts for place in range(part.start, part.stop)] == list(range(length))
    assert all(part.low == 0 or part.start - part.low >= around for part in parts)
    assert all(part.high == length or part.high - part.stop >= around for part in parts)
    assert all(part.low % 8 == 0 for part in parts)
    assert all(part.high - part.low <= max(side, 2 * around + 24) for part in parts)


def test_the_networks_are_as_large_as_those_that_were_published() -> None:
    with torch.device("meta"):
        large, small = RRDBNet(64, 32, 23, 4), CompactNet(64, 32, 4)

    assert sum(tensor.numel() for tensor in large.parameters()) == 16_697_987  # RealESRGAN_x4plus
    assert list(small.state_dict())[-1] == "body.66.bias"  # realesr-general-x4v3


def test_what_fits_is_not_cut() -> None:
    assert upscaling.stretches(512, 512, 32) == [upscaling.Stretch(0, 0, 512, 512)]


def test_windows_are_smaller_where_a_network_has_large_layers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = saved(tmp_path, esrgan()).recipe
    assert ModelPool("cpu").upscaler(recipe).side == 512

    monkeypatch.setattr(upscaling, "NUMBERS", FEATURES * (4 * 200) ** 2)

    assert ModelPool("cpu").upscaler(recipe).side == 200


def test_a_run_is_cancelled_between_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upscaling, "WINDOW", 32)
    recorder = Recorder(cancel_after=2)

    with pytest.raises(RunCancelled):
        image_upscale_with_model(saved(tmp_path, compact()), pictures(1, 64, 64, 3), ctx=recorder)

    assert len(recorder.steps) == 2


def test_the_pool_says_that_it_holds_the_upscaler(tmp_path: Path) -> None:
    pool = ModelPool("cpu")
    model = saved(tmp_path, compact())

    part = pool.upscaler(model.recipe)

    assert pool.upscaler(model.recipe) is part
    assert [(held.name, held.bytes) for held in pool.held()] == [("upscaler.safetensors (Upscaler)", part.bytes)]
    assert pool.release(1) == part.bytes == sum(tensor.numel() * 4 for tensor in compact().values())


def test_the_recipe_comes_back_from_its_bytes(tmp_path: Path) -> None:
    model = saved(tmp_path, compact())

    assert UpscaleModel.restore(model.store()) == model


@pytest.mark.parametrize(
    ("state", "facts"),
    [
        (compact(2, 16, 5), {"family": "Real-ESRGAN compact", "scale": 2, "features": 16, "blocks": 5}),
        (of_the_first_program(esrgan()), {"family": "ESRGAN", "scale": 4, "features": 8, "blocks": 2}),
        (esrgan(2, shuffle=4), {"family": "ESRGAN", "scale": 1, "features": 8, "blocks": 2}),
    ],
    ids=["compact", "esrgan", "x1"],
)
def test_a_files_facts_are_read_from_its_header(state: State, facts: dict[str, object], tmp_path: Path) -> None:
    save_file(state, tmp_path / "some.safetensors")
    files = Files({"upscale_models": (tmp_path,)}, None)

    assert files.choices(UPSCALERS) == ("some.safetensors",)
    assert files.facts(UPSCALERS, files.find(UPSCALERS, "some.safetensors")) == facts


def without(state: State, name: str) -> State:
    return {each: tensor for each, tensor in state.items() if each != name}


def named(*names: str) -> State:
    return {name: torch.zeros(1) for name in names}


REFUSED = {
    "SwinIR": named("conv_first.weight", "layers.0.residual_group.blocks.0.norm1.weight"),
    "Swin2SR": named(
        "layers.0.residual_group.blocks.0.norm1.weight", "layers.0.residual_group.blocks.0.attn.logit_scale"
    ),
    "HAT": named("layers.0.residual_group.blocks.0.norm1.weight", "layers.0.residual_group.overlap_attn.qkv.weight"),
    "DAT": named("params.before_RG.1.weight", "params.layers.0.blocks.0.norm1.weight"),
    "SPAN": named("block_1.c1_r.sk.weight"),
    "PLKSR": named("feats.0.weight", "feats.1.lk.conv.weight"),
    "ESRGAN\\+": of_the_first_program(esrgan()) | named("model.1.sub.0.RDB1.conv1x1.weight"),
    "checkpoint.*LoadCheckpoint": named("model.diffusion_model.input_blocks.0.0.weight"),
    "LoRA": named("lora_unet_down_blocks_0.lora_up.weight"),
    "ControlNet": named("control_model.input_hint_block.0.weight"),
    "autoencoder": named("encoder.conv_in.weight", "decoder.conv_in.weight"),
    "does not say which": {name: t for name, t in compact().items() if t.dim() == 4 or "bias" in name},
    "lacks 'conv_last.weight'": without(esrgan(), "conv_last.weight"),
    "would have": without(esrgan(), "body.1.rdb2.conv3.bias"),
    "three colours": compact() | {"body.0.weight": torch.zeros(FEATURES, 1, 3, 3)},
    "32 times larger": esrgan(5),
    "smaller": esrgan(1, shuffle=4),
    "fewer sides": esrgan() | named("conv_first.weight"),
    "the first is 'something'": named("something"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_another_file_is_refused_by_what_it_is(what: str, tmp_path: Path) -> None:
    with pytest.raises(NodeError, match=what) as raised:
        saved(tmp_path, REFUSED[what])

    assert (raised.value.code, raised.value.input) == ("unfit-file", "model_name")


def test_a_pickled_file_is_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "4x.pth").write_bytes(b"PK\x03\x04" + bytes(40))

    with pytest.raises(NodeError, match="weights_only=True"):
        load_upscale_model(as_file(tmp_path / "4x.pth"))


def test_a_tensor_of_another_shape_is_named_when_the_file_is_loaded(tmp_path: Path, cpu: Context) -> None:
    state = esrgan() | {"conv_body.weight": torch.zeros(FEATURES, FEATURES, 1, 1)}

    with pytest.raises(NodeError, match=r"is no ESRGAN upscaler.* conv_body\.weight") as raised:
        image_upscale_with_model(saved(tmp_path, state), pictures(1, 4, 4, 3), ctx=cpu)

    assert raised.value.code == "model-unfit"


def test_a_workflow_with_an_unfit_upscaler_is_refused_before_it_runs(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "upscale_models"
    folder.mkdir(parents=True)
    save_file(REFUSED["HAT"], folder / "hat.safetensors")

    with (
        Engine(tmp_path, device="cpu", caching=False) as engine,
        pytest.raises(WorkflowError, match="this is a HAT upscaler") as raised,
    ):
        engine.plan(workflow("upscale"), {"upscaler": "hat.safetensors"})

    assert [(each.node, each.input) for each in raised.value.problems] == [("upscaler", "model_name")]
