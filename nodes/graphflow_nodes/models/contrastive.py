"""A contrastive pair of encoders: which pictures and captions belong together (CLIP, Radford et al. 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, normalize

from graphflow_nodes.models.header import ModelFileError
from graphflow_nodes.models.inspect import read_config
from graphflow_nodes.models.load import load_module, vocabulary_of
from graphflow_nodes.models.parts import Part
from graphflow_nodes.models.text_encoder import TextEncoder
from graphflow_nodes.models.tokenizer import FILES, find_tokenizer, from_files

if TYPE_CHECKING:
    from graphflow_nodes.models.layout import Config
    from graphflow_nodes.models.tokenizer import Tokenizer

CLIP: Final = "clip"
TOWERS: Final = "graphflow-towers"
"""What a folder's config.json calls a whole pair, and a pair whose text tower is a checkpoint's text encoder."""

MEAN: Final = (0.48145466, 0.4578275, 0.40821073)
STD: Final = (0.26862954, 0.26130258, 0.27577711)
"""Of the pictures that CLIP was trained on; a folder's preprocessor_config.json may state its own."""

READ: Final = 75  # tokens of a caption between the two marks
PIXELS: Final = 2**22  # pictures go through the tower in groups of at most so many pixels


@dataclass(slots=True, eq=False)
class Contrastive(Part):
    """A tower for pictures, a tower for texts, and the size and colours that the first was trained on."""

    text: TextEncoder
    side: int
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def pictures(self, pictures: Tensor) -> Tensor:
        """Return unit vectors of pictures (batch, height, width, 3) in 0..1: (batch, features) float32 on the CPU.

        As in CLIP, the shorter side is brought to the tower's size and the middle cut out.
        """
        pixels = _middle(pictures[..., :3].movedim(-1, 1), self.side)
        mean, std = (torch.tensor(each)[:, None, None] for each in (self.mean, self.std))
        group = max(PIXELS // self.side**2, 1)
        with self.in_use(min(len(pixels), group) * self.side**2):
            parts = torch.split((pixels - mean) / std, group)
            seen = [self._look(part.to(self.device, self.dtype)).float().cpu() for part in parts]
        return normalize(torch.cat(seen), dim=1)

    def captions(self, captions: Sequence[str]) -> Tensor:
        """Return unit vectors of captions, of each its first 75 tokens: (captions, features) float32 on the CPU."""
        tokens = torch.tensor([self._tokens(caption) for caption in captions], device=self.device)
        with self.text.in_use(tokens.numel()), self.in_use(tokens.numel()):
            pooled: Tensor = self.text.module(input_ids=tokens, return_dict=False)[1]
            said = self._project(pooled.to(self.dtype)).float().cpu()
        return normalize(said, dim=1)

    def _tokens(self, caption: str) -> list[int]:
        """Return 77 ids: the caption as it stands, not read as a prompt with weights."""
        tokenizer = self.text.tokenizer
        ids = [token for word in tokenizer.words(caption) for token in word][:READ]
        return [tokenizer.bos, *ids, *[tokenizer.eos] * (READ + 1 - len(ids))]

    def _look(self, pixels: Tensor) -> Tensor:
        module: Any = self.module
        if hasattr(module, "picture"):
            return torch.as_tensor(module.picture(pixels))
        return torch.as_tensor(module.visual_projection(module.vision_model(pixel_values=pixels).pooler_output))

    def _project(self, pooled: Tensor) -> Tensor:
        module: Any = self.module
        words = module.words if hasattr(module, "words") else module.text_projection
        return torch.as_tensor(words(pooled))


def needs_text(path: Path) -> bool:
    """Say whether a folder holds picture towers only; raise ModelFileError when its config cannot be read."""
    return read_config(path / "config.json").get("model_type") == TOWERS


def load_contrastive(path: Path, text: TextEncoder | None, device: torch.device, dtype: torch.dtype) -> Contrastive:
    """Load a folder with config.json and safetensors; `text` stands in where it has no text tower.

    Raise ModelFileError when the folder is no such pair, or lacks a text tower that nobody gives.
    """
    config = read_config(path / "config.json")
    kind = config.get("model_type")
    if kind == CLIP:
        module = load_module(path, config, _build_clip, device, dtype)
        tower: Any = module
        encoder = TextEncoder(tower.text_model, device, _tokenizer(path, vocabulary_of(tower.text_model)))
        side = int(config.get("vision_config", {}).get("image_size", 224))
        return Contrastive(module, device, encoder, side, *_colours(path))
    if kind != TOWERS:
        raise ModelFileError(f"{path.name} is a {kind or 'folder of unknown kind'}, not a contrastive pair (CLIP)")
    if text is None:
        raise ModelFileError(f"{path.name} has no text tower of its own: link the clip of the checkpoint it belongs to")
    module = load_module(path, config, _build_towers, device, dtype)
    if (width := text.width) != config["text_width"]:
        raise ModelFileError(
            f"{path.name} wants text states {config['text_width']} wide, those of the clip are {width}"
        )
    return Contrastive(module, device, text, int(config["image_size"]), *_colours(path))


def _build_clip(config: Config) -> nn.Module:
    from graphflow_nodes.models.libraries import CLIPConfig, CLIPModel

    module: nn.Module = CLIPModel(CLIPConfig(**config))
    return module


def _build_towers(_config: Config) -> nn.Module:
    from graphflow_nodes.models.tower import Towers

    return Towers()


def _tokenizer(path: Path, size: int) -> Tokenizer:
    if all((path / name).is_file() for name in FILES):
        return from_files(path / FILES[0], path / FILES[1], size)
    return find_tokenizer(path, size)


def _colours(path: Path) -> tuple[tuple[float, ...], tuple[float, ...]]:
    file = path / "preprocessor_config.json"
    stated = read_config(file) if file.is_file() else {}
    return tuple(stated.get("image_mean", MEAN)), tuple(stated.get("image_std", STD))


def _middle(pictures: Tensor, side: int) -> Tensor:
    """Bring the shorter side to `side` and cut out the middle: (batch, 3, side, side)."""
    height, width = pictures.shape[-2:]
    scale = side / min(height, width)
    size = max(side, round(height * scale)), max(side, round(width * scale))
    scaled = interpolate(pictures, size, mode="bicubic", antialias=True).clamp(0, 1)
    top, left = (size[0] - side) // 2, (size[1] - side) // 2
    return scaled[..., top : top + side, left : left + side]
