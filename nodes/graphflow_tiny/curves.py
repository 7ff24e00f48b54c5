"""Draw what a training's log tells: `python -m graphflow_tiny.curves docs/images/tiny-curves.png --work .train`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from graphflow_tiny.training.probe import FACTS, RELATION


def main(arguments: Sequence[str] | None = None) -> None:
    """Write a picture of the one-word probe and of the loss on held-out pictures, over the steps at 64 px."""
    parser = argparse.ArgumentParser(prog="graphflow_tiny.curves", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--work", type=Path, default=Path(".train"))
    options = parser.parse_args(arguments)
    lines = probed((options.work / "log.jsonl").read_text(encoding="utf-8"))
    if not lines:
        parser.error(f"{options.work / 'log.jsonl'} tells of no probe: the stage `unet` writes one every 400 steps")
    draw(lines).savefig(options.out, dpi=110)


def probed(log: str) -> list[dict[str, Any]]:
    """Give the lines of a log that hold a probe of the UNet, each step's last one, in order."""
    lines = [json.loads(line) for line in log.splitlines()]
    found = {line["step"]: line for line in lines if line["stage"] == "unet" and "gain" in line}
    return [found[step] for step in sorted(found)]


def draw(lines: Sequence[dict[str, Any]]) -> Any:
    """Draw the probe on the left and the loss on the right, as a matplotlib figure."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 3.6), layout="constrained")
    facts, loss = figure.subplots(1, 2)
    steps = [line["step"] for line in lines]
    for fact in (*FACTS, RELATION):
        if any(fact in line for line in lines):  # older logs lack the last
            facts.plot(steps, [line.get(fact, float("nan")) for line in lines], marker=".", label=fact)
    facts.set(xlabel="step", ylabel="rise of the loss when it is said falsely", ylim=(0, None))
    facts.legend()
    loss.plot(steps, [line["held_out_loss"] for line in lines], marker=".", color="black")
    loss.set(xlabel="step", ylabel="squared error of the noise, held-out pictures")
    for axes in (facts, loss):
        axes.grid(alpha=0.3)
    return figure


if __name__ == "__main__":
    main()
