"""Train the default model, stage by stage, each going on from its last checkpoint: `python -m graphflow_tiny.train`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path

STAGES = (
    "data",
    "autoencoder",
    "contrastive",
    "states",
    "latents",
    "unet",
    "decoder",
    "control",
    "export",
    "towers",
    "edges",
)
RESTORE = "restore"
"""A stage for a new machine: after `data`, it stands in for `autoencoder` and `contrastive`, and starts the UNet."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the stages that the command line names; without names, all in order."""
    options = _parse(arguments)
    os.environ.setdefault("OMP_NUM_THREADS", str(options.threads))
    options.work.mkdir(parents=True, exist_ok=True)
    for stage in options.stages or STAGES:
        _run(stage, options)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="graphflow_tiny.train", description=__doc__)
    parser.add_argument(
        "stages", nargs="*", metavar="STAGE", help=f"{', '.join(STAGES)}; default: all, in this order; also {RESTORE}"
    )
    parser.add_argument("--work", type=Path, default=Path(".train"), help="folder for data and checkpoints")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "weights" / "graphflow-tiny")
    parser.add_argument("--towers-out", type=Path, default=Path(__file__).parent / "encoders" / "graphflow-tiny-clip")
    parser.add_argument("--control-out", type=Path, default=Path(__file__).parent / "controls" / "graphflow-tiny-edges")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1, help="threads of one process")
    parser.add_argument(
        "--processes", type=int, default=2, help="processes that train the UNet and average its weights"
    )
    parser.add_argument("--pictures", type=int, default=40_000)
    parser.add_argument("--autoencoder-steps", type=int, default=3_000)
    parser.add_argument("--contrastive-steps", type=int, default=650)
    parser.add_argument("--unet-steps", type=int, default=6_000)
    parser.add_argument(
        "--unet-rate", type=float, default=2e-3, help="learning rate; halve it to go on from a good model"
    )
    parser.add_argument("--decoder-steps", type=int, default=800)
    parser.add_argument("--control-steps", type=int, default=3_000)
    options = parser.parse_args(arguments)
    if unknown := [stage for stage in options.stages if stage not in (*STAGES, RESTORE)]:
        parser.error(f"no stage is called {unknown[0]!r}; there are {', '.join(STAGES)}, {RESTORE}")
    return options


def _run(stage: str, options: argparse.Namespace) -> None:
    import torch

    from graphflow_tiny.training import autoencoder, cache, contrastive, control, data, export, restore, unet

    torch.set_num_threads(options.threads)
    work, device, processes = options.work, options.device, options.processes
    if stage == "data":
        return None if (work / "tokens.npy").exists() else data.make_training_set(work, options.pictures)
    if stage == "export":
        return export.export(work, options.out)
    if stage == "towers":
        return export.export_towers(work, options.towers_out)
    if stage == "edges":
        return export.export_control(work, options.control_out)
    if stage == RESTORE:
        return restore.restore(options.out, work)
    pictures = data.load_training_set(work)
    train_autoencoder = autoencoder.train_autoencoder
    stages: dict[str, Callable[[], None]] = {
        "autoencoder": lambda: train_autoencoder(pictures, work, steps=options.autoencoder_steps, device=device),
        "contrastive": lambda: contrastive.train_contrastive(
            pictures, work, steps=options.contrastive_steps, device=device
        ),
        "states": lambda: cache.cache_states(pictures, work, device),
        "latents": lambda: cache.cache_latents(pictures, work, processes=processes, device=device),
        "unet": lambda: unet.train_unet(
            pictures, work, steps=options.unet_steps, processes=processes, rate=options.unet_rate, device=device
        ),
        "decoder": lambda: train_autoencoder(
            pictures, work, steps=options.decoder_steps, device=device, decoder_only=True
        ),
        "control": lambda: control.train_control(pictures, work, steps=options.control_steps),
    }
    return stages[stage]()


if __name__ == "__main__":
    main()
