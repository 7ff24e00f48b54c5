"""A pack without nodes: in a worker it notes each call of the network that removes noise, with the number of its rows.

Where a file `hold` lies beside the notes, the call whose number stands in it waits until the file is gone: so a test that
comes late still finds the work under way.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

NETWORK = "diffusers.models.unets.unet_2d_condition"
NODES = ()


class _Watch(MetaPathFinder):
    """Wraps the network's `forward` when somebody imports its module: importing it here would load torch too early."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != NETWORK:
            return None
        spec = PathFinder.find_spec(fullname, path)
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module

            def run_and_wrap(module: ModuleType) -> None:
                run(module)
                _wrap(module.UNet2DConditionModel)

            setattr(spec.loader, "exec_module", run_and_wrap)  # noqa: B010  a method
        return spec


def _wrap(network: Any) -> None:
    forward, notes = network.forward, Path(os.environ["RELIABILITY_NOTES"]) / "forwards"
    hold = notes.with_name("hold")

    def counted(self: Any, sample: Any, *rest: Any, **more: Any) -> Any:
        with notes.open("a") as file:
            file.write(f"{sample.shape[0]}\n")
        while hold.exists() and len(notes.read_text().splitlines()) == int(hold.read_text()):
            time.sleep(0.01)
        return forward(self, sample, *rest, **more)

    network.forward = counted


if "RELIABILITY_NO_JOURNALS" in os.environ:  # a sabotage
    from graphflow.journal import Journal

    setattr(Journal, "read", lambda *_: ())  # noqa: B010  a method
if "RELIABILITY_NOTES" in os.environ:
    sys.meta_path.insert(0, _Watch())
