from __future__ import annotations

import gc
import shutil
import subprocess
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import torch
from torch import Tensor

from graphflow.api import SILENT, Context, File, NodeError, Resources
from graphflow_nodes.diffusion.driver import Start, sample
from graphflow_nodes.diffusion.guidance import Guidance, Prompt
from graphflow_nodes.diffusion.noise import initial_noise, step_noise
from graphflow_nodes.diffusion.samplers import SAMPLERS
from graphflow_nodes.diffusion.schedules import karras
from graphflow_nodes.models import load
from graphflow_nodes.models.device import choose_device, default_budget, device_and_dtype
from graphflow_nodes.models.pool import ModelPool
from graphflow_nodes.models.recipes import ClipRecipe, ModelRecipe, VaeRecipe, recipes_of

Recipes = tuple[ModelRecipe, ClipRecipe, VaeRecipe]


@pytest.fixture
def recipes(checkpoint: File) -> Recipes:
    return recipes_of(checkpoint)


@pytest.fixture
def pool() -> ModelPool:
    return ModelPool("cpu")


def renamed(recipe: ModelRecipe, digest: str) -> ModelRecipe:
    """The same weights under another digest: another model, as far as the pool can know."""
    return replace(recipe, checkpoint=replace(recipe.checkpoint, sha256=digest))


def names(pool: ModelPool) -> list[str]:
    return [held.name for held in pool.held()]


def picture(pool: ModelPool, recipes: Recipes, prompt: str, seed: int = 0) -> Tensor:
    """Text to image with the parts alone, as a script would."""
    model, clip, vae = recipes
    unet, encoder = pool.model(model), pool.clip(clip)
    latent = torch.zeros(1, unet.space.channels, 8, 8)
    positive, negative = ([Prompt(encoder.encode(text)[0])] for text in (prompt, ""))
    made = sample(
        SAMPLERS["euler"],
        Guidance(unet.sampling, positive, negative, 4.0),
        unet.denoiser,
        Start(latent, initial_noise(latent, seed), scale=unet.space.scale),
        karras(unet.sampling, 3),
        step_noise=step_noise(latent, seed),
    )
    return pool.vae(vae).decode(made)


def test_a_picture_comes_out_and_the_prompt_and_the_seed_matter(pool: ModelPool, recipes: Recipes) -> None:
    made = picture(pool, recipes, "a red house")

    assert made.shape == (1, 32, 32, 3)
    assert torch.equal(made, picture(pool, recipes, "a red house"))
    assert not torch.equal(made, picture(pool, recipes, "a blue house"))
    assert not torch.equal(made, picture(pool, recipes, "a red house", seed=1))


def test_a_folder_and_a_single_file_make_the_same_picture(pool: ModelPool, recipes: Recipes, single: Path) -> None:
    other = recipes_of(File("small.safetensors", single, "bb" * 32))

    torch.testing.assert_close(picture(pool, other, "a house"), picture(pool, recipes, "a house"), rtol=1e-4, atol=1e-4)
    assert len(pool.held()) == 6


def test_the_space_of_a_model_is_its_autoencoders(pool: ModelPool, recipes: Recipes) -> None:
    unet, vae = pool.model(recipes[0]), pool.vae(recipes[2])

    assert unet.space == vae.space
    assert (unet.space.channels, unet.space.factor, unet.space.scale) == (4, 4, 0.5)


def test_a_recipe_is_loaded_once_and_shared(pool: ModelPool, recipes: Recipes, checkpoint: File) -> None:
    elsewhere = recipes_of(replace(checkpoint, name="a copy"))

    assert pool.model(recipes[0]) is pool.model(elsewhere[0])
    assert names(pool) == ["a copy (Unet)"]  # as it was called last


def test_nothing_is_loaded_that_nobody_asked_for(pool: ModelPool, recipes: Recipes) -> None:
    pool.vae(recipes[2])

    assert names(pool) == ["small (Autoencoder)"]


def test_what_is_held_says_what_where_and_why(pool: ModelPool, recipes: Recipes) -> None:
    unet = pool.model(recipes[0])
    with unet.denoiser.join():
        busy = pool.held()

    assert (busy[0].name, busy[0].where, busy[0].why) == ("small (Unet)", "cpu", "in use by 1")
    assert busy[0].bytes == unet.bytes == sum(each.numel() * 4 for each in unet.module.parameters())
    assert pool.held()[0].why == "recently used"


def test_the_least_recently_used_part_goes_when_the_budget_is_full(recipes: Recipes) -> None:
    first, second, third = (renamed(recipes[0], digest * 64) for digest in "123")
    pool = ModelPool("cpu")
    size = pool.model(first).bytes
    pool.budget = int(size * 2.5)

    kept = pool.model(first)
    pool.model(second)
    pool.model(first)
    pool.model(third)  # drops the second

    assert len(pool.held()) == 2
    assert pool.model(first) is kept
    assert sum(held.bytes for held in pool.held()) <= pool.budget


def test_a_part_in_use_is_kept_even_over_the_budget(recipes: Recipes) -> None:
    pool = ModelPool("cpu", budget=1)
    first = pool.model(recipes[0])

    with first.denoiser.join():
        pool.model(renamed(recipes[0], "1" * 64))
        assert pool.model(recipes[0]) is first


def test_release_frees_idle_parts_oldest_first_and_says_how_much(pool: ModelPool, recipes: Recipes) -> None:
    unet, clip, vae = pool.model(recipes[0]), pool.clip(recipes[1]), pool.vae(recipes[2])

    with unet.denoiser.join():
        assert pool.release(clip.bytes + 1) == clip.bytes + vae.bytes
        assert names(pool) == ["small (Unet)"]
        assert pool.release(1) == 0
    assert pool.release(0) == 0
    assert pool.release(10**15) == unet.bytes
    assert pool.held() == []


def test_released_weights_leave_memory(pool: ModelPool, recipes: Recipes) -> None:
    gone = weakref.ref(pool.model(recipes[0]).module)

    pool.release(1)

    gc.collect()
    assert gone() is None


def test_close_drops_everything(pool: ModelPool, recipes: Recipes) -> None:
    pool.model(recipes[0])
    pool.vae(recipes[2])

    pool.close()

    assert pool.held() == []


def test_many_threads_asking_at_once_load_once(
    pool: ModelPool, recipes: Recipes, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[Path] = []
    real = load.load_unet

    def counting(path: Path, *rest: object) -> torch.nn.Module:
        loads.append(path)
        return real(path, *rest)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(load, "load_unet", counting)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: pool.model(recipes[0]), range(8)))

    assert len(loads) == 1
    assert all(each is found[0] for each in found)


def test_a_resident_part_is_given_while_another_is_loading(
    pool: ModelPool, recipes: Recipes, monkeypatch: pytest.MonkeyPatch
) -> None:
    resident = pool.model(recipes[0])
    loading, go_on = threading.Event(), threading.Event()
    real = load.load_vae

    def slow(*arguments: object) -> torch.nn.Module:
        loading.set()
        go_on.wait(30)
        return real(*arguments)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(load, "load_vae", slow)
    with ThreadPoolExecutor(1) as threads:
        vae = threads.submit(pool.vae, recipes[2])
        assert loading.wait(30)
        assert pool.model(recipes[0]) is resident
        go_on.set()
        vae.result()


def test_two_pools_live_side_by_side(recipes: Recipes) -> None:
    with ThreadPoolExecutor(2) as threads:
        pools = [ModelPool("cpu"), ModelPool("cpu")]
        made = list(threads.map(lambda pool: picture(pool, recipes, "a house"), pools))

    assert torch.equal(made[0], made[1])
    assert pools[0].model(recipes[0]) is not pools[1].model(recipes[0])
    pools[0].close()
    assert len(pools[1].held()) == 3


def test_jobs_of_many_threads_on_one_pool_give_the_serial_pictures(pool: ModelPool, recipes: Recipes) -> None:
    serial = [picture(pool, recipes, "a house", seed) for seed in range(4)]

    with ThreadPoolExecutor(4) as threads:
        shared = list(threads.map(lambda seed: picture(pool, recipes, "a house", seed), range(4)))

    torch.testing.assert_close(shared, serial, rtol=1e-4, atol=1e-4)


def test_the_engine_makes_a_pool_by_its_class(recipes: Recipes) -> None:
    resources = Resources("cpu")
    ctx = Context(resources)

    pool = ctx.use(ModelPool)

    assert ctx.use(ModelPool) is pool
    assert device_and_dtype(pool.device) == ("cpu", "float32")
    pool.clip(recipes[1])
    assert [held.name for held in resources.held()] == ["small (TextEncoder)"]
    resources.close()
    assert SILENT.use(ModelPool) is not pool


def test_a_file_that_is_gone_or_damaged_is_named(pool: ModelPool, folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    model, clip, _vae = recipes_of(File("the copy", copy, "cc" * 32))
    (copy / "text_encoder" / "model.safetensors").write_bytes(b"short")
    with pytest.raises(NodeError, match=r"model\.safetensors is no safetensors file: it has only 5 bytes"):
        pool.clip(clip)

    shutil.rmtree(copy)
    with pytest.raises(NodeError, match=r"the copy|cannot be read"):
        pool.model(model)
    assert pool.held() == []


@pytest.mark.parametrize("name", ["gpu", "cuda:99", "nonsense:1"])
def test_a_device_that_cannot_be_had_is_refused(name: str) -> None:
    with pytest.raises(NodeError, match=name):
        ModelPool(name)


def test_a_device_is_chosen_and_its_budget_is_part_of_the_memory() -> None:
    assert choose_device("auto").type in ("cpu", "cuda", "mps")
    assert 2**27 < default_budget(torch.device("cpu")) < 2**50


def test_loading_prints_nothing_and_asks_no_network(folder: Path) -> None:
    code = f"""
import socket
def refuse(*_): raise AssertionError("somebody wants the network")
socket.socket.connect = refuse
from pathlib import Path
from graphflow.api import File
from graphflow_nodes.models.pool import ModelPool
from graphflow_nodes.models.recipes import recipes_of
model, clip, vae = recipes_of(File("small", Path({str(folder)!r}), "ab"))
pool = ModelPool("cpu")
pool.model(model), pool.clip(clip).encode("a house"), pool.vae(vae)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": ".:nodes"})

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_pool_tells_how_much_memory_its_device_has() -> None:
    told = ModelPool("cpu").device_memory()

    assert told.device == "cpu"
    assert told.total is not None
    assert told.total <= psutil.virtual_memory().total
    assert told.free is None or 0 < told.free < psutil.virtual_memory().total
