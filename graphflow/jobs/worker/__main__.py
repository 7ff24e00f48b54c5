"""A worker process: `python -m graphflow.jobs.worker`, started by the server, with one end of a socket pair."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import signal
import socket
import sys
from pathlib import Path


def main() -> None:
    """Serve the socket until it closes."""
    # Those of a terminal reach the whole group of processes: the server decides when its workers end. A handler that
    # does nothing is not handed down to programs that a node starts, as ignoring them would be.
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: None)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is loaded: see graphflow/cli/main.py
    parsed = _parse()
    os.set_inheritable(parsed.fd, False)
    link = socket.socket(fileno=parsed.fd)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    _serve(parsed, link)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="graphflow.jobs.worker", description="Run jobs for a GraphFlow server.")
    parser.add_argument("--fd", type=int, required=True, help="the socket")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--models", type=Path, action="append", default=[])
    parser.add_argument("--pack", type=Path, action="append", default=[])
    parser.add_argument("--device", default="auto")
    parser.add_argument("--slots", type=int, default=1)
    parser.add_argument("--cache-memory", type=int, metavar="BYTES")
    parser.add_argument("--cache-disk", type=int, metavar="BYTES")
    parser.add_argument("--beat", type=float, default=1.0, help="seconds between signs of life")
    parser.add_argument(
        "--preload", action="store_true", help="import what nodes will need while there is nothing to do"
    )
    return parser.parse_args()


def _serve(parsed: argparse.Namespace, link: socket.socket) -> None:
    # After the signals are taken care of: this takes a second.
    from graphflow.cache import Budgets
    from graphflow.engine import Engine
    from graphflow.home import Home
    from graphflow.jobs.blobs import BlobFolder
    from graphflow.jobs.worker.child import Child
    from graphflow.jobs.worker.running import Bench

    home = Home(parsed.home, tuple(parsed.models))
    given = {"memory": parsed.cache_memory, "disk": parsed.cache_disk}
    budgets = Budgets(**{floor: size for floor, size in given.items() if size is not None})
    engine = Engine(home, packs=parsed.pack, device=parsed.device, budgets=budgets)
    for problem in engine.registry.problems:
        logging.getLogger("graphflow.worker").warning("%s", problem)
    ahead = [name for pack in engine.registry.packs for name in pack.preload] if parsed.preload else ()
    gc.freeze()  # what is there now stays: no collection need look at it again
    Child(link, Bench(engine, BlobFolder(home.artifacts)), parsed.slots, parsed.beat, ahead).serve()


if __name__ == "__main__":
    main()
