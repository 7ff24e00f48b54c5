"""The worker's models: loaded when a node needs them, shared, and kept by least-recent use within a budget."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import torch

from graphflow.api import DeviceMemory, Held, NodeError, resource
from graphflow_nodes.models.device import choose_device, choose_dtype, default_budget, memory_of
from graphflow_nodes.models.header import ModelFileError
from graphflow_nodes.models.inspect import config_of_vae, factor_of, inspect_checkpoint, is_tiny
from graphflow_nodes.models.recipes import (
    ALONE,
    ClipRecipe,
    ControlRecipe,
    EncodersRecipe,
    ModelRecipe,
    Recipe,
    UpscalerRecipe,
    VaeRecipe,
)

if TYPE_CHECKING:
    from graphflow_nodes.models.contrastive import Contrastive
    from graphflow_nodes.models.controlnet import ControlNet
    from graphflow_nodes.models.parts import Autoencoder, Part, Space, Unet
    from graphflow_nodes.models.text_encoder import TextEncoder
    from graphflow_nodes.models.upscaling import Upscaler

P = TypeVar("P", bound="Part")


@resource
class ModelPool:
    """Materialise recipes on a device and keep what was used last.

    `budget` is in bytes of weights. A part in use is never dropped, so the budget may be exceeded for that time.
    """

    def __init__(self, device: str = "auto", budget: int | None = None) -> None:
        self.device = choose_device(device)
        self.budget = default_budget(self.device) if budget is None else budget
        self._parts: dict[Recipe, Part] = {}  # least recently used first
        self._table = threading.Lock()
        self._loading = threading.Lock()

    def model(self, recipe: ModelRecipe) -> Unet:
        """Return the network of a recipe, with the denoiser that every job on it shares.

        Recipes that differ only in how the network is sampled from share it: `sampling` changes no weights. One with
        LoRAs shares what they leave as it is with the one without.
        """
        recipe = replace(recipe, sampling=())
        if not recipe.loras:
            return self._get(recipe, lambda: self._load_unet(recipe))
        plain = self.model(replace(recipe, loras=()))
        return self._get(recipe, lambda: self._merge_unet(recipe, plain))

    def clip(self, recipe: ClipRecipe) -> TextEncoder:
        """Return the text encoder of a recipe; which of its layers is read is said to `encode`, so all share one."""
        whole = replace(recipe, last_layer=-1)
        if not whole.loras:
            return self._get(whole, lambda: self._load_text_encoder(whole))
        plain = self.clip(replace(whole, loras=()))
        return self._get(whole, lambda: self._merge_text_encoder(whole, plain))

    def vae(self, recipe: VaeRecipe) -> Autoencoder:
        """Return the autoencoder of a recipe."""
        return self._get(recipe, lambda: self._load_autoencoder(recipe))

    def encoders(self, recipe: EncodersRecipe) -> Contrastive:
        """Return the contrastive pair of a recipe."""
        text = self.clip(recipe.text) if recipe.text is not None else None
        return self._get(recipe, lambda: self._load_encoders(recipe, text))

    def upscaler(self, recipe: UpscalerRecipe) -> Upscaler:
        """Return the upscaler of a recipe."""
        return self._get(recipe, lambda: self._load_upscaler(recipe))

    def control(self, recipe: ControlRecipe) -> ControlNet:
        """Return the ControlNet of a recipe."""
        return self._get(recipe, lambda: self._load_control(recipe))

    def device_memory(self) -> DeviceMemory:
        """Say where the parts are, and how much memory there is."""
        return memory_of(self.device)

    def held(self) -> list[Held]:
        """List the parts in memory, least recently used first; what parts share counts for the first of them."""
        with self._table:
            sizes = _sizes(self._parts.values())
            return [
                Held(
                    f"{_name(recipe)} ({type(part).__name__})",
                    size,
                    str(self.device),
                    f"in use by {part.users}" if part.users else "recently used",
                )
                for (recipe, part), size in zip(self._parts.items(), sizes, strict=True)
            ]

    def release(self, wanted: int, /) -> int:
        """Drop the least recently used idle parts until so many bytes are free; return how many were freed."""
        freed = 0
        with self._table:
            before = sum(_sizes(self._parts.values()))
            for recipe, part in list(self._parts.items()):
                if freed < wanted and not part.users:
                    del self._parts[recipe]
                    freed = before - sum(_sizes(self._parts.values()))
                del part
        if freed:
            self._give_back()
        return freed

    def close(self) -> None:
        """Drop everything."""
        with self._table:
            self._parts.clear()
        self._give_back()

    def _get(self, recipe: Recipe, load: Callable[[], P]) -> P:
        part = self._find(recipe)
        if part is None:
            with self._loading:
                part = self._find(recipe)  # another thread may have loaded it meanwhile
                if part is None:
                    part = self._load(recipe, load)
        return part  # type: ignore[return-value]  # each kind of recipe makes its own kind of part

    def _find(self, recipe: Recipe) -> Part | None:
        with self._table:
            part = self._parts.pop(recipe, None)
            if part is not None:
                self._parts[recipe] = part  # now the most recently used
            return part

    def _load(self, recipe: Recipe, load: Callable[[], P]) -> P:
        try:
            with torch.inference_mode(mode=False):  # else a preview's autoencoder could never be asked for a gradient
                part = load()
        except ModelFileError as error:
            raise NodeError(str(error), code="model-unfit") from error
        except FileNotFoundError as error:
            raise NodeError(
                f"{recipe.checkpoint.name} is gone from {recipe.checkpoint.path}", code="model-gone"
            ) from error
        with self._table:
            over = sum(_sizes([*self._parts.values(), part])) - self.budget
        if over > 0:
            self.release(over)
        with self._table:
            self._parts[recipe] = part
        return part

    def _load_unet(self, recipe: ModelRecipe) -> Unet:
        from graphflow_nodes.models import load
        from graphflow_nodes.models.parts import Unet

        path = recipe.checkpoint.location
        module = load.load_unet(path, recipe.family, self.device, choose_dtype(self.device))
        return Unet(module, self.device, self._space(recipe), load.load_sampling(path))

    def _merge_unet(self, recipe: ModelRecipe, plain: Unet) -> Unet:
        from graphflow_nodes.models.merging import merged_network
        from graphflow_nodes.models.parts import Unet

        module = plain.module
        for lora in recipe.loras:
            module = merged_network(module, lora.source.location, lora.strength)
        return Unet(module, plain.device, plain.space, plain.sampling)

    def _merge_text_encoder(self, recipe: ClipRecipe, plain: TextEncoder) -> TextEncoder:
        from graphflow_nodes.models.merging import merged_text_encoder
        from graphflow_nodes.models.text_encoder import TextEncoder

        module = plain.module
        for lora in recipe.loras:
            module = merged_text_encoder(module, lora.source.location, lora.strength)
        return TextEncoder(module, plain.device, plain.tokenizer)

    def _load_text_encoder(self, recipe: ClipRecipe) -> TextEncoder:
        from graphflow_nodes.models import load
        from graphflow_nodes.models.text_encoder import TextEncoder
        from graphflow_nodes.models.tokenizer import find_tokenizer

        path = recipe.checkpoint.location
        module = load.load_text_encoder(path, recipe.family, self.device, choose_dtype(self.device))
        return TextEncoder(module, self.device, find_tokenizer(path, load.vocabulary_of(module)))

    def _load_autoencoder(self, recipe: VaeRecipe) -> Autoencoder:
        from graphflow_nodes.models import load
        from graphflow_nodes.models.parts import Autoencoder, Space
        from graphflow_nodes.models.tiny import load_tiny

        # In full precision everywhere: half precision is known to overflow in decoders, which are a small part of the time.
        path = recipe.checkpoint.location
        if recipe.family != ALONE:
            return Autoencoder(
                load.load_vae(path, recipe.family, self.device, torch.float32), self.device, self._space(recipe)
            )
        config = config_of_vae(path)
        if is_tiny(config):
            return load_tiny(path, self.device)
        module = load.load_vae_alone(path, self.device, torch.float32)
        factor, scale = factor_of(config), float(config.get("scaling_factor", 0.18215))
        return Autoencoder(module, self.device, Space(int(config["latent_channels"]), factor, scale))

    def _load_encoders(self, recipe: EncodersRecipe, text: TextEncoder | None) -> Contrastive:
        from graphflow_nodes.models.contrastive import load_contrastive

        # In full precision everywhere: the towers are small, and scores are compared by their last digits.
        return load_contrastive(recipe.checkpoint.location, text, self.device, torch.float32)

    def _load_upscaler(self, recipe: UpscalerRecipe) -> Upscaler:
        from graphflow_nodes.models.upscaling import load_upscaler

        return load_upscaler(recipe.checkpoint.location, self.device)

    def _load_control(self, recipe: ControlRecipe) -> ControlNet:
        from graphflow_nodes.models.controlnet import ControlNet, load_controlnet

        module = load_controlnet(recipe.checkpoint.location, self.device, choose_dtype(self.device))
        return ControlNet(module, self.device)

    def _space(self, recipe: Recipe) -> Space:
        from graphflow_nodes.models import load
        from graphflow_nodes.models.parts import Space

        path = recipe.checkpoint.location
        facts = inspect_checkpoint(path)
        return Space(int(facts["latent_channels"] or 0), int(facts["factor"] or 0), load.scale_of(path, recipe.family))

    def _give_back(self) -> None:
        """Return freed memory to the device."""
        gc.collect()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()


def _sizes(parts: Iterable[Part]) -> list[int]:
    """Return the bytes of each part that no part before it has counted."""
    counted: set[int] = set()
    sizes = []
    for part in parts:
        own = {id(tensor): tensor for tensor in part.tensors if id(tensor) not in counted}
        counted |= own.keys()
        sizes.append(sum(tensor.nbytes for tensor in own.values()))
    return sizes


def _name(recipe: Recipe) -> str:
    loras = (f"{lora.source.name} at {lora.strength:g}" for lora in recipe.loras)
    return " with ".join((recipe.checkpoint.name, *loras))
