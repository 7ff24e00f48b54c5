"""The figures for Prometheus, read back by its own parser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from graphflow.jobs import NewJob
from graphflow.jobs.dispatch import Histogram
from graphflow.server.routes.metrics import histogram_family
from graphflow.version import __version__
from tests.server.serving import A, Served, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("home")) as served:
        yield served


def figures(server: Served) -> dict[tuple[str, ...], float]:
    """Return every value, by the name and its labels' values."""
    answer = server.ask("GET", "/metrics", user=A)
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    families = list(text_string_to_metric_families(answer.body.decode()))
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


def test_jobs_are_counted_by_state(server: Served) -> None:
    before = figures(server)
    server.server.store.submit(NewJob(body="{}", client=A, held=True)).result()

    after = figures(server)

    assert after["graphflow_jobs", "held"] == before["graphflow_jobs", "held"] + 1
    assert after["graphflow_events_stored_total",] > before["graphflow_events_stored_total",]
    assert after["graphflow_info", __version__] == 1


def test_each_worker_tells_its_memory(server: Served) -> None:
    names = [view.info.name for view in server.server.dispatcher.workers]

    told = figures(server)

    assert len(names) == 1
    assert told["graphflow_worker_resident_memory_bytes", names[0]] > 1_000_000
    assert told["graphflow_worker_held_bytes", names[0]] >= 0


def test_names_and_units_follow_the_conventions(server: Served) -> None:
    answer = server.ask("GET", "/metrics", user=A)
    families = {each.name: each for each in text_string_to_metric_families(answer.body.decode())}

    assert {"graphflow_job_wait_seconds", "graphflow_job_run_seconds", "graphflow_cache_bytes"} <= set(families)
    assert families["graphflow_worker_deaths"].type == "counter"
    assert families["graphflow_job_run_seconds"].type == "histogram"
    assert families["process_resident_memory_bytes"].samples[0].value > 1_000_000
    for family in families.values():
        assert family.documentation
        if family.type == "counter" and family.name.startswith("graphflow"):
            assert all(sample.name.endswith("_total") for sample in family.samples)


def test_buckets_count_all_that_lies_below() -> None:
    histogram = Histogram(bounds=(1.0, 2.0), numbers=[0, 0, 0])
    for seconds in (0.5, 1.0, 1.5, 9.0):
        histogram.add(seconds)

    samples = histogram_family("x", "text", histogram).samples

    assert [(each.name, each.labels.get("le"), each.value) for each in samples] == [
        ("x_bucket", "1.0", 2),
        ("x_bucket", "2.0", 3),
        ("x_bucket", "+Inf", 4),
        ("x_count", None, 4),
        ("x_sum", None, 12.0),
    ]


def test_nobody_without_a_token_reads_them(server: Served) -> None:
    assert server.ask("GET", "/metrics", user=None).status == 401
