"""LoRAs, ControlNets and upscalers in a warm process, beside sampling without them and beside diffusers."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import diffusers
import torch
from safetensors.torch import load_file

from benchmarks.default_model import hush, one_thread
from benchmarks.measuring import Report, Times, times
from graphflow.engine import Engine
from graphflow.events import Event, NodeFinished
from graphflow_nodes.models.upscalers import CompactNet
from graphflow_tiny import MODEL_ROOTS

TITLE = "Companions"
ABOUT = """The default model at 64 pixels with what ships beside it: 20 Euler steps with CFG 3, in float32 on the CPU, in a warm
process, all in turn. Each repeat has a prompt and a seed of its own; hints and files are read once. diffusers is the
unmodified `StableDiffusionControlNetPipeline` with the same weights, on one thread as GraphFlow. A LoRA is merged when it is
first met: that is the row "meeting a LoRA". Four steps are without CFG, by the workflow `few-steps`, and make four
pictures. The network alone is the upscaler's on a tensor, without a graph, a PNG or a cache."""

MODEL = MODEL_ROOTS["checkpoints"] / "graphflow-tiny"
CONTROL = MODEL_ROOTS["controlnet"] / "graphflow-tiny-edges"
UPSCALER = MODEL_ROOTS["upscale_models"] / "graphflow-tiny-x4.safetensors"
SIZE, STEPS, CFG = 64, 20, 3.0
REPEATS = 9


def measure(work: Path) -> Report:
    """Return the figures about the companions."""
    number, pipeline = count(), _pipeline()
    plain, four, few, lora, met, control, theirs, upscaled = (Times() for _ in range(8))
    with Engine(work / "home", device="cpu") as engine:

        def draw(workflow: str, strength: float = 1.0) -> Times:
            return times(lambda: _draw(engine, workflow, next(number), strength))

        for workflow in ("txt2img", "controlnet"):
            draw(workflow)
        engine.run("workflows/few-steps.json", _named(next(number)))
        _diffusers(pipeline, work, next(number))
        for repeat in range(REPEATS):
            strength = 0.5 + repeat / 100  # one that was not met before
            plain.add(draw("txt2img"))
            four.add(times(lambda: _draw(engine, "txt2img", next(number), batch=4)))
            few.add(times(lambda: engine.run("workflows/few-steps.json", _named(next(number)))))
            met.add(draw("lora", strength))
            lora.add(draw("lora", strength))
            control.add(draw("controlnet"))
            with one_thread():
                theirs.add(times(lambda: _diffusers(pipeline, work, next(number))))
            upscaled.add(_upscaling(engine, next(number)))
    longer = Times([first - again for first, again in zip(met.wall, lora.wall, strict=True)])
    controlled = control.figure("20 steps with a ControlNet: GraphFlow", "s")
    enlarged = upscaled.figure("64 to 256 pixels by the upscaler: GraphFlow", "ms")
    with one_thread():
        alone = times(_network(), REPEATS, before=_network())
    slow = four.figure("four pictures in 20 steps with CFG", "s")
    figures = [
        plain.figure("20 steps with CFG", "s"),
        slow,
        few.figure("four pictures in four steps", "s", beside=slow),
        lora.figure("20 steps with a LoRA", "s"),
        longer.figure("meeting a LoRA: what the first run takes longer", "ms"),
        controlled,
        theirs.figure("20 steps with a ControlNet: diffusers", "s", beside=controlled),
        enlarged,
        alone.figure("64 to 256 pixels: the network alone", "ms", beside=enlarged),
    ]
    return Report(TITLE, ABOUT, figures)


def _named(number: int) -> dict[str, Any]:
    return {"prompt": _prompt(number), "seed": number}


def _draw(engine: Engine, workflow: str, number: int, strength: float = 1.0, **more: int) -> None:
    inputs = _named(number) | {"steps": STEPS, "cfg": CFG} | more
    if workflow == "lora":
        inputs |= {"thing_strength": strength, "style_strength": 0.0}
    engine.run(f"workflows/{workflow}.json", inputs)


def _upscaling(engine: Engine, number: int) -> Times:
    """Take the time of the node alone: the picture before it is new each time."""
    events: list[Event] = []
    engine.run("workflows/upscale.json", {"seed": number, "steps": 1, "cfg": 1.0}, emit=events.append)
    upscaler = next(each for each in events if isinstance(each, NodeFinished) and each.node == "enlarge")
    return Times([upscaler.seconds])


def _pipeline() -> Any:
    hush()
    control = diffusers.ControlNetModel.from_pretrained(CONTROL, local_files_only=True, dtype=torch.float32)
    pipeline = diffusers.StableDiffusionControlNetPipeline.from_pretrained(
        MODEL, controlnet=control, local_files_only=True, dtype=torch.float32
    )
    pipeline.scheduler = diffusers.EulerDiscreteScheduler.from_config(pipeline.scheduler.config)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _diffusers(pipeline: Any, work: Path, number: int) -> None:
    hint = torch.zeros(1, 3, SIZE, SIZE)
    hint[:, :, 20:44, 20] = hint[:, :, 20, 20:44] = 1
    made = pipeline(
        _prompt(number),
        image=hint,
        height=SIZE,
        width=SIZE,
        num_inference_steps=STEPS,
        guidance_scale=CFG,
        negative_prompt="",
        generator=torch.Generator().manual_seed(number),
    )
    made.images[0].save(work / f"{number}.png")


def _network() -> Callable[[], object]:
    network = CompactNet(32, 8, 4)
    network.load_state_dict({name: value.float() for name, value in load_file(UPSCALER).items()})
    network.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's types do not know it
    picture = torch.rand(1, 3, SIZE, SIZE)

    def enlarge() -> object:
        with torch.inference_mode():
            return network(picture)

    return enlarge


def _prompt(number: int) -> str:
    return f"a meadow with {number} red houses, mountains and a sun"
