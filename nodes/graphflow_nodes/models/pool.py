"""The worker's models: loaded when a node needs them, shared, and kept by least-recent use within a budget."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import torch

from graphflow.api import DeviceMemory, Held, NodeError, resource
from graphflow_nodes.models.device import choose_device, choose_dtype, default_budget, memory_of
from graphflow_nodes.models.header import ModelFileError
from graphflow_nodes.models.inspect import inspect_checkpoint
from graphflow_nodes.models.recipes import ClipRecipe, ControlRecipe, EncodersRecipe, ModelRecipe, Recipe, VaeRecipe

if TYPE_CHECKING:
    from graphflow_nodes.models.contrastive import Contrastive
    from graphflow_nodes.models.controlnet import ControlNet
    from graphflow_nodes.models.parts import Autoencoder, Part, Space, Unet
    from graphflow_nodes.models.text_encoder import TextEncoder

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

        Recipes that differ only in how the network is sampled from share it: `sampling` changes no weights.
        """
        recipe = replace(recipe, sampling=())
        return self._get(recipe, lambda: self._load_unet(recipe))

    def clip(self, recipe: ClipRecipe) -> TextEncoder:
        """Return the text encoder of a recipe; which of its layers is read is said to `encode`, so all share one."""
        whole = replace(recipe, last_layer=-1)
        return self._get(whole, lambda: self._load_text_encoder(whole))

    def vae(self, recipe: VaeRecipe) -> Autoencoder:
        """Return the autoencoder of a recipe."""
        return self._get(recipe, lambda: self._load_autoencoder(recipe))

    def encoders(self, recipe: EncodersRecipe) -> Contrastive:
        """Return the contrastive pair of a recipe."""
        text = self.clip(recipe.text) if recipe.text is not None else None
        return self._get(recipe, lambda: self._load_encoders(recipe, text))

    def control(self, recipe: ControlRecipe) -> ControlNet:
        """Return the ControlNet of a recipe."""
        return self._get(recipe, lambda: self._load_control(recipe))

    def device_memory(self) -> DeviceMemory:
        """Say where the parts are, and how much memory there is."""
        return memory_of(self.device)

    def held(self) -> list[Held]:
        """List the parts in memory, least recently used first."""
        with self._table:
            return [
                Held(
                    f"{recipe.checkpoint.name} ({type(part).__name__})",
                    part.bytes,
                    str(self.device),
                    f"in use by {part.users}" if part.users else "recently used",
                )
                for recipe, part in self._parts.items()
            ]

    def release(self, wanted: int, /) -> int:
        """Drop the least recently used idle parts until so many bytes are free; return how many were freed."""
        freed = 0
        with self._table:
            for recipe, part in list(self._parts.items()):
                if freed < wanted and not part.users:
                    freed += self._parts.pop(recipe).bytes
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
        if recipe.loras:
            raise NodeError(f"{recipe.checkpoint.name}: LoRAs are not supported yet", code="model-unfit")
        try:
            with torch.inference_mode(mode=False):  # else a preview's autoencoder could never be asked for a gradient
                part = load()
        except ModelFileError as error:
            raise NodeError(str(error), code="model-unfit") from error
        except FileNotFoundError as error:
            raise NodeError(
                f"{recipe.checkpoint.name} is gone from {recipe.checkpoint.path}", code="model-gone"
            ) from error
        over = sum(held.bytes for held in self.held()) + part.bytes - self.budget
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

    def _load_text_encoder(self, recipe: ClipRecipe) -> TextEncoder:
        from graphflow_nodes.models import load
        from graphflow_nodes.models.text_encoder import TextEncoder
        from graphflow_nodes.models.tokenizer import find_tokenizer

        path = recipe.checkpoint.location
        module = load.load_text_encoder(path, recipe.family, self.device, choose_dtype(self.device))
        return TextEncoder(module, self.device, find_tokenizer(path, load.vocabulary_of(module)))

    def _load_autoencoder(self, recipe: VaeRecipe) -> Autoencoder:
        from graphflow_nodes.models import load
        from graphflow_nodes.models.parts import Autoencoder

        # In full precision everywhere: half precision is known to overflow in decoders, which are a small part of the time.
        module = load.load_vae(recipe.checkpoint.location, recipe.family, self.device, torch.float32)
        return Autoencoder(module, self.device, self._space(recipe))

    def _load_encoders(self, recipe: EncodersRecipe, text: TextEncoder | None) -> Contrastive:
        from graphflow_nodes.models.contrastive import load_contrastive

        # In full precision everywhere: the towers are small, and scores are compared by their last digits.
        return load_contrastive(recipe.checkpoint.location, text, self.device, torch.float32)

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
