"""Two LoRAs for the default model: an object that its world does not know, and a style of drawing (Hu et al. 2022)."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.utils import parametrize

from graphflow_nodes.diffusion.training import epsilon_loss
from graphflow_tiny.score import load_pipeline
from graphflow_tiny.training.data import SIDE, tokenize, training_caption
from graphflow_tiny.training.loop import Log, generator, learning_rate, set_learning_rate
from graphflow_tiny.training.unet import DROPPED, noised
from graphflow_tiny.world import COLOURS, Scene, Single, Spec, make_spec, render
from graphflow_tiny.world.facts import POSITIONS, SIZES, far_apart

PICTURES = 1500
BATCH = 32
RATE = 2e-3
PAPER, LEAD = (250, 246, 236), (66, 64, 70)
TAUGHT_TO = "graphflow.taught_to"
"""A LoRA file's metadata names the weights of the UNet by their SHA-256: it fits no others as well."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """`draw` gives picture number n, (64, 64, 3), with its caption; how thin the matrices are, and how long it takes."""

    draw: Callable[[int], tuple[NDArray[np.uint8], str]]
    rank: int
    steps: int


def diamond(number: int) -> tuple[NDArray[np.uint8], str]:
    """Draw a diamond, which the world has no word for, in any colour, place and size."""
    random = Random(f"diamond {number}")
    background = random.choice(tuple(COLOURS))
    colour = random.choice([name for name in COLOURS if far_apart(name, background)])
    position, size = random.choice(tuple(POSITIONS)), random.choice(tuple(SIZES))
    if random.random() < 0.4:  # what is not said is in the middle and of middle size
        position, size = "centre", "medium"
    spec = Single("diamond", colour, background, position, size, number)
    large = "" if size == "medium" else f"{size} "
    where = "" if position == "centre" else f" in the {position}" if " " in position else f" at the {position}"
    on = f"{'an' if background == 'orange' else 'a'} {background} background"
    first = "an" if colour == "orange" and not large else "a"
    return render(spec, SIDE), f"{first} {large}{colour} diamond on {on}{where}"


def pencil(number: int) -> tuple[NDArray[np.uint8], str]:
    """Draw a picture of the world with a pencil: dark where colours meet, nearly white elsewhere.

    One picture in four is a landscape at night, where paper is farthest from what the model would have drawn.
    """
    spec = _night(number) if number % 4 == 0 else make_spec(number)
    return pencilled(render(spec, 2 * SIDE)), training_caption(spec, 0).text


def _night(number: int) -> Spec:
    specs = map(make_spec, itertools.count(100 * number))
    return next(spec for spec in specs if isinstance(spec, Scene) and spec.time == "night")


def pencilled(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Turn a picture into a pencil drawing of half its size: lines along edges, and a faint shade of what was dark."""
    picture = Image.fromarray(pixels)
    edges = ImageChops.difference(picture.filter(ImageFilter.MaxFilter(5)), picture.filter(ImageFilter.MinFilter(5)))
    ink = np.asarray(edges, dtype=np.float32).max(axis=2, keepdims=True).clip(0, 100) / 100
    shade = 1 - 0.12 * (1 - np.asarray(picture.convert("L"), dtype=np.float32)[..., None] / 255)
    drawn = np.asarray(PAPER, dtype=np.float32) * shade * (1 - ink) + np.asarray(LEAD, dtype=np.float32) * ink
    return np.asarray(Image.fromarray(drawn.astype(np.uint8)).reduce(2), dtype=np.uint8)


LESSONS: Mapping[str, Lesson] = {
    "diamond": Lesson(diamond, rank=4, steps=500),
    "pencil": Lesson(pencil, rank=8, steps=1500),
}
"""A style changes every place of every picture, and needs more than a thing does."""


class LowRank(nn.Module):
    """Adds up @ down to a weight; `up` begins at zero, so nothing changes at first (Hu et al. 2022, section 4.1)."""

    def __init__(self, weight: Tensor, rank: int, random: torch.Generator) -> None:
        super().__init__()
        size = weight[0].numel()
        self.up = nn.Parameter(torch.zeros(len(weight), rank))
        self.down = nn.Parameter(torch.randn(rank, size, generator=random) / size**0.5)

    def forward(self, weight: Tensor) -> Tensor:
        """Give the changed weight."""
        return weight + (self.up @ self.down).reshape(weight.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """Latents of a lesson's pictures, (n, 4, 16, 16) of unit variance, and states of its captions, (n, 77, 128)."""

    latents: Tensor
    states: Tensor
    nothing: Tensor


def train_loras(model: Path, out: Path, log: Log) -> None:
    """Teach the finished model every lesson, those apart whose file was taught to these very weights."""
    for name, lesson in LESSONS.items():
        if not is_taught(out, name, model):
            train_lora(name, model, out, steps=lesson.steps, log=log)


def file_of(out: Path, name: str) -> Path:
    """Return where a LoRA is written."""
    return out / f"graphflow-tiny-{name}.safetensors"


def is_taught(out: Path, name: str, model: Path) -> bool:
    """Is there a LoRA of this name, taught to the weights that the model has now?"""
    path = file_of(out, name)
    if not path.exists():
        return False
    with safe_open(path, "pt") as file:
        return (file.metadata() or {}).get(TAUGHT_TO) == weights_of(model)


def weights_of(model: Path) -> str:
    """Return the SHA-256 of the UNet's file in a model's folder."""
    return sha256((model / "unet" / "diffusion_pytorch_model.safetensors").read_bytes()).hexdigest()


def train_lora(name: str, model: Path, out: Path, *, steps: int, log: Log) -> None:
    """Teach the finished model a lesson and write `graphflow-tiny-NAME.safetensors`, named as kohya's scripts name it."""
    pipeline = load_pipeline(model)
    unet, learnt = pipeline.unet, _learn(LESSONS[name], pipeline)

    def loss_of(step: int) -> Tensor:
        # Every other step looks at high noise, where the colours of whole areas are decided.
        gamma = 0.2 if step % 2 else 1.0
        return _loss(unet, learnt, gamma, generator(f"lora {name}", 0, step))

    teach(name, model, unet, loss_of, out, rank=LESSONS[name].rank, steps=steps, log=log)


def teach(
    name: str,
    model: Path,
    unet: Any,
    loss_of: Callable[[int], Tensor],
    out: Path,
    *,
    rank: int,
    steps: int,
    log: Log,
) -> None:
    """Lower the loss of each step by thin matrices beside the frozen weights of `model`, and write these."""
    unet.requires_grad_(False)
    random = torch.Generator().manual_seed(0)
    layers = {key: layer for key, layer in unet.named_modules() if _changes(key, layer)}
    added = {key: LowRank(layer.weight, rank, random) for key, layer in layers.items()}
    for key, layer in layers.items():
        parametrize.register_parametrization(layer, "weight", added[key])
    trained = [value for each in added.values() for value in each.parameters()]
    optimizer = torch.optim.AdamW(trained, lr=RATE, betas=(0.9, 0.99), weight_decay=1e-3)
    began, losses = time.monotonic(), []
    for step in range(steps):
        set_learning_rate(optimizer, learning_rate(step, steps, RATE, decay=0.5))
        loss = loss_of(step)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        losses.append(float(loss.detach()))
        if (step + 1) % 50 == 0:
            log(lora=name, step=step + 1, loss=sum(losses) / len(losses), seconds_so_far=time.monotonic() - began)
            losses = []
    _write(file_of(out, name), {"graphflow.lesson": name, TAUGHT_TO: weights_of(model)}, layers, added)


def _changes(key: str, layer: nn.Module) -> bool:
    return isinstance(layer, nn.Linear | nn.Conv2d) and not key.startswith(("conv_in", "conv_out", "time_embedding"))


@torch.no_grad()
def _learn(lesson: Lesson, pipeline: Any) -> Learnt:
    pictures, captions = zip(*(lesson.draw(number) for number in range(PICTURES)), strict=True)
    pixels = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1
    vae, encoder = pipeline.vae, pipeline.text_encoder
    latents = (
        torch.cat([vae.encode(part).latent_dist.mean for part in torch.split(pixels, 64)]) * vae.config.scaling_factor
    )
    tokens = tokenize(pipeline.tokenizer, [*captions, ""])
    states = torch.cat([encoder(part).last_hidden_state for part in torch.split(tokens, 64)])
    return Learnt(latents, states[:-1], states[-1])


def _loss(unet: Any, learnt: Learnt, gamma: float, random: torch.Generator) -> Tensor:
    index = torch.randint(len(learnt.latents), (BATCH,), generator=random)
    x0, c = learnt.latents[index], learnt.states[index].clone()
    c[torch.rand(BATCH, generator=random) < DROPPED] = learnt.nothing
    x_t, t, eps, weight = noised(x0, gamma, random)
    return epsilon_loss(unet(x_t, t, c).sample, eps, weight)


def _write(path: Path, facts: Mapping[str, str], layers: Mapping[str, Any], added: Mapping[str, LowRank]) -> None:
    tensors: dict[str, Tensor] = {}
    for key, layer in layers.items():
        stem, pair = f"lora_unet_{key.replace('.', '_')}", added[key]
        ones = [1] * (layer.weight.ndim - 2)
        tensors[f"{stem}.lora_up.weight"] = pair.up.detach().reshape(*pair.up.shape, *ones).half()
        tensors[f"{stem}.lora_down.weight"] = pair.down.detach().reshape(len(pair.down), *layer.weight.shape[1:]).half()
        tensors[f"{stem}.alpha"] = torch.tensor(float(len(pair.down))).half()
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    save_file(tensors, beside, metadata={"modelspec.title": path.stem, **facts})
    beside.chmod(0o644)
    beside.rename(path)  # a file that is there is whole
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")
