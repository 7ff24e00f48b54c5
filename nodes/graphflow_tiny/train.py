"""Train the default model, stage by stage, each going on from its last checkpoint: `python -m graphflow_tiny.train`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path

STAGES = (
    *("data", "autoencoder", "contrastive", "states", "latents", "unet", "wordings", "export"),
    *("towers", "inpaint", "export-inpaint", "control", "edges", "loras", "few", "upscaler", "preview"),
)
RESTORE = "restore"
"""A stage for a new machine: after `data`, it stands in for `autoencoder` and `contrastive`, and starts the UNet."""

STEPS = {
    "autoencoder": 8_000,
    "contrastive": 800,
    "unet": 37_800,
    "wordings": 3_200,
    "inpaint": 2_000,
    "control": 2_600,
    "few": 700,
    "upscaler": 8_600,
    "preview": 1_500,
}
"""How long the stages train, unless the command line says otherwise."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the stages that the command line names; without names, all in order."""
    options = _parse(arguments)
    os.environ.setdefault("OMP_NUM_THREADS", str(options.threads))
    options.work.mkdir(parents=True, exist_ok=True)
    for stage in options.stages or STAGES:
        _run(stage, options)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(prog="graphflow_tiny.train", description=__doc__)
    parser.add_argument(
        "stages", nargs="*", metavar="STAGE", help=f"{', '.join(STAGES)}; default: all, in this order; also {RESTORE}"
    )
    parser.add_argument("--work", type=Path, default=Path(".train"), help="folder for data and checkpoints")
    parser.add_argument("--out", type=Path, default=here / "weights" / "graphflow-tiny")
    parser.add_argument("--towers-out", type=Path, default=here / "encoders" / "graphflow-tiny-clip")
    parser.add_argument("--control-out", type=Path, default=here / "controls" / "graphflow-tiny-edges")
    parser.add_argument("--loras-out", type=Path, default=here / "loras")
    parser.add_argument("--upscaler-out", type=Path, default=here / "upscalers" / "graphflow-tiny-x4.safetensors")
    parser.add_argument("--preview-out", type=Path, default=here / "previews" / "graphflow-tiny-preview")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1, help="threads of one process")
    parser.add_argument(
        "--processes", type=int, default=2, help="processes that train a network and average its weights"
    )
    parser.add_argument("--pictures", type=int, default=40_000)
    parser.add_argument(
        "--more-words", action="store_true", help="`data`: learn byte pairs behind those of the weights"
    )
    parser.add_argument(
        "--autoencoder-rate", type=float, default=1e-3, help="learning rate; half of it to go on from a good one"
    )
    parser.add_argument(
        "--contrastive-rate", type=float, default=1e-3, help="learning rate; a third to learn more words"
    )
    parser.add_argument(
        "--favour",
        nargs="+",
        default=(),
        choices=("singles", "groups", "pairs", "scenes"),
        help="sorts of pictures to draw more often; what `contrastive` says of them may differ from what it had said",
    )
    parser.add_argument(
        "--unet-rate", type=float, default=6e-3, help="learning rate; a sixth of it to go on from a good model"
    )
    for stage, steps in STEPS.items():
        parser.add_argument(f"--{stage}-steps", type=int, default=steps)
    options = parser.parse_args(arguments)
    if unknown := [stage for stage in options.stages if stage not in (*STAGES, RESTORE)]:
        parser.error(f"no stage is called {unknown[0]!r}; there are {', '.join(STAGES)}, {RESTORE}")
    return options


def _run(stage: str, options: argparse.Namespace) -> None:
    import torch

    torch.set_num_threads(options.threads)
    stages = _of_the_model(options) | _of_companions(options)
    stages[stage]()


def _of_the_model(options: argparse.Namespace) -> dict[str, Callable[[], None]]:
    from graphflow_tiny.training import autoencoder, cache, contrastive, data, export, restore, tokens, unet, wordings

    work, device, processes = options.work, options.device, options.processes

    def pictures() -> data.TrainingSet:
        return data.load_training_set(work, options.favour)

    def draw() -> None:
        if not (work / "tokens.npy").exists():
            begin = tokens.read_merges(options.out / "tokenizer") if options.more_words else ()
            data.make_training_set(work, options.pictures, begin)

    return {
        "data": draw,
        "autoencoder": lambda: autoencoder.train_autoencoder(
            pictures(),
            work,
            steps=options.autoencoder_steps,
            processes=processes,
            rate=options.autoencoder_rate,
            device=device,
        ),
        "contrastive": lambda: contrastive.train_contrastive(
            pictures(),
            work,
            steps=options.contrastive_steps,
            rate=options.contrastive_rate,
            device=device,
        ),
        "states": lambda: cache.cache_states(pictures(), work, device),
        "latents": lambda: cache.cache_latents(pictures(), work, processes=processes, device=device),
        "unet": lambda: unet.train_unet(
            pictures(), work, steps=options.unet_steps, processes=processes, rate=options.unet_rate, device=device
        ),
        "wordings": lambda: wordings.train_wordings(
            pictures(), work, steps=options.wordings_steps, processes=processes
        ),
        "export": lambda: export.export(work, options.out),
        RESTORE: lambda: restore.restore(options.out, options.towers_out, work),
    }


def _of_companions(options: argparse.Namespace) -> dict[str, Callable[[], None]]:
    from graphflow_tiny.training import control, data, export, few, inpaint, lora, preview, upscaler
    from graphflow_tiny.training.loop import Log

    work = options.work

    def enlarge() -> None:
        upscaler.train_upscaler(upscaler.make_pairs(work), work, steps=options.upscaler_steps, device=options.device)
        export.export_upscaler(work, options.upscaler_out)

    def sketch() -> None:
        preview.train_previewer(data.load_training_set(work), work, steps=options.preview_steps)
        export.export_previewer(work, options.preview_out)

    return {
        "towers": lambda: export.export_towers(work, options.towers_out),
        "inpaint": lambda: inpaint.train_inpainter(data.load_training_set(work), work, steps=options.inpaint_steps),
        "export-inpaint": lambda: export.export_inpainter(
            work, options.out, options.out.with_name(f"{options.out.name}-inpaint")
        ),
        "control": lambda: control.train_control(data.load_training_set(work), work, steps=options.control_steps),
        "edges": lambda: export.export_control(work, options.control_out),
        "loras": lambda: lora.train_loras(options.out, options.loras_out, Log(work / "log.jsonl", "loras")),
        "few": lambda: few.train_few(
            options.out,
            work,
            options.loras_out,
            steps=options.few_steps,
            processes=options.processes,
            log=Log(work / "log.jsonl", "few"),
        ),
        "upscaler": enlarge,
        "preview": sketch,
    }


if __name__ == "__main__":
    main()
