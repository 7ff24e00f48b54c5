"""The editor in Chromium: what opening, moving around and editing cost the page, by the size of the graph."""

from __future__ import annotations

import base64
import io
import json
import random
import struct
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from PIL import Image

import hatch_build
from benchmarks.browsing import Tab, ask, browser
from benchmarks.measuring import Figure, Report, Times, Unit
from benchmarks.serving import serving

TITLE = "Editor"
ABOUT = """The editor in headless Chromium, without a GPU, at a real server; graphs are copies of text to image side by side. Every
time is what the page's main thread has worked, as Chromium counts it (`TaskDuration` in ticks of the thread), so a busy
machine hardly changes it; one move of the pointer, one turn of the wheel, one key or one event is one part. "Plain React Flow"
and "litegraph" are pages that draw graphs of this size and do nothing else, measured before on a machine of this kind and
not measured again here; "with the rules" is such a page that follows the rules the editor follows, and is the goal. Events
are handed to the page as its line to the server would; a preview is a JPEG of 512 x 512 pixels, timed by the clock
until the frame after the one that shows it. JavaScript is what the page fetches before anything is opened, as packed
by gzip."""

SIZES = (100, 1000, 2000)
UNIT = 7
"""Nodes of one copy."""
MOVES = 20
OPENED = 187.0
PANNED = {1000: 6.0, 2000: 8.0}
PANNED_WHOLE = {2000: 12.0}
OTHERS: dict[str, dict[str, float]] = {
    "open 2,000 nodes": {"plain React Flow": 2412, "litegraph": 697},
    "pan at zoom 0.8, 1,000 nodes": {"plain React Flow": 99, "litegraph": 14},
    "pan at zoom 0.8, 2,000 nodes": {"plain React Flow": 230, "litegraph": 16},
    "pan with all in view, 2,000 nodes": {"plain React Flow": 270, "litegraph": 76},
}
"""What was measured before, in milliseconds; litegraph took 72 to 80 in the last."""
SCRIPTS = 350.0
PREVIEW = 100.0
PREVIEWS = 15


def measure(work: Path) -> Report:
    """Return the figures about the editor; raise Skipped where there is no browser."""
    hatch_build.build()
    figures: list[Figure] = []
    with serving(work / "home") as server, browser(server) as open_tab:
        ask(server, "POST", "queue/pause")
        for size in SIZES:
            ask(server, "PUT", f"workflows/bench-{size}", {"workflow": graph(size)})
        figures += _first(open_tab)
        for size in SIZES:
            figures += _opening(open_tab, size)
            figures += _looking(open_tab(), size)
            figures += _editing(open_tab(), size)
            figures.append(_event(open_tab(), size))
        figures.append(_preview(open_tab()))
    return Report(TITLE, ABOUT, figures)


def graph(size: int) -> dict[str, Any]:
    """Return a workflow of about so many nodes: copies of text to image, twelve in a row."""
    one = json.loads(Path("workflows/txt2img.json").read_text())
    nodes: dict[str, Any] = {}
    view: dict[str, Any] = {}
    for copy in range(size // UNIT):
        for name, node in one["nodes"].items():
            inputs = {key: _renamed(value, copy) for key, value in node["inputs"].items()}
            nodes[f"{name}_{copy}"] = {**node, "inputs": inputs}
            place = one["view"][name]
            view[f"{name}_{copy}"] = {"x": place["x"] + copy % 12 * 2100, "y": place["y"] + copy // 12 * 760}
    return {"format": "graphflow/1", "name": f"Bench {size}", "nodes": nodes, "view": view}


def _renamed(value: Any, copy: int) -> Any:
    return {**value, "node": f"{value['node']}_{copy}"} if isinstance(value, dict) else value


def _first(open_tab: Callable[[], Tab]) -> list[Figure]:
    """Measure the first visit: what it loads, and when a graph can be used."""
    tab = open_tab()
    tab.visit()
    asked = tab.page.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")
    names = {str(each).rsplit("/", 1)[-1] for each in asked if ".js" in str(each)}
    size = sum((hatch_build.STATIC / "assets" / f"{name}.gz").stat().st_size for name in names - {"theme.js"}) / 1000
    ready = Times()
    for _ in range(3):
        fresh = open_tab().page
        fresh.goto(f"{tab.serving.url}/?workflow=txt2img")
        fresh.locator("[data-node]").first.wait_for()
        ready.add(Times([fresh.evaluate("performance.now()") / 1000]))
        fresh.context.close()
    tab.page.context.close()
    return [
        Figure("JavaScript at first load, gzip", "kB", size, goal=SCRIPTS),
        ready.figure("from the address to a graph that can be used (clock)", "ms"),
    ]


def _opening(open_tab: Callable[[], Tab], size: int) -> list[Figure]:
    taken = Times()
    for _ in range(3):
        tab = open_tab()
        tab.visit()
        tab.page.get_by_role("button", name="Workflows").first.click()
        row = tab.page.get_by_text(f"Bench {size}", exact=True).first
        row.wait_for()

        def opened(tab: Tab = tab, row: Any = row) -> None:
            row.click()
            tab.page.locator(".overview").wait_for()
            tab.rest(1500)  # it is checked by the server, which is part of it

        taken.add(tab.work(opened, repeats=1))
        tab.page.context.close()
    name = f"open {size:,} nodes"
    return _beside(taken.figure(name, "ms", OPENED if size == SIZES[-1] else None))


def _looking(tab: Tab, size: int) -> list[Figure]:
    """Measure moving around, from afar and near by."""
    tab.visit(f"?workflow=bench-{size}")
    whole = tab.work(lambda: tab.drag(tab.middle(), MOVES, "middle"), MOVES)
    zoomed = tab.work(lambda: tab.zoom(5, -10), 5, repeats=1)
    zoomed.add(tab.work(lambda: tab.zoom(5, 10), 5, repeats=1))
    afar = tab.elements()
    _go_near(tab, 80)
    near = tab.work(lambda: tab.drag(tab.middle(), MOVES, "middle"), MOVES)
    elements = tab.elements()
    tab.page.context.close()
    return [
        *_beside(whole.figure(f"pan with all in view, {size:,} nodes", "ms", PANNED_WHOLE.get(size))),
        *_beside(near.figure(f"pan at zoom 0.8, {size:,} nodes", "ms", PANNED.get(size))),
        zoomed.figure(f"zoom with all in view, {size:,} nodes", "ms"),
        Figure(f"live elements with all in view, {size:,} nodes", "elements", afar, goal=500 if size > 100 else None),
        Figure(f"live elements at zoom 0.8, {size:,} nodes", "elements", elements, goal=1500),
    ]


def _go_near(tab: Tab, percent: int) -> None:
    """Zoom to about so many percent, with a node in the middle of the canvas."""
    tab.page.get_by_test_id("canvas").focus()
    tab.page.keyboard.press("1")
    tab.rest()
    for _ in range(60):
        if tab.zoomed() <= percent:
            return
        tab.zoom(1, 10)


def _editing(tab: Tab, size: int) -> list[Figure]:
    """Measure dragging a node and typing into a prompt."""
    tab.visit(f"?workflow=bench-{size}")
    spot = _show(tab, "positive_0", "[data-title]")
    dragged = tab.work(lambda: tab.drag(spot, MOVES), MOVES, repeats=1)
    spot = _show(tab, "negative_0", ".field-body")
    tab.page.mouse.click(*spot)
    tab.rest(2000)  # its editor is loaded when it is first needed
    typed = tab.work(lambda: tab.page.keyboard.type("a quiet harbour at dawn"), 23)
    tab.page.context.close()
    return [
        dragged.figure(f"drag a node, {size:,} nodes", "ms"),
        typed.figure(f"type into a prompt, {size:,} nodes", "ms"),
    ]


def _show(tab: Tab, node: str, part: str) -> tuple[float, float]:
    """Bring a node into the middle of the canvas, and return the place of a part of it on the page."""
    tab.page.get_by_test_id("canvas").focus()
    tab.page.keyboard.press("o")
    tab.page.keyboard.type(node)
    tab.rest()
    tab.page.keyboard.press("Enter")
    found = tab.page.get_by_test_id(f"node-{node}").locator(part).first
    found.wait_for()
    tab.rest()
    box = found.bounding_box()
    assert box is not None, f"{node} is not shown"
    return box["x"] + min(40, box["width"] / 2), box["y"] + box["height"] / 2


def _run(tab: Tab) -> str:
    """Start a job of the open graph, which waits since the queue is paused, and return its id."""
    before = {each["id"] for each in ask(tab.serving, "GET", "jobs")["jobs"]}
    tab.page.keyboard.press("Control+Enter")
    for _ in range(50):
        tab.rest(100)
        if new := [each["id"] for each in ask(tab.serving, "GET", "jobs")["jobs"] if each["id"] not in before]:
            tab.rest()
            return str(new[0])
    raise RuntimeError("the editor submitted no job")


def _event(tab: Tab, size: int) -> Figure:
    tab.visit(f"?workflow=bench-{size}")
    _show(tab, "sampler_0", "[data-title]")
    job = _run(tab)

    def progress() -> None:
        for done in range(1, MOVES + 1):
            event = {"kind": "node.progress", "node": "sampler_0", "done": done, "total": MOVES}
            tab.tell({"job": job, "attempt": 1, "event": event})
            tab.rest(40)

    taken = tab.work(progress, MOVES)
    tab.page.context.close()
    return taken.figure(f"one event of progress, {size:,} nodes", "ms")


def _preview(tab: Tab) -> Figure:
    """Time previews by the clock, from the message to the frame after the one that shows it."""
    tab.visit("?workflow=txt2img")
    _show(tab, "sampler", "[data-title]")
    job = _run(tab)
    taken: list[float] = []
    for _ in range(PREVIEWS):
        header = json.dumps({"job": job, "attempt": 1, "node": "sampler", "media_type": "image/jpeg"}).encode()
        frame = base64.b64encode(struct.pack(">I", len(header)) + header + _picture()).decode()
        taken.append(float(tab.page.evaluate(_SHOWN, frame)))
    return Figure("from the message of a preview to its picture (clock)", "ms", median(taken), min(taken), goal=PREVIEW)


_SHOWN = """
async (text) => {
  const data = Uint8Array.from(atob(text), (each) => each.charCodeAt(0)).buffer;
  const card = document.querySelector("[data-testid=node-sampler]");
  const source = () => card.querySelector("img")?.src;
  const old = source();
  const start = performance.now();
  sockets.at(-1).dispatchEvent(new MessageEvent("message", { data }));
  while (source() === old) await new Promise(requestAnimationFrame);
  await card.querySelector("img").decode();
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return performance.now() - start;
}
"""


def _picture() -> bytes:
    size = (512, 512)
    noise = Image.frombytes("RGB", (64, 64), random.randbytes(3 * 64 * 64)).resize(size)
    data = io.BytesIO()
    noise.save(data, "JPEG")
    return data.getvalue()


def _beside(ours: Figure) -> list[Figure]:
    """Return a figure and what others took for the same."""
    unit: Unit = "ms"
    others = OTHERS.get(ours.what, {})
    return [ours, *(Figure(f"{ours.what}: {who}", unit, value, beside=ours.median) for who, value in others.items())]
