"""A process that submits jobs from many threads and says which were acknowledged, until it is killed.

`python -m tests.jobs.submitter FOLDER FIRST [early]`: jobs get rising keys from FIRST on; `early` acknowledges before
the commit, which is the negative control.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from itertools import count
from pathlib import Path

import graphflow.jobs.store as store_module
from graphflow.jobs.model import NewJob
from graphflow.jobs.store import JobStore
from graphflow.jobs.transaction import Transaction
from graphflow.jobs.writer import Writer, _resolve, _Task

THREADS = 8


class EarlyWriter(Writer):
    """Acknowledge first and commit a little later, as a store without durability would."""

    def _commit(self, batch: list[_Task], *, with_standing: bool = True, guarded: bool = False) -> None:
        transaction = Transaction(self._connection, time.time())
        self._connection.execute("BEGIN IMMEDIATE")
        _resolve(batch, [self._attempt(operation, transaction) for operation, _ in batch])
        time.sleep(0.01)
        self._connection.execute("COMMIT")


def main() -> None:
    folder, first = Path(sys.argv[1]), int(sys.argv[2])
    if "early" in sys.argv:
        vars(store_module)["Writer"] = EarlyWriter  # the sabotage that the test is for
    store = JobStore(folder)
    numbers = count(first)

    def work() -> None:
        while True:
            key = str(next(numbers))
            job, _ = store.submit(NewJob(f'{{"key": {key}}}', idempotency_key=key)).result()
            os.write(1, f"{key} {job.id}\n".encode())  # one write: a kill leaves whole lines

    os.write(1, b"ready\n")
    for _ in range(THREADS):
        threading.Thread(target=work).start()


if __name__ == "__main__":
    main()
