from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
import torch
from torch import Tensor

from graphflow_nodes.diffusion.denoiser import Denoiser, Network
from graphflow_nodes.diffusion.guidance import Rows

FOREVER = 60.0  # seconds: no test waits so long unless a batch that is full or complete fails to start


def rows(value: float, count: int = 1, size: int = 4, tokens: int = 77) -> Rows:
    return Rows(torch.full((count, 4, size, size), float(value)), torch.ones(count), torch.zeros(count, tokens, 8), {})


def double(x: Tensor, t: Tensor, context: Tensor, added: Mapping[str, Tensor]) -> Tensor:
    return x * 2


class Recorder:
    """A network that notes how many rows each forward had, and may take its time."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.batches: list[int] = []
        self.seconds = seconds

    def __call__(self, x: Tensor, t: Tensor, context: Tensor, added: Mapping[str, Tensor]) -> Tensor:
        self.batches.append(len(x))
        time.sleep(self.seconds)
        if bool((x == 13).any()):
            raise RuntimeError("thirteen")
        return x * 2


def together(denoiser: Denoiser, *asks: tuple[Rows, bool]) -> list[Tensor | BaseException]:
    """Let jobs that have all joined ask at the same time; return each one's answer or error."""
    joined = threading.Barrier(len(asks))

    def job(question: Rows, deterministic: bool) -> Tensor | BaseException:
        with denoiser.join(deterministic=deterministic) as answer:
            joined.wait()
            try:
                return answer(question)
            except RuntimeError as error:
                return error
            finally:
                joined.wait()  # nobody leaves early: leaving would start a batch too

    with ThreadPoolExecutor(len(asks)) as pool:
        return list(pool.map(lambda ask: job(*ask), asks))


def values(answers: list[Tensor | BaseException]) -> list[float | str]:
    return [float(each.mean()) if isinstance(each, Tensor) else str(each) for each in answers]


def test_a_single_job_never_waits_for_company() -> None:
    denoiser = Denoiser(double, patience=FOREVER)

    with denoiser.join() as answer:
        assert torch.equal(answer(rows(3)), rows(6).x)


def test_jobs_that_all_have_asked_share_one_forward() -> None:
    network = Recorder()
    denoiser = Denoiser(network, patience=FOREVER)

    answers = together(denoiser, (rows(1), False), (rows(2, count=2), False), (rows(3), False))

    assert values(answers) == [2, 4, 6]
    assert [len(each) for each in answers if isinstance(each, Tensor)] == [1, 2, 1]
    assert network.batches == [4]


def test_every_row_keeps_its_own_time_and_conditions() -> None:
    def mix(x: Tensor, t: Tensor, context: Tensor, added: Mapping[str, Tensor]) -> Tensor:
        return x + (t + context[:, 0, 0] + added["more"][:, 0]).view(-1, 1, 1, 1)

    def question(number: float) -> Rows:
        return Rows(
            torch.zeros(1, 4, 4, 4),
            torch.full((1,), number),
            torch.full((1, 77, 8), number * 10),
            {"more": torch.full((1, 2), number * 100)},
        )

    denoiser = Denoiser(mix, patience=FOREVER)
    answers = together(denoiser, (question(1), False), (question(2), False))

    assert values(answers) == [111, 222]
    assert denoiser.forwards == 1


def test_a_job_that_is_late_is_waited_for_no_longer_than_the_patience() -> None:
    denoiser = Denoiser(double, patience=0.05)

    with denoiser.join(), denoiser.join() as answer:
        begin = time.monotonic()
        answer(rows(1))

    assert 0.045 < time.monotonic() - begin < 5


@dataclass
class Device:
    """Does forwards one after the other, each in more time than the patience; who gives it one need not wait."""

    seconds: float = 0.35
    free: float = 0.0
    batches: list[int] = field(default_factory=list)

    def network(self, x: Tensor, *_: object) -> Tensor:
        self.batches.append(len(x))
        self.free = max(self.free, time.monotonic()) + self.seconds
        return x

    def wait(self, *_: object) -> None:
        time.sleep(max(0.0, self.free - time.monotonic()))


def rows_of_a_latecomer(device: Device, network: Network, question: Rows) -> list[int]:
    """Let a job ask five times, and four times one that comes during its first forward; return the rows of each."""
    denoiser = Denoiser(network, patience=0.3)

    def sample(steps: int, late: bool) -> None:
        with denoiser.join() as answer:
            while late and not device.batches:
                time.sleep(0.001)
            for _ in range(steps):
                answer(question)
                device.wait()  # to read the answer
                time.sleep(0.02)  # the sampler's own work

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(sample, (4, 5), (True, False)))
    return device.batches


def test_a_job_that_comes_during_a_forward_shares_all_that_follow() -> None:
    device = Device()

    def network(x: Tensor, *_: object) -> Tensor:
        device.network(x)
        device.wait()
        return x

    assert rows_of_a_latecomer(device, network, rows(1)) == [1, 2, 2, 2, 2]


def test_a_job_that_comes_while_a_device_works_shares_all_that_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    device = Device()
    monkeypatch.setattr(torch.accelerator, "synchronize", device.wait)
    elsewhere = rows(1)._replace(x=torch.empty(1, 4, 4, 4, device="meta"))

    assert rows_of_a_latecomer(device, device.network, elsewhere) == [1, 2, 2, 2, 2]


def test_a_full_batch_does_not_wait() -> None:
    network = Recorder()
    denoiser = Denoiser(network, capacity=2, patience=FOREVER)

    with denoiser.join():  # one who never asks
        answers = together(denoiser, (rows(1), False), (rows(2), False), (rows(3, count=2), False))

    assert values(answers) == [2, 4, 6]
    assert max(network.batches) == 2


def test_more_rows_than_fit_run_in_pieces() -> None:
    network = Recorder()

    with Denoiser(network, capacity=4).join() as answer:
        assert torch.equal(answer(rows(1, count=10)), rows(2, count=10).x)

    assert network.batches == [4, 4, 2]


@pytest.mark.parametrize("other", [rows(2, size=8), rows(2, tokens=154)])
def test_rows_of_another_kind_have_their_own_forward(other: Rows) -> None:
    network = Recorder()
    denoiser = Denoiser(network, patience=FOREVER)

    assert values(together(denoiser, (rows(1), False), (other, False))) == [2, 4]
    assert network.batches == [1, 1]


def test_a_deterministic_job_has_its_own_batch_and_the_others_share_without_it() -> None:
    network = Recorder()
    denoiser = Denoiser(network, patience=FOREVER)

    assert values(together(denoiser, (rows(1), False), (rows(2), True), (rows(3), False))) == [2, 4, 6]
    assert sorted(network.batches) == [1, 2]


def test_a_failure_reaches_every_job_that_waited() -> None:
    def fail(*_: object) -> Tensor:
        raise RuntimeError("out of memory")

    answers = together(Denoiser(fail, patience=FOREVER), (rows(1), False), (rows(2), False))

    assert values(answers) == ["out of memory", "out of memory"]


def test_a_failure_of_one_job_does_not_fail_those_who_shared_with_it() -> None:
    answers = together(Denoiser(Recorder(), patience=FOREVER), (rows(1), False), (rows(13), False), (rows(3), False))

    assert values(answers) == [2, "thirteen", 6]


def test_a_denoiser_works_on_after_a_failure() -> None:
    with Denoiser(Recorder()).join() as answer:
        with pytest.raises(RuntimeError, match="thirteen"):
            answer(rows(13))
        assert torch.equal(answer(rows(1)), rows(2).x)


def test_a_job_that_leaves_sets_those_free_who_waited_for_it() -> None:
    denoiser = Denoiser(double, patience=FOREVER)
    joined, asked = threading.Event(), threading.Event()

    def cancelled_job() -> None:
        with contextlib.suppress(KeyError), denoiser.join():
            joined.set()
            asked.wait()
            time.sleep(0.02)
            raise KeyError("cancelled")

    thread = threading.Thread(target=cancelled_job)
    thread.start()
    joined.wait()
    with denoiser.join() as answer:
        asked.set()
        assert torch.equal(answer(rows(1)), rows(2).x)
    thread.join()
    assert denoiser.jobs == 0


def test_an_interrupt_of_the_thread_that_computes_leaves_the_others_answered() -> None:
    interrupted = threading.Event()

    def network(x: Tensor, t: Tensor, context: Tensor, added: Mapping[str, Tensor]) -> Tensor:
        if not interrupted.is_set():
            interrupted.set()
            raise KeyboardInterrupt
        return x * 2

    denoiser = Denoiser(network, patience=FOREVER)
    joined = threading.Barrier(2)

    def job(value: float) -> float | str:
        with denoiser.join() as answer:
            joined.wait()
            try:
                return float(answer(rows(value)).mean())
            except KeyboardInterrupt:
                return "interrupted"

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(job, [1.0, 2.0]))

    assert "interrupted" in results
    assert set(results) & {2.0, 4.0}


def test_many_jobs_with_many_steps_all_get_their_own_answers() -> None:
    network = Recorder(seconds=0.0005)
    denoiser = Denoiser(network, capacity=8)

    def job(number: int) -> bool:
        kind: Callable[[float], Rows] = (lambda v: rows(v, size=8)) if number % 3 == 0 else rows
        with denoiser.join(deterministic=number == 5) as answer:
            questions = [kind(100.5 * (number + 1) + step) for step in range(20 + number)]
            return all(torch.equal(answer(question), question.x * 2) for question in questions)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(job, range(8)))
    asked = sum(20 + number for number in range(8))
    assert sum(network.batches) == asked
    assert len(network.batches) < 0.7 * asked
    assert denoiser.jobs == 0
