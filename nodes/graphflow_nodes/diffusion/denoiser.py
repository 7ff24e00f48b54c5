"""One network, shared by every job that samples with it: the rows of many jobs run in one forward."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor

from graphflow_nodes.diffusion.controls import RowControl, residuals_of
from graphflow_nodes.diffusion.guidance import Rows

Network = Callable[[Tensor, Tensor, Tensor, Mapping[str, Tensor]], Tensor]
"""(x, t, context, added) -> output like x, rows independent of each other."""

Kind = tuple[object, ...]
"""What rows must have in common to share a forward."""


@dataclass(slots=True, eq=False)
class _Job:
    deterministic: bool
    kind: Kind | None = None  # of its last rows; unknown before the first


@dataclass(slots=True, eq=False)
class _Question:
    job: _Job
    rows: Rows
    due: float | None  # when it stops waiting for company; unknown while the forward runs in which it asked
    answer: Tensor | None = None
    error: BaseException | None = None

    @property
    def answered(self) -> bool:
        return self.answer is not None or self.error is not None


@dataclass(slots=True, eq=False)
class Denoiser:
    """Answer rows of many sampling jobs, in as few forwards as fit; nets that control them run ahead of the network.

    A forward starts when every registered job with rows of that kind has asked, when the first who asked has waited
    for `patience` seconds, or when `capacity` rows are there. Patience begins when the network is free: whoever asked
    during a forward also waits for those whom it answers, or two jobs would take turns to the end instead of sharing.
    It runs in the thread of one of those who asked, so there is no thread of its own, and a single job is a batch of
    one that never waits.
    """

    network: Network
    capacity: int = 32
    patience: float = 0.01
    forwards: int = 0
    _jobs: list[_Job] = field(default_factory=list)
    _waiting: list[_Question] = field(default_factory=list)
    _running: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def jobs(self) -> int:
        """Return how many jobs sample with this network now."""
        return len(self._jobs)

    @contextmanager
    def join(self, *, deterministic: bool = False) -> Iterator[Callable[[Rows], Tensor]]:
        """Register a job for the time it samples, and give it the function that answers its rows.

        A `deterministic` job always runs alone, so that its results are bit-equal whatever else runs.
        """
        job = _Job(deterministic)
        with self._changed:
            self._jobs.append(job)
        try:
            yield lambda rows: self._answer(job, rows)
        finally:
            with self._changed:
                self._jobs.remove(job)
                self._changed.notify_all()  # who waited for this job waits no more

    def _answer(self, job: _Job, rows: Rows) -> Tensor:
        job.kind = _kind(job, rows)
        with self._changed:
            question = _Question(job, rows, None if self._running else time.monotonic() + self.patience)
            self._waiting.append(question)
            self._changed.notify_all()
        try:
            while (batch := self._next_batch(question)) is not None:
                self._run(batch, question)
        finally:
            with self._changed:
                if question in self._waiting:  # interrupted: nobody shall answer it any more
                    self._waiting.remove(question)
        if question.error is not None:
            raise question.error
        assert question.answer is not None  # noqa: S101 - answered, and not by an error
        return question.answer

    def _next_batch(self, question: _Question) -> list[_Question] | None:
        """Wait until `question` is answered (None) or this thread must run a batch, which is then taken."""
        with self._changed:
            while not question.answered:
                if not self._running and (batch := self._ready()):
                    self._running = True
                    self._waiting = [other for other in self._waiting if other not in batch]
                    return batch
                self._changed.wait(None if self._running else self._until_due())
        return None

    def _ready(self) -> list[_Question]:
        """Return the questions to run now: of one kind, first come first served, at most `capacity` rows."""
        now = time.monotonic()
        for kind in dict.fromkeys(question.job.kind for question in self._waiting):
            same = [question for question in self._waiting if question.job.kind == kind]
            batch, full = self._fill(same)
            company = sum(job.kind in (kind, None) and not job.deterministic for job in self._jobs)
            late = same[0].due is not None and same[0].due <= now
            if full or len(same) >= company or same[0].job.deterministic or late:
                return batch
        return []

    def _fill(self, questions: Sequence[_Question]) -> tuple[list[_Question], bool]:
        """Return the first questions that fit, at least one, and whether no row more would fit."""
        batch: list[_Question] = []
        rows = 0
        for question in questions:
            rows += len(question.rows.x)
            if batch and rows > self.capacity:
                break
            batch.append(question)
        return batch, rows >= self.capacity

    def _until_due(self) -> float | None:
        dues = [question.due for question in self._waiting if question.due is not None]
        return max(min(dues) - time.monotonic(), 0.0) if dues else None

    def _run(self, batch: list[_Question], mine: _Question) -> None:
        try:
            self._forward(batch)
            if self.jobs > 1:  # the network is free when the device has done it, not when it was told to
                _finish(mine.rows.x.device)
        except BaseException:  # an interrupt of this thread: somebody else answers the others
            with self._changed:
                unanswered = [question for question in batch if question is not mine and not question.answered]
                self._waiting = unanswered + self._waiting
            raise
        finally:
            with self._changed:
                self._running = False
                for question in self._waiting:
                    if question.due is None:
                        question.due = time.monotonic() + self.patience
                self._changed.notify_all()

    def _forward(self, batch: list[_Question]) -> None:
        """Answer the questions of a batch; when a shared forward fails, each alone, so that only the guilty fails."""
        try:
            outputs = self._network_in_chunks(_merge([question.rows for question in batch]))
        except Exception as error:  # noqa: BLE001 - it is raised again in the thread of the job that it belongs to
            if len(batch) == 1:
                batch[0].error = error
                return
            for question in batch:
                self._forward([question])
            return
        parts = torch.split(outputs, [len(question.rows.x) for question in batch])
        for question, part in zip(batch, parts, strict=True):
            question.answer = part

    def _network_in_chunks(self, rows: Rows) -> Tensor:
        """Run the network on at most `capacity` rows at a time."""
        outputs = []
        for start in range(0, len(rows.x), self.capacity):
            here = slice(start, start + self.capacity)
            asked = rows.x[here], rows.t[here], rows.context[here]
            controls = [RowControl(net, hint[here], strength[here]) for net, hint, strength in rows.controls]
            added = {name: value[here] for name, value in rows.added.items()} | residuals_of(controls, *asked)
            self.forwards += 1
            outputs.append(self.network(*asked, added))
        return outputs[0] if len(outputs) == 1 else torch.cat(outputs)


def _finish(device: torch.device) -> None:
    if device.type != "cpu":  # there a forward has ended when it returns
        torch.accelerator.synchronize(device)


def _kind(job: _Job, rows: Rows) -> Kind:
    if job.deterministic:
        return (id(job),)
    added = tuple((name, value.shape[1:]) for name, value in sorted(rows.added.items()))
    controls = tuple((id(control.net), control.hint.shape[1:]) for control in rows.controls)
    return (rows.x.shape[1:], rows.context.shape[1:], rows.x.device, added, controls)


def _merge(parts: Sequence[Rows]) -> Rows:
    if len(parts) == 1:
        return parts[0]
    return Rows(
        torch.cat([part.x for part in parts]),
        torch.cat([part.t for part in parts]),
        torch.cat([part.context for part in parts]),
        {name: torch.cat([part.added[name] for part in parts]) for name in parts[0].added},
        tuple(_merge_controls(same) for same in zip(*(part.controls for part in parts), strict=True)),
    )


def _merge_controls(same: Sequence[RowControl]) -> RowControl:
    hints, strengths = ([control.hint for control in same], [control.strength for control in same])
    return RowControl(same[0].net, torch.cat(hints), torch.cat(strengths))
