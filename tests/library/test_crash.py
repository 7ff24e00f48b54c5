"""A process that is killed while it saves leaves the old workflow or the new one, never a part."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graphflow.document import dump, parse
from graphflow.errors import WorkflowError
from graphflow.library import ANY, Library

SAVER = """
import sys
import time
from dataclasses import replace
from itertools import count
from pathlib import Path
from graphflow.document import Node, Workflow, dump
from graphflow.library import ANY, Library

folder, how = Path(sys.argv[1]), sys.argv[2]
library = Library(folder)
nodes = {f"n{number}": Node("Dig", {"name": "x" * 50}) for number in range(3000)}
for number in count(1):
    workflow = Workflow(nodes, name=str(number))
    if how == "library":
        library.save("pot", workflow, ANY)
    else:  # as a careless program would, on a slow disk
        text = dump(workflow)
        with (folder / "pot.json").open("w") as file:
            for at in range(0, len(text), 4096):
                file.write(text[at : at + 4096])
                file.flush()
                time.sleep(0.0005)
    print(number, flush=True)
"""


@contextmanager
def saver(folder: Path, how: str) -> Iterator[subprocess.Popen[str]]:
    """Start a process that saves without end, and wait for its first save."""
    command = [sys.executable, "-c", SAVER, str(folder), how]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def torn(folder: Path, how: str, kills: int) -> int:
    """Kill a saver so often at random moments, and return how often the file was neither old nor new."""
    found = 0
    moments = random.Random(7)
    for _ in range(kills):
        with saver(folder, how) as process:
            time.sleep(moments.uniform(0, 0.1))
            process.kill()
            assert process.stdout is not None
            acknowledged = int((process.stdout.read().split() or ["1"])[-1])
        try:
            left = int(parse((folder / "pot.json").read_bytes()).name or 0)
            assert left in (acknowledged, acknowledged + 1), "what was acknowledged is there"
        except WorkflowError:
            found += 1
    return found


def test_kill_9_while_saving_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.save("pot", parse(b'{"format": "graphflow/1", "nodes": {}}'), None)

    assert torn(tmp_path, "library", 8) == 0

    revisions = library.revisions("pot")
    assert all(dump(parse(text)).encode() == text for each in revisions if (text := library.revision("pot", each.id)))
    library.save("pot", parse(b'{"format": "graphflow/1", "nodes": {}}'), ANY)


def test_a_writer_in_place_would_be_caught(tmp_path: Path) -> None:
    """The negative control."""
    assert any(torn(tmp_path, "in place", 4) for _ in range(5)), "the test above could not have failed"
