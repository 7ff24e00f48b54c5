"""Previews of models whose autoencoder is heavy, where a tiny one lies beside; and the tiny one in that one's place."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from safetensors.torch import load_file, save_file
from torch.testing import assert_close

from graphflow.api import Context, Facts, File, Folder, NodeError
from graphflow.engine import Engine
from graphflow.events import Event, NodePreview
from graphflow.files import FileProblem, Files
from graphflow_nodes.latent.vae import vae_decode, vae_encode
from graphflow_nodes.loaders import load_vae
from graphflow_nodes.models import parts
from graphflow_nodes.models.parts import Space
from graphflow_nodes.models.pool import ModelPool
from graphflow_nodes.models.recipes import Source, VaeRecipe
from graphflow_nodes.previews import APPROXIMATE, REST, Sketcher, sketcher_of, tiny_for
from graphflow_nodes.values import Image, Latent
from tests.models.tiny_files import WEIGHTS, make_tiny, state_scale, write_half, write_tiny

WORKFLOW = {
    "model": {"type": "LoadCheckpoint", "inputs": {"ckpt_name": "small"}},
    "text": {"type": "CLIPEncode", "inputs": {"clip": {"node": "model", "output": "clip"}, "text": "a house"}},
    "blank": {"type": "EmptyLatent", "inputs": {"width": 64, "height": 48}},
    "sampler": {
        "type": "KSampler",
        "inputs": {
            "model": {"node": "model", "output": "model"},
            "positive": {"node": "text", "output": "out"},
            "negative": {"node": "text", "output": "out"},
            "latent_image": {"node": "blank", "output": "out"},
            "steps": 2,
        },
    },
}


def sample(folder: File, home: Path) -> tuple[list[Event], list[str]]:
    """Sample with a model in a home that may hold more; return what was told and the names of the parts in memory."""
    shutil.copytree(folder.path, home / "models" / "checkpoints" / "small", dirs_exist_ok=True)
    events: list[Event] = []
    with Engine(home, device="cpu", caching=False) as engine:
        workflow = engine.read({"format": "graphflow/1", "nodes": WORKFLOW})
        resolved, plan = engine.plan(workflow, targets=["sampler"])
        engine.execute(resolved, plan, emit=events.append, previews=True)
        return events, [each.name for each in engine.resources.held()]


def write_red(home: Path, scale: float = 0.5) -> Path:
    """Put a decoder in place that draws everything red, for latents of the scale that the model's have."""
    folder = write_tiny(home / "models" / "vae_approx" / "red")
    path = folder / WEIGHTS
    tensors = {name: torch.zeros_like(tensor) for name, tensor in load_file(path).items()}
    last = max((name for name in tensors if name.startswith("decoder.")), key=lambda name: int(name.split(".")[2]))
    tensors[last.rpartition(".")[0] + ".bias"] = torch.tensor([1.0, 0.0, 0.0])
    save_file(tensors, path)
    state_scale(path, scale)
    return folder


def first_preview(events: Sequence[Event]) -> np.ndarray:
    data = next(event.data for event in events if isinstance(event, NodePreview))
    return np.asarray(Pillow.open(BytesIO(data)))


def is_red(picture: np.ndarray) -> bool:
    return bool((picture[..., 0] > 240).all() and (picture[..., 1:] < 16).all())


def test_a_heavy_models_preview_is_drawn_by_the_tiny_one_and_the_large_one_is_never_loaded(
    folder: File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "LIGHT", 0)
    write_red(tmp_path)

    events, held = sample(folder, tmp_path)

    picture = first_preview(events)
    assert picture.shape == (48 * 4, 64 * 4, 3)
    assert is_red(picture)
    assert sorted(held) == ["red (TinyAutoencoder)", "small (TextEncoder)", "small (Unet)"]


def test_without_a_tiny_one_the_colours_of_the_models_own_are_taken(
    folder: File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "LIGHT", 0)

    events, held = sample(folder, tmp_path)

    assert first_preview(events).shape == (192, 256, 3)  # 12 x 16 cells of one colour, enlarged
    assert not is_red(first_preview(events))
    assert sorted(held) == ["small (Autoencoder)", "small (TextEncoder)", "small (Unet)"]


class Shelf(Context):
    """A context whose files lie in one home's models, and which remembers what it was told."""

    def __init__(self, home: Path) -> None:
        super().__init__()
        self.shelf = Files({"vae_approx": (home / "models" / "vae_approx",)}, None)
        self.said: list[str] = []

    def files(self, folder: Folder) -> Sequence[tuple[File, Facts]]:
        return self.shelf.fitting(folder)

    def log(self, message: str) -> None:
        self.said.append(message)


def draw(folder: File, ctx: Context) -> tuple[np.ndarray, list[str]]:
    """Draw one estimate of a model; return the picture and the names of the parts in memory."""
    pool = ModelPool("cpu")
    sketcher = sketcher_of(ctx, pool, VaeRecipe(Source.of(folder), "sd15"), Space(4, 4, 0.5))
    data = sketcher.draw(torch.randn(1, 4, 12, 16, generator=torch.Generator().manual_seed(1)))
    return np.asarray(Pillow.open(BytesIO(data))), [each.name for each in pool.held()]


def test_one_for_other_latents_is_left_alone(folder: File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "LIGHT", 0)
    write_red(tmp_path, scale=0.18215)

    picture, held = draw(folder, Shelf(tmp_path))

    assert not is_red(picture)
    assert held == ["small (Autoencoder)"]


def test_a_light_model_draws_its_own_previews(folder: File, tmp_path: Path) -> None:
    write_red(tmp_path)

    picture, held = draw(folder, Shelf(tmp_path))

    assert not is_red(picture)
    assert held == ["small (Autoencoder)"]


def test_a_damaged_tiny_one_is_named_and_ends_no_run(
    folder: File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "LIGHT", 0)
    path = write_red(tmp_path) / WEIGHTS
    tensors = load_file(path)
    tensors.popitem()
    save_file(tensors, path)
    state_scale(path, 0.5)
    ctx = Shelf(tmp_path)

    picture, _ = draw(folder, ctx)

    assert not is_red(picture)
    assert len(ctx.said) == 1
    assert ctx.said[0].startswith("previews are drawn without red: red does not fit its config: it lacks")


class Beside(Context):
    """A context with these files beside."""

    def __init__(self, *scales: float) -> None:
        super().__init__()
        self.scales = scales

    def files(self, folder: Folder) -> Sequence[tuple[File, Facts]]:
        return [
            (File(f"{scale}", Path(f"{scale}"), "00" * 32), {"latent_channels": 4, "factor": 8, "scale": scale})
            for scale in self.scales
        ]


def test_the_tiny_one_for_the_models_latents_is_taken_and_no_other() -> None:
    known = Beside(0.13025, 0.18215)

    assert [tiny_for(known, Space(4, 8, scale)) for scale in (0.13025, 0.1822)] == [
        file for file, _ in known.files(APPROXIMATE)
    ]
    for other in (Space(4, 8, 0.15), Space(4, 4, 0.18215), Space(16, 8, 0.18215)):
        assert tiny_for(known, other) is None


def test_previews_take_a_quarter_of_the_time_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 10.0

    class Slow:
        def decode(self, latents: torch.Tensor) -> torch.Tensor:
            nonlocal now
            now += 2
            return torch.zeros(1, 8, 8, 3)

    def own() -> parts.Autoencoder:
        raise AssertionError("the model's own must not be loaded")

    monkeypatch.setattr("graphflow_nodes.previews.monotonic", lambda: now)
    sketcher = Sketcher(own, 1.0, Slow, lambda _: True)

    ready = [sketcher.is_ready()]
    sketcher.draw(torch.zeros(1, 4, 2, 2))
    for later in (2 * REST - 0.1, 0.2):
        now += later
        ready.append(sketcher.is_ready())

    assert ready == [True, False, True]


def test_load_vae_takes_a_tiny_one_in_place_of_the_whole(cpu: Context, tmp_path: Path) -> None:
    from diffusers import AutoencoderTiny

    path = write_tiny(tmp_path / "vae" / "taesd", make_tiny(3))
    files = Files({"vae": (tmp_path / "vae",)}, None)
    pictures = torch.rand(1, 32, 24, 3, generator=torch.Generator().manual_seed(1))

    vae = load_vae(files.find(Folder("vae", (), bundle="config.json"), "taesd"))
    latent = vae_encode(Image(pictures), vae, ctx=cpu)
    drawn = vae_decode(latent, vae, ctx=cpu)

    theirs = AutoencoderTiny.from_pretrained(path)
    with torch.no_grad():
        z = theirs.encode(pictures.movedim(-1, 1) * 2 - 1).latents
        expected = (theirs.decode(z).sample / 2 + 0.5).clamp(0, 1).movedim(1, -1)
    assert isinstance(latent.samples, torch.Tensor)
    assert_close(latent.samples * 0.18215, z, atol=1e-5, rtol=1e-5)
    assert_close(drawn.tensor, expected, atol=1e-5, rtol=0)


def test_half_a_tiny_one_decodes_and_says_why_it_cannot_encode(cpu: Context, tmp_path: Path) -> None:
    path = write_half(write_tiny(tmp_path / "taesd"), tmp_path / "taesd_decoder.safetensors")
    vae = load_vae(File(path.name, path, "7d" * 32))

    assert vae_decode(Latent(torch.zeros(1, 4, 3, 2)), vae, ctx=cpu).tensor.shape == (1, 12, 8, 3)
    with pytest.raises(NodeError, match="its encoder is needed"):
        vae_encode(Image(torch.zeros(1, 8, 8, 3)), vae, ctx=cpu)


def test_unfit_files_are_refused_before_anything_runs(folder: File, tmp_path: Path) -> None:
    root = tmp_path / "vae_approx"
    root.mkdir()
    shutil.copytree(folder.path / "vae", root / "whole")
    (root / "taesd_decoder.pth").write_bytes(b"PK")
    files = Files({"vae_approx": (root,)}, None)

    with pytest.raises(FileProblem, match="whole is a whole autoencoder, whose place is models/vae"):
        files.facts(APPROXIMATE, files.find(APPROXIMATE, "whole"))
    with pytest.raises(FileProblem, match=r"'taesd_decoder\.pth' is not accepted") as refused:
        files.find(APPROXIMATE, "taesd_decoder.pth")
    assert "safetensors" in (refused.value.hint or "")
    assert files.fitting(APPROXIMATE) == ()
