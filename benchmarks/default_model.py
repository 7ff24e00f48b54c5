"""The default model in a warm process, beside diffusers' own pipeline with the same weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers

from benchmarks.measuring import Figure, Report, Times, times
from graphflow.engine import Engine
from graphflow.events import Event, NodeFinished
from graphflow_tiny import MODEL_ROOTS

TITLE = "Default model"
ABOUT = """Text to image at the model's native 64 pixels: 20 Euler steps with CFG 4.5, in float32 on the CPU, in a warm process,
GraphFlow and diffusers in turn. Each repeat has a prompt and a seed of its own, so that nothing comes from the cache; both
encode the text, sample, decode, and save a PNG. diffusers is the unmodified `StableDiffusionPipeline` with its
`EulerDiscreteScheduler`. It leaves torch as many threads as there are cores; GraphFlow takes one for a model as small as
this, so diffusers is measured with one as well. Pictures of 128 pixels are drawn in the same way."""

WORKFLOW = "workflows/txt2img.json"
MODEL = MODEL_ROOTS["checkpoints"] / "graphflow-tiny"
SIZE, LARGE, STEPS, CFG = 64, 128, 20, 4.5
REPEATS = 9


def measure(work: Path) -> Report:
    """Return the figures about the default model."""
    pipeline = _pipeline()
    number = count()
    theirs, single, large, their_large = Times(), Times(), Times(), Times()
    runs: list[_Run] = []
    with Engine(work / "home", device="cpu") as engine:
        _graphflow(engine, next(number))
        _diffusers(pipeline, work, next(number))
        for _ in range(REPEATS):
            runs.append(_graphflow(engine, next(number)))
            theirs.add(times(lambda: _diffusers(pipeline, work, next(number))))
            with one_thread():
                single.add(times(lambda: _diffusers(pipeline, work, next(number))))
            large.add(_graphflow(engine, next(number), LARGE).whole)
            their_large.add(times(lambda: _diffusers(pipeline, work, next(number), LARGE)))
    decoded = times(_decode(pipeline), REPEATS, before=_decode(pipeline))
    larger = large.figure("128 pixels, 20 steps with CFG: GraphFlow", "s", goal=2.5)
    figures = [
        *_figures(runs, theirs, single, decoded),
        larger,
        their_large.figure("128 pixels, 20 steps with CFG: diffusers", "s", beside=larger),
    ]
    return Report(TITLE, ABOUT, figures)


@dataclass(frozen=True, slots=True)
class _Run:
    """How long a run of the workflow took as a whole, and each of its nodes in seconds."""

    whole: Times
    nodes: Mapping[str, float]


def _figures(runs: list[_Run], theirs: Times, single: Times, decoded: Times) -> list[Figure]:
    ours = Times()
    for run in runs:
        ours.add(run.whole)
    whole = ours.figure("20 steps with CFG: GraphFlow", "s", goal=1.5)
    decode = Times([run.nodes["decode"] for run in runs]).figure("decoding alone: GraphFlow", "ms")
    rest = Times([run.whole.wall[0] - sum(run.nodes.values()) for run in runs])
    return [
        whole,
        theirs.figure("20 steps with CFG: diffusers", "s", beside=whole),
        single.figure("20 steps with CFG: diffusers, on one thread", "s", beside=whole),
        decode,
        decoded.figure("decoding alone: diffusers", "ms", beside=decode),
        Times([run.nodes["sampler"] for run in runs]).figure("sampling alone: GraphFlow", "ms"),
        rest.figure("what the engine adds to the nodes' own work", "ms"),
    ]


def _graphflow(engine: Engine, number: int, side: int = SIZE) -> _Run:
    events: list[Event] = []
    inputs = {"prompt": _prompt(number), "seed": number, "steps": STEPS, "cfg": CFG, "width": side, "height": side}
    whole = times(lambda: engine.run(WORKFLOW, inputs, emit=events.append))
    return _Run(whole, {each.node: each.seconds for each in events if isinstance(each, NodeFinished)})


def _pipeline() -> Any:
    hush()
    pipeline = diffusers.StableDiffusionPipeline.from_pretrained(MODEL, local_files_only=True, dtype=torch.float32)
    pipeline.scheduler = diffusers.EulerDiscreteScheduler.from_config(pipeline.scheduler.config)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _diffusers(pipeline: Any, work: Path, number: int, side: int = SIZE) -> None:
    generator = torch.Generator().manual_seed(number)
    made = pipeline(
        _prompt(number),
        height=side,
        width=side,
        num_inference_steps=STEPS,
        guidance_scale=CFG,
        negative_prompt="",
        generator=generator,
    )
    made.images[0].save(work / f"{number}.png")


def hush() -> None:
    """Silence diffusers and transformers, which have nothing to say here that a reader of a table would miss."""
    diffusers.logging.set_verbosity_error()
    diffusers.logging.disable_progress_bar()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()


@contextmanager
def one_thread() -> Iterator[None]:
    """Leave torch one thread for the time of a block."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _decode(pipeline: Any) -> Callable[[], object]:
    side = SIZE // pipeline.vae_scale_factor
    latent = torch.randn(1, pipeline.vae.config.latent_channels, side, side)

    def decode() -> object:
        with torch.inference_mode():
            return pipeline.vae.decode(latent)

    return decode


def _prompt(number: int) -> str:
    return f"a meadow with {number} red houses, mountains and a sun"
