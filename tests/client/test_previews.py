"""Pictures of unfinished work reach a client while the job runs, and end with it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from graphflow.api import SILENT, Context, node
from graphflow.client import Client
from graphflow.client.previews import Preview, read_preview
from graphflow.events import NodePreview
from graphflow.jobs.model import JobState
from graphflow.registry import Pack, Registry
from graphflow.server.streams.frames import preview_frame
from tests.server.serving import A, serving
from tests.toy import PACK, Clay, link, workflow


def painter(seen: threading.Event, fails: int) -> Registry:
    """Return nodes of which one shows pictures until somebody has seen one, and fails a few times then."""
    left = [fails]

    @node("Paint", category="toy")
    def paint(clay: Clay, *, ctx: Context = SILENT) -> Clay:
        """Show a picture until it is seen."""
        while not seen.wait(0.02):
            ctx.preview(lambda: b"a picture", "image/webp")
            ctx.stop_if_cancelled()
        if left[0]:
            left[0] -= 1
            raise KeyError("the paint fell over")
        return clay

    return Registry([PACK, Pack("painter", (paint,))])


@pytest.mark.parametrize("fails", [0, 1])
def test_a_preview_arrives_while_the_job_runs_and_they_end_with_it(fails: int, tmp_path: Path) -> None:
    seen = threading.Event()
    painting = workflow({"dig": ("Dig", {}), "paint": ("Paint", {"clay": link("dig")})})

    with serving(tmp_path, registry=painter(seen, fails)) as served, Client(served.url, served.tokens[A]) as ada:
        job = ada.submit(painting, targets=["paint"])
        if fails:
            seen.set()
            assert job.wait(60).state is JobState.FAILED
            seen.clear()
            job.retry()
        shown = []
        for preview in job.previews():
            shown.append(preview)
            seen.set()

        assert job.wait(60).state is JobState.DONE
        assert list(job.previews()) == []
    assert shown[0] == Preview(job.id, 1 + fails, "paint", "image/webp", b"a picture")


def test_a_frame_is_read_as_it_was_written() -> None:
    frame = preview_frame("j1", 2, NodePreview(node="paint", media_type="image/png", data=b"\x00\xff{}"))

    assert read_preview(frame) == Preview("j1", 2, "paint", "image/png", b"\x00\xff{}")
