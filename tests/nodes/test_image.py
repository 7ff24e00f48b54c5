from __future__ import annotations

import json
import struct
import zlib
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from torch import Tensor
from torch.nn.functional import avg_pool2d
from torch.testing import assert_close

from graphflow.api import NodeError, RunCancelled
from graphflow_nodes.image.files import load_image, preview_image, save_image
from graphflow_nodes.image.scale import image_scale
from graphflow_nodes.values import Image
from tests.nodes.recording import Recorder, as_file

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def noise(batch: int, height: int, width: int, channels: int = 3) -> Tensor:
    return torch.rand(batch, height, width, channels, generator=torch.Generator().manual_seed(3))


def smooth(height: int, width: int) -> Tensor:
    """A ramp in each direction: (1, height, width, 3)."""
    rows = ((torch.arange(height) + 0.5) / height)[:, None]
    columns = ((torch.arange(width) + 0.5) / width)[None]
    return torch.stack([rows.expand(height, width), columns.expand(height, width), rows * columns], -1)[None]


# --- LoadImage ---------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["png", "bmp", "webp", "gif"])
def test_a_picture_is_loaded_with_its_exact_colours(tmp_path: Path, suffix: str) -> None:
    picture = Pillow.new("RGB", (3, 2), RED)
    picture.putpixel((2, 1), BLUE)
    picture.save(tmp_path / f"two.{suffix}", lossless=True)  # which only WebP needs to be told

    image, mask = load_image(as_file(tmp_path / f"two.{suffix}"))

    want = torch.tensor([1.0, 0, 0]).repeat(1, 2, 3, 1)
    want[0, 1, 2] = torch.tensor([0.0, 0, 1])
    assert_close(image.tensor, want)
    assert_close(mask.tensor, torch.zeros(1, 64, 64))


def test_the_mask_is_one_where_the_picture_is_transparent(tmp_path: Path) -> None:
    picture = Pillow.new("RGBA", (2, 1), (*GREEN, 255))
    picture.putpixel((1, 0), (*GREEN, 51))
    picture.save(tmp_path / "glass.png")

    image, mask = load_image(as_file(tmp_path / "glass.png"))

    assert image.tensor.shape == (1, 1, 2, 3)
    assert_close(mask.tensor, torch.tensor([[[0.0, 0.8]]]))


def test_a_palette_with_a_transparent_colour_has_a_mask(tmp_path: Path) -> None:
    picture = Pillow.new("P", (2, 1), 0)
    picture.putpalette([*RED, *BLUE])
    picture.putpixel((1, 0), 1)
    picture.save(tmp_path / "palette.png", transparency=1)

    image, mask = load_image(as_file(tmp_path / "palette.png"))

    assert_close(image.tensor[0, 0, 0], torch.tensor([1.0, 0, 0]))
    assert_close(mask.tensor, torch.tensor([[[0.0, 1.0]]]))


def test_a_photograph_on_its_side_is_turned_upright(tmp_path: Path) -> None:
    picture = Pillow.new("RGB", (32, 16), RED)
    picture.paste(BLUE, (16, 0, 32, 16))
    exif = Pillow.Exif()
    exif[0x0112] = 6  # the camera was held so that the left edge is the top
    picture.save(tmp_path / "photo.jpg", exif=exif, quality=95)

    image, _ = load_image(as_file(tmp_path / "photo.jpg"))

    assert image.tensor.shape == (1, 32, 16, 3)
    assert image.tensor[0, 2, 8, 0] > 0.9
    assert image.tensor[0, 29, 8, 2] > 0.9


def test_sixteen_bits_of_grey_keep_their_range(tmp_path: Path) -> None:
    Pillow.fromarray(np.array([[0, 32_768, 65_535]], dtype=np.uint16)).save(tmp_path / "deep.png")

    image, _ = load_image(as_file(tmp_path / "deep.png"))

    assert_close(image.tensor[0, 0, :, 1], torch.tensor([0.0, 0.5, 1.0]), atol=1e-4, rtol=0)


def test_the_frames_of_an_animation_are_a_batch(tmp_path: Path) -> None:
    frames = [Pillow.new("RGB", (4, 4), colour) for colour in (RED, GREEN, BLUE)]
    frames[0].save(tmp_path / "move.gif", save_all=True, append_images=frames[1:])

    image, mask = load_image(as_file(tmp_path / "move.gif"))

    assert_close(image.tensor[:, 0, 0], torch.eye(3), atol=0.01, rtol=0)
    assert len(mask.tensor) == 3


def test_a_truncated_picture_is_refused_by_name(tmp_path: Path) -> None:
    Pillow.fromarray((noise(1, 64, 64)[0].numpy() * 255).astype(np.uint8)).save(tmp_path / "half.png")
    (tmp_path / "half.png").write_bytes((tmp_path / "half.png").read_bytes()[:5000])

    with pytest.raises(NodeError, match=r"'half.png' is damaged or no picture") as raised:
        load_image(as_file(tmp_path / "half.png"))

    assert (raised.value.code, raised.value.input) == ("bad-picture", "image")
    assert raised.value.hint


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"<html>", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_what_is_no_picture_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "lie.png").write_bytes(data)

    with pytest.raises(NodeError, match="damaged or no picture"):
        load_image(as_file(tmp_path / "lie.png"))


def test_a_gigantic_picture_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    for side in (12_000, 60_000):
        header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
        bomb = (
            b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")
        )
        (tmp_path / "bomb.png").write_bytes(bomb)

        with pytest.raises(NodeError, match=r"'bomb.png' is too large") as raised:
            load_image(as_file(tmp_path / "bomb.png"))

        assert raised.value.code == "picture-too-large"


# --- SaveImage and PreviewImage ----------------------------------------------------------------


def test_every_picture_of_a_batch_is_saved_and_loads_again(tmp_path: Path) -> None:
    ctx = Recorder()
    pictures = noise(2, 5, 7)

    saved = save_image(Image(pictures), filename_prefix="cats/evening", ctx=ctx)

    assert [(name, kind) for name, kind, _ in ctx.saved] == [("cats/evening", "output")] * 2
    assert [each.media_type for each in saved.images] == ["image/png"] * 2
    assert ctx.steps == [(1, 2), (2, 2)]
    for index, (_, _, data) in enumerate(ctx.saved):
        (tmp_path / "again.png").write_bytes(data)
        again = load_image(as_file(tmp_path / "again.png")).image.tensor[0]
        assert_close(again, pictures[index], atol=1 / 255, rtol=0)


def test_values_are_cut_off_not_rounded_and_never_wrap() -> None:
    ctx = Recorder()
    values = torch.tensor([0.999 / 255, 1.0 / 255, 254.999 / 255, 1.0, 1.7, -0.3])

    save_image(Image(values.reshape(1, 1, 6, 1).expand(1, 1, 6, 3)), ctx=ctx)

    assert np.asarray(ctx.pictures[0])[0, :, 0].tolist() == [0, 1, 254, 255, 255, 0]


def test_the_alpha_of_a_picture_is_saved() -> None:
    ctx = Recorder()

    save_image(Image(torch.full((1, 2, 2, 4), 0.5)), ctx=ctx)

    assert ctx.pictures[0].mode == "RGBA"


def test_the_file_carries_every_text_and_a_completed_manifest() -> None:
    ctx = Recorder(metadata={"prompt": '{"a": "Käse \u732b"}', "graphflow.run": '{"graphflow": "0.1.0"}'})

    save_image(Image(noise(2, 4, 4)), ctx=ctx)

    first, second = (picture.info for picture in ctx.pictures)
    assert first["prompt"] == '{"a": "Käse \u732b"}'
    manifest = json.loads(second["graphflow.run"])
    assert manifest["graphflow"] == "0.1.0"
    assert manifest["batch"] == {"index": 1, "size": 2}
    assert manifest["device"].startswith(("cpu", "cuda"))
    assert manifest["dtype"] in ("float32", "float16", "bfloat16")


def test_the_same_pixels_and_texts_give_the_same_bytes() -> None:
    one, two = Recorder(metadata={"a": "1", "b": "2"}), Recorder(metadata={"b": "2", "a": "1"})

    for ctx in (one, two):
        save_image(Image(noise(1, 8, 8)), ctx=ctx)

    assert one.saved == two.saved


def test_a_file_name_can_say_size_number_and_time() -> None:
    ctx = Recorder()

    save_image(Image(noise(2, 4, 6)), filename_prefix="%year%-%month%/%width%x%height%_%batch_num%_%colour%", ctx=ctx)

    day = datetime.now().strftime("%Y-%m")
    assert [name for name, _, _ in ctx.saved] == [f"{day}/6x4_0_%colour%", f"{day}/6x4_1_%colour%"]


def test_a_preview_is_a_picture_that_may_vanish() -> None:
    ctx = Recorder()

    shown = preview_image(Image(noise(1, 4, 4)), ctx=ctx)

    assert [kind for _, kind, _ in ctx.saved] == ["preview"]
    assert len(shown.images) == 1


def test_a_tensor_that_is_no_picture_is_refused() -> None:
    with pytest.raises(NodeError, match="1, 3 or 4 channels, this one has 5"):
        save_image(Image(noise(1, 4, 4, 5)), ctx=Recorder())


def test_saving_stops_between_pictures() -> None:
    ctx = Recorder(cancel_after=1)

    with pytest.raises(RunCancelled):
        save_image(Image(noise(3, 4, 4)), ctx=ctx)

    assert len(ctx.saved) == 1


# --- ImageScale --------------------------------------------------------------------------------


def scale(pictures: Tensor, width: int, height: int, method: str, crop: str = "disabled") -> Tensor:
    return image_scale(Image(pictures), upscale_method=method, width=width, height=height, crop=crop).tensor


@pytest.mark.parametrize("method", ["nearest-exact", "bilinear", "area", "bicubic", "lanczos"])
def test_every_method_gives_the_size_and_keeps_a_plain_colour(method: str) -> None:
    plain = torch.tensor([0.2, 0.5, 0.9]).expand(2, 6, 8, 3)

    assert_close(scale(plain, 20, 5, method), torch.tensor([0.2, 0.5, 0.9]).expand(2, 5, 20, 3))


@pytest.mark.parametrize("method", ["bilinear", "bicubic", "lanczos"])
def test_the_smooth_methods_keep_a_ramp_smooth(method: str) -> None:
    large = scale(smooth(16, 16), 64, 64, method)

    assert_close(large[0, 8:-8, 8:-8], smooth(64, 64)[0, 8:-8, 8:-8], atol=0.01, rtol=0)


def test_nearest_copies_pixels_and_area_averages_them() -> None:
    pictures = noise(1, 8, 8)

    assert_close(scale(pictures, 16, 16, "nearest-exact"), pictures.repeat_interleave(2, 1).repeat_interleave(2, 2))
    assert_close(scale(pictures, 4, 4, "area"), avg_pool2d(pictures.movedim(-1, 1), 2).movedim(1, -1))


def test_sharp_methods_do_not_leave_the_range_of_colours() -> None:
    edges = (noise(1, 8, 8) > 0.5).float()

    for method in ("bicubic", "lanczos"):
        large = scale(edges, 32, 32, method)
        assert 0 <= large.min() <= large.max() <= 1


def test_a_centre_crop_keeps_the_middle_undistorted() -> None:
    wide = smooth(10, 30)

    assert_close(scale(wide, 10, 10, "nearest-exact", "center"), wide[:, :, 10:20])
    assert_close(scale(wide.transpose(1, 2), 10, 10, "nearest-exact", "center"), wide.transpose(1, 2)[:, 10:20])


@pytest.mark.parametrize(
    ("width", "height", "want"), [(0, 5, (15, 5)), (15, 0, (15, 5)), (0, 0, (30, 10)), (1, 0, (1, 1))]
)
def test_a_zero_keeps_the_shape(width: int, height: int, want: tuple[int, int]) -> None:
    assert scale(noise(1, 10, 30), width, height, "bilinear").shape == (1, want[1], want[0], 3)
