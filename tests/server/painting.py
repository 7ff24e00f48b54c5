"""Toy nodes that make and read files, and short ways to have a server run them."""

from __future__ import annotations

import time
from typing import Annotated, Any

from graphflow.api import SILENT, Context, File, Folder, node
from graphflow.registry import Pack, Registry
from tests.toy import PACK, Clay, Saved, link, workflow

from .pictures import picture
from .serving import ADMIN, Served


@node("Paint", category="toy", output=True)
def paint(*, color: str = "red", side: int = 4, prefix: str = "art", ctx: Context = SILENT) -> Saved:
    """Save a picture of one colour."""
    return Saved([ctx.save(picture("PNG", (side, side), color), "image/png", name=prefix)])


@node("Write", category="toy", output=True)
def write(*, text: str = "", media_type: str = "text/html", prefix: str = "page", ctx: Context = SILENT) -> Saved:
    """Save a text under a media type."""
    return Saved([ctx.save(text.encode(), media_type, name=prefix)])


@node("Look", category="toy")
def look(image: Annotated[File, Folder("input", (".png", ".jpg", ".gif"))], *, title: str = "") -> Clay:
    """Say which bytes a picture has."""
    return Clay(f"{title}{image.sha256}")


@node("Mould", category="toy")
def mould(*, mould: Annotated[File, Folder("moulds", (".png",))]) -> Clay:
    """Take a file that is no input."""
    return Clay(mould.name)


REGISTRY = Registry([PACK, Pack("painting", (paint, write, look, mould))])
END = ("done", "failed", "cancelled")


def painted(**inputs: Any) -> dict[str, Any]:
    """Return a workflow that paints."""
    return workflow({"paint": ("Paint", inputs)}, outputs={"images": {"node": "paint", "output": "files"}})


def looked(image: Any, **more: Any) -> dict[str, Any]:
    """Return a workflow that looks at a file, and fires what it saw."""
    nodes = {"look": ("Look", {"image": image, **more}), "fire": ("Fire", {"clay": link("look")})}
    named = {"image": {"node": "look", "input": "image"}, "title": {"node": "look", "input": "title"}}
    return workflow(nodes, inputs=named)


def submit(served: Served, graph: Any, user: str = ADMIN, **more: Any) -> str:
    """Submit a workflow and return the job's id."""
    answer = served.ask("POST", "/api/v1/jobs", user=user, body={"workflow": graph, **more})
    assert answer.status == 202, answer.body
    return str(answer.json["id"])


def wait(served: Served, id: str, states: tuple[str, ...] = END) -> Any:
    """Wait for a job to come into one of these states, and return it."""
    end = time.monotonic() + 60
    while (job := served.ask("GET", f"/api/v1/jobs/{id}").json)["state"] not in states:
        assert time.monotonic() < end, job
        time.sleep(0.01)
    return job


def run(served: Served, graph: Any, user: str = ADMIN, **more: Any) -> Any:
    """Run a workflow to its end and return the job."""
    return wait(served, submit(served, graph, user, **more))


def made(served: Served, graph: Any, user: str = ADMIN) -> str:
    """Run a workflow and return the hash of the first file that it made."""
    job = run(served, graph, user)
    assert job["state"] == "done", job
    return str(served.ask("GET", f"/api/v1/jobs/{job['id']}/artifacts").json["artifacts"][0]["sha256"])
